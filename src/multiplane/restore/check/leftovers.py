"""Whether something of a character is left where it stood.

Salience alone cannot tell: on a clean background it picks the next best thing, a rock or the
mouth of a burrow. Hence a pixel counts as far as it catches the eye, has a colour that is the
character's rather than its surroundings', and looks like what stood there. Ghosts that shine
through are told by their detail, see :mod:`.ghost`. Our own measure; it is blind to leftovers that
have the colours of the background and to what is left outside of the mask.
"""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.measure.region import around
from multiplane.measure.residual import Salience
from multiplane.restore.check.ghost import ghost
from multiplane.restore.check.look import Finished
from multiplane.restore.inpaint.likeness import likeness, shrink

SIDE_PX = 320
"""Colours are compared on pictures whose longer side is this."""
BAND = 0.2
"""Width of the surroundings, as a share of the longer side."""
ALIKE_LAB = 20.0
"""Lab distance at which two colours have little in common."""


def leftover(done: Finished, salience: Salience) -> float:
    """How much of the character can still be seen where it stood.

    Args:
        done: A finished frame.
        salience: Who tells what catches the eye.

    Returns:
        In [0, 1], mean over the character's mask; 0 on a background that has none of its colours
        and detail, about the mean salience when all of it is still there, about its opacity when
        it shines through.

    Raises:
        BackendError: The network failed.
    """
    scale = min(1.0, SIDE_PX / max(done.mask.shape))
    mask = shrink(done.mask.astype(np.float32), scale) > 0.99
    hole = shrink(done.hole.astype(np.float32), scale) > 0.01
    band = around(hole, max(2, round(BAND * max(hole.shape))))
    if not mask.any() or not band.any():
        return 0.0
    frame, background = (shrink(picture, scale) for picture in (done.frame, done.background))
    seen = shrink(salience.predict_raw(done.background), scale)
    share = likeness(frame, background, mask, band) * seen * _same(frame, background)
    return max(float(share[mask].mean(dtype=np.float64)), ghost(frame, background, mask))


def _same(frame: Frame, background: Frame) -> Alpha:
    """(h, w) in [0, 1]; 1 where the background has the very colour of the frame."""
    one, two = (
        cv2.cvtColor(picture.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
        for picture in (frame, background)
    )
    squares = np.square(one - two).sum(axis=2)
    return np.asarray(np.exp(-squares / ALIKE_LAB**2), np.float32)
