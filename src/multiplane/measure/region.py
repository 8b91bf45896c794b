"""Which pixels a figure is taken over."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask, check_mask, check_same_size
from multiplane.core.errors import InputError

_BAND_PX = 2**22


def region(picture: NDArray[Any], mask: Mask | None) -> Mask:
    """The pixels a figure is taken over.

    Args:
        picture: (H, W) or (H, W, C).
        mask: (H, W); None for the whole picture.

    Returns:
        (H, W).

    Raises:
        InputError: The mask has another size or selects nothing.
    """
    if mask is None:
        return np.ones(picture.shape[:2], dtype=np.bool_)
    check_mask(mask)
    check_same_size(picture, mask, ("picture", "mask"))
    if not mask.any():
        raise InputError(
            "the mask selects nothing",
            why="a mean over no pixel has no value",
            fix="measure only where mask.any()",
        )
    return mask


def around(mask: Mask, width_px: int) -> Mask:
    """The band of pixels outside a mask, at most so many px away from it.

    Args:
        mask: (H, W).
        width_px: How wide, at least 1.

    Returns:
        (H, W).
    """
    return grow(mask, width_px) & ~mask


def grow(mask: Mask, radius_px: int) -> Mask:
    """The mask and every pixel at most so many px away from it (a disk).

    Args:
        mask: (H, W).
        radius_px: 0 gives the mask itself.

    Returns:
        (H, W).
    """
    if radius_px <= 0 or not mask.any() or mask.all():
        return mask.copy()
    grown = np.empty_like(mask)
    step = max(4 * radius_px, _BAND_PX // mask.shape[1])
    for top in range(0, len(mask), step):  # distances take four times the memory of a mask
        first = max(0, top - radius_px)
        part = mask[first : top + step + radius_px]
        grown[top : top + step] = _near(part, radius_px)[top - first : top - first + step]
    return grown


def _near(mask: Mask, radius_px: int) -> Mask:
    if not mask.any():
        return mask
    away = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(away <= radius_px)
