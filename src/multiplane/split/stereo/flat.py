"""Two eyes of plain cameras side by side: no poles to turn, rows are epipolar lines as they are.

Directions are (x, y, 1) in widths of the picture from its middle, and a plane moves what lies on it
by ``normal . direction`` along the row: the same planes as in ``geometry.plane``, with the focal
length taken to be one width. Nobody needs to know the true one, since it cancels out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.geometry.plane import Plane, Side
from multiplane.split.stereo.agreement import Picture

Grey = NDArray[np.float32]

_LEAST_PX = 24
"""Fewer matches say nothing."""
_LEVELS_PX = (96, 320)
"""Longest side of the person in the first look and in the last."""
_NEAR_PX = 3.0
"""How far from the plane of the first look the last one goes."""
_WINDOW_PX = 9
_LEAST_SPREAD = 4.0
"""Variance of a window, grey values squared, below which it says nothing."""
_LEAST_MATCH = 0.7
"""Correlation below which two windows do not show the same."""
_LEAST_AGREEING = 0.35
_ROUNDS = 12
_MOST_SHARE = 0.25
"""Nobody is so near that the eyes see them farther apart, share of the width."""


class FlatPair:
    """What both eyes of a flat stereo picture see, and how the one is found from the other."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Set up the pair.

        Args:
            size: (width, height) of an eye.
        """
        self.size = size

    def plane(
        self, left: Frame, right: Frame, mask: Mask, side: Side = "left"
    ) -> Plane | None:  # fmt: skip
        """Find the plane of what a mask shows, by matching windows of it along rows.

        Args:
            left: (H, W, 3) of the left eye.
            right: (H, W, 3) of the right eye.
            mask: (H, W) of one eye.
            side: Which one.

        Returns:
            The plane; None where too few windows are found in the other eye, or they lie on none.
        """
        x0, y0, x1, y1 = box_of(mask)
        if np.count_nonzero(mask) < _LEAST_PX:
            return None
        here, there = (left, right) if side == "left" else (right, left)
        fit: _Fit | None = None
        for most_px in _LEVELS_PX:
            scale = min(1.0, most_px / max(x1 - x0, y1 - y0))
            size = max(8, round(self.size[0] * scale)), max(8, round(self.size[1] * scale))
            small = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
            fit = _matched(_grey(here, size), _grey(there, size), small >= 128,
                           1 if side == "left" else -1, fit)  # fmt: skip
            if fit is None:
                return None
        assert fit is not None
        normal = fit.normal
        middle = float(np.median(fit.seen @ normal))
        if fit.agreeing < _LEAST_AGREEING or not -2 / self.size[0] <= middle <= _MOST_SHARE:
            return None
        found = (float(normal[0]), float(normal[1]), float(normal[2]))
        degrees, miss = math.degrees(math.atan(middle)), math.degrees(fit.residual)
        return Plane(found, "texture", degrees, fit.agreeing, len(fit.seen), miss)

    def transfer(self, picture: Picture, plane: Plane, to: Side) -> Picture:
        """Draw what one eye shows on a plane as the other eye has it.

        Args:
            picture: (H, W) or (H, W, C) bool, uint8 or float32 of the eye that is not ``to``.
            plane: The plane.
            to: The eye to draw for.

        Returns:
            The same dtype and shape, nothing where nothing comes from. Masks are cut at a half.
        """
        values = picture.view(np.uint8) * np.uint8(255) if picture.dtype == np.bool_ else picture
        source, rows = _source(picture.shape[1], picture.shape[0], plane, to)
        drawn = cv2.remap(values, source, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return drawn >= 128 if picture.dtype == np.bool_ else drawn  # type: ignore[return-value]


@dataclass(frozen=True)
class _Fit:
    """A plane, the (n, 3) directions of the left eye it was read from, and how well it fits."""

    normal: NDArray[np.float64]
    seen: NDArray[np.float64]
    agreeing: float
    residual: float


def _grey(picture: Frame, size: tuple[int, int]) -> Grey:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _matched(here: Grey, there: Grey, mask: Mask, sign: int, known: _Fit | None) -> _Fit | None:
    """Match windows of a person along rows, over all disparities or near those of a known plane.

    Correlation is of what the mask selects alone, so that what is behind does not vote.

    Args:
        here: (h, w), the eye of the mask.
        there: (h, w) of the other eye.
        mask: (h, w).
        sign: 1 when the mask is of the left eye, else -1.
        known: The plane as found on a smaller picture.
    """
    height, width = mask.shape
    x0, y0, x1, y1 = box_of(mask)
    rows, columns = np.mgrid[y0:y1, x0:x1]
    x, y = _directions(columns, rows, (width, height))
    start = np.zeros_like(x)
    steps = np.arange(-2.0, _MOST_SHARE * width + 1)
    if known is not None:
        a, b, c = known.normal
        behind = (a * x + b * y + c) * width
        start = behind if sign > 0 else behind / max(1e-3, 1.0 - a)
        steps = np.arange(-_NEAR_PX, _NEAR_PX + 0.5)
    inside = mask[y0:y1, x0:x1].astype(np.float32)
    own = here[y0:y1, x0:x1]
    moments = _moments(own, inside)
    scores = np.full((len(steps), y1 - y0, x1 - x0), -1.0, np.float32)
    for at, step in enumerate(steps):
        away = (columns - sign * (start + step)).astype(np.float32)
        other = cv2.remap(
            there, away, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        scores[at] = _correlation(own, np.asarray(other, np.float32), inside, moments)
    best = np.clip(scores.argmax(axis=0), 1, len(steps) - 2)
    low, top, high = (np.take_along_axis(scores, (best + by)[None], 0)[0] for by in (-1, 0, 1))
    good = (inside > 0) & (top >= _LEAST_MATCH) & (top >= low) & (top >= high)
    if np.count_nonzero(good) < _LEAST_PX:
        return None
    bend = np.maximum(2 * top - low - high, 1e-6)
    disparity = (start + steps[best] + np.clip((high - low) / (2 * bend), -0.5, 0.5))[good] / width
    left_x = x[good] if sign > 0 else x[good] + disparity
    seen = np.stack([left_x, y[good], np.ones_like(left_x)], axis=1)
    normal, agreeing, residual = _fit(seen, disparity, 1.0 / width)
    return _Fit(normal, seen, agreeing, residual)


def _moments(grey: Grey, inside: Grey) -> tuple[Grey, Grey, Grey]:
    """Weight, mean and variance of each window, of what is inside."""
    weight: Grey = np.maximum(_mean(inside), np.float32(1e-3))
    mean: Grey = _mean(grey * inside) / weight
    spread: Grey = np.maximum(_mean(grey * grey * inside) / weight - mean * mean, np.float32(0))
    return weight, mean, spread


def _correlation(first: Grey, second: Grey, inside: Grey, own: tuple[Grey, Grey, Grey]) -> Grey:
    weight, mean, spread = own
    _, other_mean, other_spread = _moments(second, inside)
    both = _mean(first * second * inside) / weight - mean * other_mean
    plain = (spread < _LEAST_SPREAD) | (other_spread < _LEAST_SPREAD)
    return np.where(plain, -1, both / np.sqrt(np.maximum(spread * other_spread, 1e-6)))


def _mean(values: Grey) -> Grey:
    window = (_WINDOW_PX, _WINDOW_PX)
    return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_CONSTANT), np.float32)


def _source(
    width: int, height: int, plane: Plane, to: Side
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel comes from in the other eye, px."""
    rows, columns = np.mgrid[:height, :width]
    x, y = _directions(columns, rows, (width, height))
    a, b, c = plane.normal
    behind, ahead = (x + b * y + c) / max(1e-3, 1.0 - a), x - (a * x + b * y + c)
    there = behind if to == "right" else ahead
    source = there * width + (width - 1) / 2
    return source.astype(np.float32), rows.astype(np.float32)


