"""Which pixels of a frame are hidden, and which of them another frame may not borrow."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Mask
from multiplane.core.instances import box_of

ALPHA_FLOOR = 0.05
"""An alpha below it is matting noise, not hair."""


def grow(mask: Mask, radius_px: float) -> Mask:
    """Select everything within a distance of what is selected.

    Args:
        mask: (H, W).
        radius_px: Euclidean distance; 0 gives the mask back.

    Returns:
        (H, W), the grown mask.
    """
    if radius_px <= 0 or not mask.any():
        return mask
    reach = int(radius_px) + 1
    x0, y0, x1, y1 = box_of(mask)
    part = np.s_[max(0, y0 - reach) : y1 + reach, max(0, x0 - reach) : x1 + reach]
    outside = (~mask[part]).astype(np.uint8)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown = np.zeros_like(mask)
    grown[part] = away <= radius_px
    return grown


def widen(mask: Mask, alpha: Alpha | None, reach_px: float) -> Mask:
    """Add what the soft edge still covers outside the mask.

    Args:
        mask: (H, W).
        alpha: (H, W) or None.
        reach_px: How far from the mask an alpha is believed.

    Returns:
        (H, W), the mask and the soft edge round it.
    """
    if alpha is None:
        return mask
    soft = alpha > ALPHA_FLOOR
    if not (soft & ~mask).any():
        return mask
    return np.asarray(mask | (soft & grow(mask, max(1.0, reach_px))), np.bool_)


def depth_inside(mask: Mask) -> Alpha:
    """How deep each selected pixel lies, in pixels; the frame's border does not count as edge.

    Args:
        mask: (H, W).

    Returns:
        float32 (H, W), 0 outside; very large everywhere when all is selected.
    """
    if mask.all():
        return np.full(mask.shape, 1e6, np.float32)
    found = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)
