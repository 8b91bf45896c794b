"""Whether something of a character is left where it stood.

Salience alone cannot tell: on a clean background it picks the next best thing, a rock or the
mouth of a burrow. Hence a pixel counts as far as it both catches the eye and has a colour that is
the character's rather than its surroundings'. Our own measure; it is blind to leftovers that have
the colours of the background, and to those outside of what was filled.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.measure.region import around
from multiplane.measure.residual import Salience
from multiplane.restore.check.look import Finished

SIDE_PX = 320
"""Colours are compared on pictures whose longer side is this."""
BINS = 24
BAND = 0.2
"""Width of the surroundings, as a share of the longer side."""
RARE = 1e-5
"""A colour this rare on both sides says nothing."""


def leftover(done: Finished, salience: Salience) -> float:
    """How much of the character can still be seen where it stood.

    Args:
        done: A finished frame.
        salience: Who tells what catches the eye.

    Returns:
        In [0, 1], mean over the character's mask; 0 on a background that has none of its colours,
        about the mean salience when all of it is still there.

    Raises:
        BackendError: The network failed.
    """
    scale = min(1.0, SIDE_PX / max(done.mask.shape))
    mask = _shrink(done.mask.astype(np.float32), scale) > 0.99
    hole = _shrink(done.hole.astype(np.float32), scale) > 0.01
    band = around(hole, max(2, round(BAND * max(hole.shape))))
    if not mask.any() or not band.any():
        return 0.0
    frame, background = (_shrink(picture, scale) for picture in (done.frame, done.background))
    seen = _shrink(salience.predict_raw(done.background), scale)
    share = likeness(frame, background, mask, band) * seen
    return float(share[mask].mean(dtype=np.float64))


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


def _shrink(picture: NDArray[Any], scale: float) -> NDArray[Any]:
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
