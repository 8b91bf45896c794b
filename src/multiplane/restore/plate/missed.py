"""What a mask missed of a character: it hangs on to the mask and has the character's colours."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.likeness import likeness

ALIKE = 0.6
"""How much more the character's than its surroundings' a colour must be to be taken for it."""


def hanging_on(frame: Frame, character: Mask, near: Mask) -> Mask:
    """Find what near a character looks like more of it and is joined to it by more of the same.

    Colour alone would take every flower of the character's red for the character; an ear that a
    mask cut off reaches all the way from the mask to its tip.

    Args:
        frame: (h, w, 3) RGB.
        character: (h, w), what the mask knows.
        near: (h, w), where to look; the colours of the rest are its surroundings'.

    Returns:
        (h, w), within ``near``; nothing where either side has no colours to compare.
    """
    zone, beside = near & ~character, ~near
    found = np.zeros(near.shape, np.uint8)
    if not zone.any() or not character.any() or not beside.any():
        return found > 0
    found[zone] = likeness(frame, frame[zone][None], character, beside)[0] >= ALIKE
    square = np.ones((3, 3), np.uint8)
    found = np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, square), np.uint8)
    _, labels = cv2.connectedComponents(found | _bytes(character))
    joined = np.unique(labels[character])
    missed = _bytes(np.isin(labels, joined) & zone)
    return np.asarray((cv2.dilate(missed, square) > 0) & zone, np.bool_)


def _bytes(mask: Mask) -> NDArray[np.uint8]:
    return mask.view(np.uint8)
