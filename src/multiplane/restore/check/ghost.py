"""Whether a character shines through: how much of its own fine detail a background repeats.

A transparent ghost neither catches the eye of a network nor has the character's very colours, but
its folds and edges are still there, fainter. What replaced the character cannot have them but by
chance. Our own measure; it is blind where the character is smooth and to ghosts that moved.
"""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.plate.light import Field, blur_where

DETAIL_PX = 3.0
"""What is coarser than this is light and colour, and may be alike by chance."""
CHANGED_LEVELS = 6.0
"""Where less than this changed the mask took background with it, which came back as it was."""
NOISE_LEVELS = 4.0
"""A pixel that differs by less came back as it was, whatever changed round it."""
RIM_PX = 2
"""This much inside the mask's border the frame shows a mixture."""
FEWEST = 100
"""Fewer pixels say nothing."""
SURE = 2.0
"""Standard errors by which the repetition must stand out from chance."""


def ghost(frame: Frame, background: Frame, mask: Mask) -> float:
    """Measure how strongly a background repeats the detail of a character.

    The slope of a regression of the background's detail on the frame's, less what chance would
    explain, times the share of the mask that changed at all.

    Args:
        frame: (h, w, 3) RGB, with the character.
        background: (h, w, 3) RGB, without.
        mask: (h, w), the character.

    Returns:
        In [0, 1]; about the opacity of the ghost.
    """
    side = 2 * RIM_PX + 1
    inner = cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    both = np.concatenate([frame, background], axis=-1).astype(np.float32)
    soft = blur_where(both, inner.astype(np.float32), DETAIL_PX)
    changed = inner & _apart(soft, CHANGED_LEVELS) & _apart(both, NOISE_LEVELS)
    count = int(np.count_nonzero(changed))
    if count < FEWEST:
        return 0.0
    detail = (both - soft)[changed].astype(np.float64)
    one, two = detail[:, :3].ravel(), detail[:, 3:].ravel()
    energy = float(np.square(one).sum()) + one.size  # a grey level of noise
    slope = float((one * two).sum()) / energy
    rest = float(np.square(two - slope * one).mean())
    independent = max(1.0, count / DETAIL_PX**2)  # neighbours and channels go together
    error = float(np.sqrt(rest / independent / (energy / one.size)))
    share = count / int(np.count_nonzero(inner))
    return float(min(1.0, max(0.0, slope - SURE * error)) * share)


def _apart(both: Field, levels: float) -> Mask:
    """Where frame and background, three channels each, differ by more."""
    off = np.abs(both[..., :3] - both[..., 3:]).max(axis=-1)
    return np.asarray(off > levels, np.bool_)
