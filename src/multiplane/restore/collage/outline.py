"""The outline of a damage as polygons."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Mask

MOST_POINTS = 200_000
"""More would make a page slow to draw; outlines are simplified until they are fewer."""
_TOLERANCES_PX = (0.5, 1.5, 4.0)


def outline_of(damage: Mask, most_points: int = MOST_POINTS) -> list[list[float]]:
    """Trace the border of a damage, islands within it too.

    Args:
        damage: (H, W), True where it is damaged.
        most_points: Simplified, by up to 4 px, to at most so many corners.

    Returns:
        Closed polygons, [x0, y0, x1, y1, ...] each in pixels, through the middle of the damage's
        outermost pixels; those of less than three corners as boxes. None at all where even
        simplified they have too many corners.
    """
    found, _ = cv2.findContours(damage.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    for tolerance in _TOLERANCES_PX:
        simple = [cv2.approxPolyDP(one, tolerance, True) for one in found]
        if sum(map(len, simple)) <= most_points:
            return [_polygon(np.asarray(one)[:, 0]) for one in simple]
    return []


def _polygon(points: np.ndarray) -> list[float]:
    if len(points) < 3:
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0) + 1
        return [float(v) for v in (left, top, right, top, right, bottom, left, bottom)]
    return [float(v) for v in (points + 0.5).ravel()]
