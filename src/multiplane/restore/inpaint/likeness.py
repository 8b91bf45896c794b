"""Which pixels have a character's colours rather than its surroundings'."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from multiplane.core.arrays import Alpha, Frame, Mask

BINS = 24
RARE = 1e-5
"""A colour this rare on both sides says nothing."""


def likeness(frame: Frame, background: Frame, character: Mask, around_it: Mask) -> Alpha:
    """How much more a background's colours are the character's than its surroundings'.

    Args:
        frame: (h, w, 3) RGB, with the character.
        background: (h, w, 3) RGB, without.
        character: (h, w) where it is.
        around_it: (h, w) what surrounds it.

    Returns:
        (h, w) of the background; 0 for colours as common around, 1 for the character's own.
    """
    places, wanted = (_bins(picture) for picture in (frame, background))
    own = _histogram(places[character])
    other = _histogram(places[around_it])
    odds = (own - other) / (own + other + RARE)
    return np.asarray(np.clip(odds, 0.0, 1.0).ravel()[wanted], np.float32)


def _bins(picture: Frame) -> NDArray[np.int64]:
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.int64) * BINS // 256
    return np.asarray((lab[..., 0] * BINS + lab[..., 1]) * BINS + lab[..., 2], np.int64)


def _histogram(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Shares by colour, softened so that neighbouring colours count as alike."""
    counts = np.bincount(places, minlength=BINS**3).reshape(BINS, BINS, BINS) / len(places)
    return np.asarray(gaussian_filter(counts, 1.0, mode="constant"), np.float64)


def shrink(picture: NDArray[Any], scale: float) -> NDArray[Any]:
    """Make a picture smaller by averaging."""
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
