"""Crops made smaller without what is unknown bleeding into what is known, and fills enlarged."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask

STEP_PX = 8
"""Sizes that a crop is brought to are multiples of this, as the network wants them."""
LEAST_PX = 256
"""No side becomes smaller than this: LaMa was trained on squares of it."""


def size_within(height: int, width: int, most_px: int) -> tuple[int, int]:
    """The size at which a crop is painted.

    Args:
        height: Of the crop.
        width: Of the crop.
        most_px: Most pixels that may be painted at once.

    Returns:
        Height and width: the crop's own where it fits, else smaller ones of nearly its shape.
    """
    if height * width <= most_px:
        return height, width
    scale = math.sqrt(most_px / (height * width))

    def fit(side: int) -> int:
        return min(side, max(LEAST_PX, int(side * scale) // STEP_PX * STEP_PX))

    return fit(height), fit(width)


def shrink(frame: Frame, unknown: Mask, size: tuple[int, int]) -> tuple[Frame, Mask]:
    """Make a picture smaller by averaging what is known of it.

    Args:
        frame: (H, W, 3) RGB.
        unknown: (H, W) what of it means nothing.
        size: Height and width of the result, no larger.

    Returns:
        (h, w, 3) and (h, w); unknown is what unknown pixels have any share in.
    """
    if size == unknown.shape:
        return frame, unknown
    shape = (size[1], size[0])
    known = (~unknown).astype(np.float32)
    share = cv2.resize(known, shape, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(frame * known[..., None], shape, interpolation=cv2.INTER_AREA)
    mean = colours / np.maximum(share, 1e-6)[..., None]
    small = np.clip(np.rint(mean), 0, 255).astype(np.uint8)
    return small, np.asarray(share < 1.0 - 1e-4)


def enlarge(
    painted: NDArray[np.float32], small: Frame, unknown: Mask, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Bring what was painted at a smaller size to that of the crop.

    Args:
        painted: (h, w, 3) what the network painted, 0 to 255.
        small: (h, w, 3) what it was shown.
        unknown: (h, w) where that meant nothing.
        size: Height and width of the crop.

    Returns:
        (H, W, 3), 0 to 255; ``painted`` itself where it has that size already.
    """
    if size == unknown.shape:
        return painted
    whole = np.where(unknown[..., None], painted, small.astype(np.float32))
    large = cv2.resize(whole, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32)
