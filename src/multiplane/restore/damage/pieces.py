"""Which of the lines that were seen are cracks: long, thin, of one darkness."""

from __future__ import annotations

import cv2
import numpy as np
from skimage.morphology import skeletonize

from multiplane.core.arrays import Mask
from multiplane.restore.damage.chains import Lines
from multiplane.restore.damage.ridges import STEPS, Levels

_SURE_SHARE = 0.4
"""So much of a piece's length is found without following it from elsewhere."""
_LIGHTER = 12.0
"""What is lighter than its piece by more than this is something else that the piece touches."""


def long_lines(seen: Lines, widest_px: float, shortest_px: float) -> Mask:
    """Keep the connected pieces that are long, thin, and sure for the most part.

    Args:
        seen: Where lines may be.
        widest_px: How wide lines are at most.
        shortest_px: From corner to corner of the box round a piece.

    Returns:
        (H, W).
    """
    weak = seen.weak.view(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    middle = np.asarray(skeletonize(seen.weak), np.bool_)  # type: ignore[no-untyped-call]
    own = labels[middle]
    length = np.maximum(1, np.bincount(own, minlength=count))
    sure = np.bincount(labels[middle & seen.strong], minlength=count)
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = (
        (extent >= shortest_px)
        & (stats[:, cv2.CC_STAT_AREA] <= length * (widest_px + 2))
        & (sure >= _SURE_SHARE * length)
    )
    long[0] = False
    return np.asarray(long[labels])


def of_one_darkness(seen: Lines, light: Levels) -> Mask:
    """Leave out of each piece what is lighter than its sure parts are in the mean.

    A crack shows the same ground all along; the dark strokes that touch it do not.

    Args:
        seen: Where lines may be.
        light: int16 (H, W), see :func:`multiplane.restore.damage.ridges.levels`.

    Returns:
        (H, W).
    """
    count, labels = cv2.connectedComponents(seen.weak.view(np.uint8), connectivity=8)
    darkest = cv2.erode(light, np.ones((3, 3), np.uint8))
    own = labels[seen.strong]
    number = np.maximum(1, np.bincount(own, minlength=count))
    mean = np.bincount(own, darkest[seen.strong], count) / number
    most = (mean + _LIGHTER * STEPS).astype(np.int16)
    return np.asarray(seen.weak & (darkest <= most[labels]))
