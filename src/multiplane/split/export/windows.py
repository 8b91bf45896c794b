"""The parts of a large picture that have people in them; the rest need not be touched."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.media.planes import Window

BLOCK_PX = 64


def windows_of(alpha: NDArray[np.uint8], margin_px: int) -> list[Window]:
    """Find rectangles that together hold everything with alpha above 0, and a margin.

    Args:
        alpha: uint8 (H, W), or (H, W, channels).
        margin_px: What each rectangle has round what is in it, where the picture goes on.

    Returns:
        Rows and columns of each. They may overlap, yet none reaches nearer than the margin to
        something outside of it.
    """
    occupied = pooled_max(alpha) > 0
    if not occupied.any():
        return []
    reach = -(-margin_px // BLOCK_PX)
    grown = cv2.dilate(occupied.view(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
    height, width = alpha.shape[:2]
    found = []
    for x, y, wide, high, _ in stats[1:count].tolist():
        rows = slice(y * BLOCK_PX, min(height, (y + high) * BLOCK_PX))
        columns = slice(x * BLOCK_PX, min(width, (x + wide) * BLOCK_PX))
        found.append((rows, columns))
    return found


def disjoint(windows: Sequence[Window]) -> list[Window]:
    """Put windows that share pixels into one, until none do.

    Args:
        windows: Rows and columns of each.
    """
    found: list[Window] = []
    for window in windows:
        grown = window
        while shared := [other for other in found if _overlap(grown, other)]:
            found = [other for other in found if other not in shared]
            grown = _hull([grown, *shared])
        found.append(grown)
    return found


def _overlap(one: Window, other: Window) -> bool:
    pairs = zip(one, other, strict=True)
    return all(a.start < b.stop and b.start < a.stop for a, b in pairs)


def _hull(windows: Sequence[Window]) -> Window:
    rows, columns = zip(*windows, strict=True)
    return (
        slice(min(side.start for side in rows), max(side.stop for side in rows)),
        slice(min(side.start for side in columns), max(side.stop for side in columns)),
    )


def between(alpha: NDArray[np.uint8], low: int, high: int) -> NDArray[np.uint8]:
    """255 where alpha lies from one value to the other, else 0: a mask as OpenCV takes it."""
    return np.asarray(cv2.inRange(alpha, (low,), (high,)), np.uint8)


def soft_places(alpha: NDArray[np.uint8]) -> tuple[NDArray[np.intp], ...]:
    """Rows and columns of the pixels with alpha between 0 and 255; there are few of them."""
    flat = np.flatnonzero(between(alpha, 1, 254) != 0)  # of a mask of bool: ten times as fast
    return np.unravel_index(flat, alpha.shape)


def pooled_max(alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest value in each block of 64 x 64 px, uint8 (ceil(H / 64), ceil(W / 64))."""
    height, width = alpha.shape[:2]
    rows = np.stack([alpha[y : y + BLOCK_PX].max(axis=0) for y in range(0, height, BLOCK_PX)])
    blocks = np.maximum.reduceat(rows, np.arange(0, width, BLOCK_PX), axis=1)
    return np.asarray(blocks if blocks.ndim == 2 else blocks.max(axis=2), np.uint8)