def _directions(
    columns: NDArray[np.integer], rows: NDArray[np.integer], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width, height = size
    x = (columns - (width - 1) / 2) / width
    y = (rows - (height - 1) / 2) / width
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _fit(
    seen: NDArray[np.float64], disparity: NDArray[np.float64], pixel: float
) -> tuple[NDArray[np.float64], float, float]:
    """A plane through most of the matches, by weights that fade with the miss.

    Args:
        seen: (n, 3) directions.
        disparity: (n,).
        pixel: What one pixel is.

    Returns:
        The normal, the share of matches within a pixel of it, and their median miss.
    """
    normal = np.array([0.0, 0.0, float(np.median(disparity))])
    spread = 8 * pixel
    steady = np.diag([1e-3, 1e-3, 1e-6]) * len(seen)  # a small person tells no slope
    for _ in range(_ROUNDS):
        miss = disparity - seen @ normal
        weight = 1.0 / (1.0 + (miss / spread) ** 2) ** 2
        weighted = seen * weight[:, None]
        start = np.array([0.0, 0.0, normal[2]])
        normal = np.linalg.solve(
            weighted.T @ seen + steady, weighted.T @ disparity + steady @ start
        )
        spread = max(pixel, spread * 0.7)
    miss = np.abs(disparity - seen @ normal)
    good = miss <= 1.5 * pixel
    residual = float(np.median(miss[good])) if good.any() else math.inf
    return normal, float(good.mean()), residual
