"""Iterated guided filter: quick, steady over time, no model, no package beyond OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.compute import Compute
from multiplane.split.matte.config import GuidedMatte
from multiplane.split.matte.trimap import BACKGROUND, FOREGROUND, Trimap

Floats = NDArray[np.float32]

_EPSILON = 1e-4
_TRUST_IN_BAND = 0.3
"""How much a pixel of the unknown band counts in a window, against one of the known sides."""
_BLIND, _SEEING = 0.3, 0.7
"""Share of the mask that colours explain: below the first they say nothing about the edge, and
the mask's own is taken; from the second on they have the last word."""
_PLAIN_EDGE_PX = 1.3
"""How soft the mask's own edge is made, sigma in pixels."""


class GuidedRefiner:
    """Guided filter with a colour guide (He, Sun, Tang 2013, doi:10.1109/TPAMI.2012.213).

    In each window alpha is the linear function of colour that fits the mask best. Unlike the
    paper, pixels of the unknown band weigh less, and the result is filtered again with the known
    pixels put back: each round is a step of the solution that closed-form matting is after. The
    coefficients are found on a smaller picture and applied to the full one (fast guided filter,
    He and Sun 2015, https://arxiv.org/abs/1505.00996). Where both sides have the same colours
    (dark fur before a burrow) a line of colour would only smear the mask: there its edge stays.
    """

    workers = 0

    def __init__(self, options: GuidedMatte, edge_px: int, compute: Compute | None = None) -> None:
        self._options = options
        self._radius = max(1, round(options.reach * edge_px / options.shrink))

    def refine(self, frame: Frame, mask: Mask, trimap: Trimap) -> Alpha:
        """Estimate the alpha in the unknown band; see :class:`Refiner`."""
        height, width = mask.shape
        shrink = self._options.shrink
        size = (max(1, width // shrink), max(1, height // shrink))
        full = frame.astype(np.float32) * np.float32(1 / 255)
        guide = shrunk(full, size)
        small = shrunk(trimap.astype(np.float32), size)
        inside, outside = small == FOREGROUND, small == BACKGROUND
        alpha = shrunk(mask.astype(np.float32), size)
        trust = np.full(small.shape, _TRUST_IN_BAND, np.float32)
        trust[inside | outside] = 1
        fit = WindowFit(guide, trust, self._radius)
        slope, offset = fit.line(alpha)
        seen = enlarged(fit.explained(alpha), full)
        for _ in range(self._options.iterations - 1):
            alpha = clipped(apply_line(slope, offset, guide))
            alpha[inside], alpha[outside] = 1, 0
            slope, offset = fit.line(alpha)
        alpha = apply_line(enlarged(slope, full), enlarged(offset, full), full)
        haze = np.float32(self._options.haze)
        alpha = clipped((alpha - haze) / (1 - 2 * haze))
        plain = np.asarray(
            cv2.GaussianBlur(mask.astype(np.float32), (0, 0), _PLAIN_EDGE_PX), np.float32
        )
        trusted = clipped((seen - np.float32(_BLIND)) / np.float32(_SEEING - _BLIND))
        return clipped(plain + trusted * (alpha - plain))


class WindowFit:
    """Weighted least squares of anything against colour, in the window of every pixel.

    What depends on the guide alone is computed once.
    """

    def __init__(self, guide: Floats, trust: Floats, radius: int) -> None:
        self._trust, self._radius = trust, radius
        self._norm: Floats = np.reciprocal(np.maximum(_box(trust, radius), np.float32(1e-6)))
        self._trust3, self._norm3 = _threefold(trust), _threefold(self._norm)
        self._guide = guide
        self._mean = self._average(guide)
        self._inverse = self._inverse_covariance()

    def line(self, target: Floats) -> tuple[Floats, Floats]:
        """The averaged slopes (H, W, 3) and offsets (H, W) whose line gives the target."""
        mean = self._average(target)
        slope, _ = self._slope(target, mean)
        offset = mean - _dot(slope, self._mean)
        return _box(slope, self._radius), _box(offset, self._radius)

    def explained(self, target: Floats) -> Floats:
        """The share of the target's variance that the lines round each pixel explain, (H, W)."""
        mean = self._average(target)
        explained = _box(_dot(*self._slope(target, mean)), self._radius)
        variance = _box(self._average(target * target) - mean * mean, self._radius)
        return np.asarray(explained / np.maximum(variance, np.float32(1e-4)), np.float32)

    def _slope(self, target: Floats, mean: Floats) -> tuple[Floats, Floats]:
        """The slope of each window, and its covariance of guide and target, (H, W, 3) each."""
        shared = self._average(self._guide * _threefold(target)) - self._mean * _threefold(mean)
        xx, xy, xz, yy, yz, zz = self._inverse
        x, y, z = cv2.split(shared)
        rows = [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z]
        return np.asarray(cv2.merge(rows), np.float32), shared

    def _average(self, values: Floats) -> Floats:
        if values.ndim == 3:
            return _box(values * self._trust3, self._radius) * self._norm3
        return _box(values * self._trust, self._radius) * self._norm

    def _inverse_covariance(self) -> tuple[Floats, ...]:
        """The inverse of each window's 3x3 colour covariance: xx, xy, xz, yy, yz, zz."""
        colour, mean = self._guide, self._mean
        squares = self._average(colour * colour) - mean * mean
        turned, turned_mean = colour[..., [1, 2, 0]], mean[..., [1, 2, 0]]
        products = self._average(colour * turned) - mean * turned_mean
        xx, yy, zz = (np.maximum(squares[..., k], 0) + np.float32(_EPSILON) for k in range(3))
        xy, yz, xz = (products[..., k] for k in range(3))
        cofactors = (
            yy * zz - yz * yz,
            xz * yz - xy * zz,
            xy * yz - xz * yy,
            xx * zz - xz * xz,
            xz * xy - xx * yz,
            xx * yy - xy * xy,
        )
        determinant = xx * cofactors[0] + xy * cofactors[1] + xz * cofactors[2]
        scale = 1 / np.maximum(determinant, np.float32(_EPSILON**3))
        return tuple(part * scale for part in cofactors)


def apply_line(slope: Floats, offset: Floats, guide: Floats) -> Floats:
    """What the line says about each pixel: (H, W)."""
    return _dot(slope, guide) + offset


def shrunk(picture: Floats, size: tuple[int, int]) -> Floats:
    """Average a picture down to (width, height)."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def enlarged(picture: Floats, like: Floats) -> Floats:
    """Bring a picture up to the size of another."""
    size = (like.shape[1], like.shape[0])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.float32)


def clipped(alpha: Floats) -> Alpha:
    """Bring it into [0, 1]."""
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


def _box(values: Floats, radius: int) -> Floats:
    side = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.blur(values, side, borderType=cv2.BORDER_REFLECT), np.float32)


def _dot(first: Floats, second: Floats) -> Floats:
    """Sum over the three channels of the product, (H, W)."""
    return np.asarray(cv2.transform(first * second, np.ones((1, 3), np.float32)), np.float32)


def _threefold(values: Floats) -> Floats:
    return np.asarray(cv2.merge([values, values, values]), np.float32)
