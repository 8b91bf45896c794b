"""How far a method of matting is to be believed, by what it says where the answer is known."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Mask
from multiplane.split.matte.trimap import BACKGROUND, FOREGROUND, UNKNOWN, Trimap

_NEAR, _ROUND = 1, 2
"""Known pixels count that are so many widths of the band away from it, in windows that reach so
many to each side."""
_MOST = 0.45
_LEAST_SPAN = 0.05


def believed(found: Alpha, trimap: Trimap, edge_px: int, doubt: float) -> Alpha:
    """Stretch an alpha between what its method calls background and foreground nearby.

    A method that tells hair from wall by colour says 0 on the wall beside; before leaves it says
    0.2 here and 0.3 there, and would lay the same veil over the band. So the band is measured by
    what stands beside it: its 0 is the mean answer on known background plus ``doubt`` deviations
    of it, its 1 likewise. Where the method is right about what is known, nothing changes.

    Args:
        found: (H, W) in [0, 1], the method's answer everywhere, also where it is known.
        trimap: (H, W); 0, 128, 255.
        edge_px: Reach of the unknown band to each side.
        doubt: How many deviations; 0 takes off the mean only.

    Returns:
        (H, W) in [0, 1]; exactly 0 and 1 where the trimap knows.
    """
    window = 2 * _NEAR * edge_px + 1
    unknown = (trimap == UNKNOWN).view(np.uint8)
    near = cv2.dilate(unknown, np.ones((window, window), np.uint8)) > 0
    low = _answer(found, near & (trimap == BACKGROUND), edge_px, doubt)
    high = 1 - _answer(1 - found, near & (trimap == FOREGROUND), edge_px, doubt)
    span = np.maximum(high - low, np.float32(_LEAST_SPAN))
    alpha = np.clip((found - low) / span, 0, 1)
    alpha[trimap == FOREGROUND], alpha[trimap == BACKGROUND] = 1, 0
    return np.asarray(alpha, np.float32)


def _answer(found: Alpha, where: Mask, edge_px: int, doubt: float) -> NDArray[np.float32]:
    """Mean and deviations round each pixel of what was said where the answer is 0, (H, W)."""
    side = 2 * _ROUND * edge_px + 1
    weight = where.astype(np.float32)
    said = found * weight
    count = cv2.blur(weight, (side, side))
    share = np.reciprocal(np.maximum(count, np.float32(1e-6)))
    mean = cv2.blur(said, (side, side)) * share
    square = cv2.blur(said * found, (side, side)) * share
    spread = np.sqrt(np.maximum(square - mean * mean, 0))
    level = np.minimum(mean + np.float32(doubt) * spread, np.float32(_MOST))
    return np.asarray(np.where(count > 1e-6, level, 0), np.float32)
