"""Whether a fill keeps still while the picture moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_same_size
from multiplane.measure.region import around
from multiplane.motion.flow import Flow, flow, warp


@dataclass(frozen=True)
class Flicker:
    """How much the picture changes from one frame to the next once motion is taken out.

    Attributes:
        inside: Inside the hole, in grey levels [0, 255]; None when there is no pixel to compare.
        beside: In the band round it, likewise: what grain, waving grass and errors of the flow
            do to any part of this picture.
        ratio: ``(inside + 1) / (beside + 1)``; 1 when the fill is as steady as its surroundings,
            more when it flickers, less when it is stiller than they are.
    """

    inside: float | None
    beside: float | None
    ratio: float | None


def flicker(
    before: Frame, after: Frame, holes: tuple[Mask, Mask], after_to_before: Flow | None = None,
    band_px: int = 40,
) -> Flicker:  # fmt: skip
    """Compare a frame with the one before, carried along by optical flow.

    The warping error of Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018
    (https://arxiv.org/abs/1808.00449), as a mean absolute difference, and separately for the
    hole and its surroundings. A pixel counts inside when it lies in the hole of both frames, and
    beside when it lies in the band of both; what comes from beyond the picture does not count.

    Args:
        before: (H, W, 3).
        after: (H, W, 3).
        holes: (H, W) each, what was filled in the one and the other.
        after_to_before: (H, W, 2) displacements in px, as ``flow(after, before)`` gives them;
            None computes them.
        band_px: Width of the band.

    Returns:
        The figures.

    Raises:
        InputError: Sizes differ.
    """
    check_frame(before, "frame before")
    check_frame(after, "frame after")
    check_same_size(before, after, ("frame before", "frame after"))
    for frame, hole in zip((before, after), holes, strict=True):
        check_same_size(frame, hole, ("frame", "hole"))
    way = flow(after, before) if after_to_before is None else after_to_before
    carried = warp(before, way)
    inside_before = warp(holes[0], way, "zero")
    beside_before = warp(around(holes[0], band_px), way, "zero")
    off = np.abs(carried.astype(np.float32) - after.astype(np.float32)).mean(axis=2)
    inside = _mean(off, inside_before & holes[1])
    beside = _mean(off, beside_before & around(holes[1], band_px))
    ratio = None if inside is None or beside is None else (inside + 1) / (beside + 1)
    return Flicker(inside, beside, ratio)


def flickers(
    frames: Iterable[Frame], holes: Iterable[Mask], band_px: int = 40
) -> Iterator[Flicker]:
    """The flicker of a stream, one figure for each frame after the first.

    Args:
        frames: (H, W, 3) each, of one size.
        holes: (H, W) each, one a frame.
        band_px: Width of the band.

    Yields:
        One figure a pair of frames; only two frames are held at a time.

    Raises:
        InputError: Sizes differ.
    """
    for (before, hole_before), (after, hole_after) in pairwise(zip(frames, holes, strict=True)):
        yield flicker(before, after, (hole_before, hole_after), band_px=band_px)


def _mean(values: NDArray[np.float32], chosen: Mask) -> float | None:
    return float(values[chosen].mean(dtype=np.float64)) if chosen.any() else None
