"""How much of a character is left on a background."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_mask, check_same_size

_LEAST = 0.02
"""A hole whose mean salience was below this held nobody whom the network could miss later."""


class Salience(Protocol):
    """Something that finds what catches the eye, e.g. ``multiplane.networks.u2net.Salient``."""

    def predict_raw(self, frame: Frame) -> Alpha:
        """Salience (H, W) in [0, 1], not stretched to that range frame by frame."""


def residual(salient: Salience, frame: Frame, background: Frame, hole: Mask) -> float:
    """How much of what was in the hole still catches the eye on the background.

    Mean salience inside the hole on the background over that on the frame. The salience must not
    be stretched frame by frame: on a clean background that would make objects out of noise. The
    measure is our own. It tells ghosts and leftovers; it cannot tell an ugly fill that nobody
    would look at.

    Args:
        salient: The network.
        frame: (H, W, 3), with the character.
        background: (H, W, 3), without.
        hole: (H, W), where the character was.

    Returns:
        In [0, 1]; 0 when nothing is left (or nothing was there), 1 when all of it is.

    Raises:
        InputError: Sizes differ.
        BackendError: The network failed.
    """
    check_mask(hole, "hole")
    check_same_size(frame, background, ("frame", "background"))
    check_same_size(frame, hole, ("frame", "hole"))
    if not hole.any():
        return 0.0
    return residual_of(salient.predict_raw(frame), salient.predict_raw(background), hole)


def residual_of(before: Alpha, after: Alpha, hole: Mask) -> float:
    """The same from salience that is already at hand.

    Args:
        before: (H, W) of the frame, not stretched.
        after: (H, W) of the background, not stretched.
        hole: (H, W).

    Returns:
        In [0, 1].
    """
    if not hole.any():
        return 0.0
    there = float(np.mean(before[hole], dtype=np.float64))
    left = float(np.mean(after[hole], dtype=np.float64))
    return min(1.0, left / there) if there >= _LEAST else 0.0
