"""Coarse to fine completion of one crop: search, vote, again.

The energy is that of Wexler et al. 2007 (doi:10.1109/TPAMI.2007.60); order of work, busyness term
and the first guess follow Newson et al. 2017 (doi:10.5201/ipol.2017.189). We depart from them in
comparing descriptors instead of pixels, in a slight preference for sources nearby, in voting by
copies where detail is decided, and in the last step, which copies the differences between pixels
for sharpness and takes only the low frequencies from the mean of the patches, see :mod:`.join`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.join import join
from multiplane.restore.inpaint.backends.patchmatch.level import RADIUS, Floats, Indices, Level
from multiplane.restore.inpaint.backends.patchmatch.onion import peel
from multiplane.restore.inpaint.backends.patchmatch.pyramid import build_pyramid, carry_finer
from multiplane.restore.inpaint.backends.patchmatch.search import Field
from multiplane.restore.inpaint.backends.patchmatch.vote import average, copy, sharpest

LOCALITY = 8.0
COPIED_DEPTHS = 2
"""At this many of the finest sizes patches vote by copying: there means would be matched with ever
flatter sources, and grass would turn into leaves cut from paper."""


@dataclass(frozen=True)
class Completion:
    """What stands in the hole, in the order of ``np.flatnonzero(hole)``.

    Attributes:
        sources: (M,) flat places of the pixels to copy.
        means: (M, 3) float32 RGB in [0, 255], what all patches say on average.
    """

    sources: Indices
    means: Floats


def complete(frame: Frame, hole: Mask, allowed: Mask, rounds: int, seed: int) -> Completion:
    """Invent what stands in a hole from patches of its surroundings.

    Args:
        frame: (H, W, 3) RGB; its content inside the hole is not looked at.
        hole: (H, W) what to invent, at least one pixel.
        allowed: (H, W) where patches may be taken from; at least one whole patch outside the hole.
        rounds: Search and vote this often at the finest level, more at coarser ones.
        seed: Where chance starts.

    Returns:
        Where each pixel comes from.
    """
    rng = np.random.default_rng(seed)
    field: Field | None = None
    steps = build_pyramid(frame, hole, allowed)
    for depth in reversed(range(len(steps))):
        level = steps[depth].level(LOCALITY)
        if field is None:
            field = Field(level, peel(level))
        else:
            field = carry_finer(field, level)
            average(field)
        vote = average if depth >= COPIED_DEPTHS else copy
        for _ in range(min(rounds + 3 * depth, 16)):
            field.improve(2 if depth else 1, rng)
            vote(field)
    assert field is not None, "a pyramid has at least one level"
    field.improve(1, rng)
    sources = _unpadded(sharpest(field), field.level)
    average(field)
    return Completion(sources, _means(field.level))


def render(frame: Frame, hole: Mask, allowed: Mask, completion: Completion) -> Frame:
    """Write a completion into a copy of the frame.

    Args:
        frame: (H, W, 3) RGB.
        hole: (H, W) the hole that was completed.
        allowed: (H, W) where patches might be taken from.
        completion: What :func:`complete` found for it.

    Returns:
        (H, W, 3); outside the hole bit for bit the frame.
    """
    joined = join(frame, hole, allowed, completion.sources, completion.means)
    filled = frame.copy()
    filled[hole] = np.clip(np.rint(joined), 0, 255).astype(np.uint8)
    return filled


def _unpadded(places: Indices, level: Level) -> Indices:
    y, x = np.divmod(places, level.width)
    return np.asarray((y - RADIUS) * (level.width - 2 * RADIUS) + (x - RADIUS), np.int64)


def _means(level: Level) -> Floats:
    lab = level.picture[..., :3][level.hole][None]
    rgb = cv2.cvtColor(np.ascontiguousarray(lab), cv2.COLOR_LAB2RGB)[0]
    return np.asarray(np.clip(rgb, 0.0, 1.0) * 255.0, np.float32)
