"""Points that both eyes see, for finding out how the eyes are turned.

Corners of the left eye are followed into the right one (Lucas and Kanade in a pyramid: Bouguet
2001) and back, in pictures with their poles on the baseline, where the same thing looks much the
same to both eyes, after brightness and contrast were made the same everywhere: eyes of a rig are
seldom exposed alike.
"""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.geometry.poles import to_poles_map

Rays = NDArray[np.float64]
"""float64 (n, 3), unit directions."""

WORK_PX = 1024
"""Side of the pictures that are searched; smaller eyes stay as they are."""
WIDEST_DEG = 68.0
"""Angle off the straight-ahead plane beyond which nothing is taken: the poles stretch it."""
CELLS, PER_CELL = 12, 12
BACK_PX = 0.3
"""How far from where it started a point may come back."""
PLAIN_LEVELS = 2.0
"""Spread of grey levels round a pixel below which its contrast is not raised further."""


def match_eyes(left: Frame, right: Frame) -> tuple[Rays, Rays]:
    """Find points both eyes see.

    Args:
        left: (H, W, 3) of the left eye, half-equirect.
        right: (H, W, 3) of the right eye, the same size.

    Returns:
        Their directions as each eye has them, (n, 3) both, in the same order.
    """
    side = min(WORK_PX, left.shape[0])
    maps = to_poles_map(side)
    pictures = [
        _even(cv2.remap(_reduced(eye, side), *maps, cv2.INTER_LINEAR)) for eye in (left, right)
    ]
    points = _corners(pictures[0])
    if not len(points):
        return np.zeros((0, 3)), np.zeros((0, 3))
    there, back = _followed(pictures, points)
    good = np.linalg.norm(back - points, axis=1) < BACK_PX
    good &= _inside(there, side)
    return _rays(points[good], side), _rays(there[good], side)


def _reduced(eye: Frame, side: int) -> NDArray[np.uint8]:
    """Grey and square, no larger than wanted."""
    grey = cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _even(grey: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The same brightness and contrast everywhere."""
    values = np.asarray(grey, np.float32)
    sigma = max(3.0, len(values) / 64)
    mean = cv2.GaussianBlur(values, (0, 0), sigma)
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(values * values, (0, 0), sigma) - mean**2, 0))
    even = (values - mean) / np.maximum(spread, PLAIN_LEVELS)
    return np.asarray(np.clip(np.rint(128 + 40 * even), 0, 255), np.uint8)


def _corners(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Corners spread over the picture, (n, 2)."""
    side = len(picture)
    edge = round(side * (0.5 - WIDEST_DEG / 180))
    found: list[NDArray[np.float32]] = []
    columns = np.linspace(edge, side - edge, CELLS + 1).round().astype(int)
    rows = np.linspace(side * 0.04, side * 0.96, CELLS + 1).round().astype(int)
    strength = cv2.cornerMinEigenVal(picture, 5)
    apart = max(3, side // (CELLS * 8))
    peaks = (strength == cv2.dilate(strength, np.ones((2 * apart + 1, 2 * apart + 1)))) & (
        strength > 1e-3
    )
    for top, bottom in itertools.pairwise(rows):
        for first, last in itertools.pairwise(columns):
            ys, xs = np.nonzero(peaks[top:bottom, first:last])
            best = np.argsort(-strength[ys + top, xs + first], kind="stable")[:PER_CELL]
            found.append(np.stack([xs[best] + first, ys[best] + top], axis=1).astype(np.float32))
    return np.concatenate(found)


def _followed(
    pictures: list[NDArray[np.uint8]], points: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where points are in the other picture, and those in the first again; NaN where lost."""
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 0.003)
    levels = max(1, round(math.log2(max(2.0, len(pictures[0]) / 40))))
    both = []
    start = points
    for first, second in (pictures, pictures[::-1]):
        flow, status, _ = cv2.calcOpticalFlowPyrLK(
            first, second, start.reshape(-1, 1, 2), np.zeros_like(start).reshape(-1, 1, 2),
            winSize=(21, 21), maxLevel=levels, criteria=stop, minEigThreshold=1e-3,
        )  # fmt: skip
        found = np.asarray(flow, np.float32).reshape(-1, 2)
        found[np.asarray(status).ravel() == 0] = np.nan
        both.append(found)
        start = np.nan_to_num(found, nan=-1e3).astype(np.float32)
    return both[0], both[1]


def _inside(points: NDArray[np.float32], side: int) -> NDArray[np.bool_]:
    """Which points lie well within the picture; lost ones do not."""
    edge = side * (0.5 - (WIDEST_DEG + 8) / 180)
    low, high = side * 0.01, side * 0.99
    with np.errstate(invalid="ignore"):
        good = (points[:, 0] > edge) & (points[:, 0] < side - edge)
        good &= (points[:, 1] > low) & (points[:, 1] < high)
    return np.asarray(good, np.bool_)


def _rays(points: NDArray[np.float32], side: int) -> Rays:
    """Directions of places of the picture with its poles on the baseline."""
    alpha = ((points[:, 0].astype(np.float64) + 0.5) / side - 0.5) * math.pi
    phi = (0.5 - (points[:, 1].astype(np.float64) + 0.5) / side) * math.pi
    return np.stack([np.sin(alpha), np.cos(alpha) * np.sin(phi), np.cos(alpha) * np.cos(phi)], 1)
