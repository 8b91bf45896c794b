"""The picture at ever half the size, until its hole is about a patch deep."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import around
from multiplane.restore.inpaint.backends.patchmatch.level import (
    RADIUS,
    SIZE,
    Floats,
    Indices,
    Level,
    pad,
    pad_mask,
)
from multiplane.restore.inpaint.backends.patchmatch.search import Field

SMALLEST_PX = 24
"""No level gets narrower or lower than this."""
FEWEST_SOURCES = 64
"""No level gets so coarse that fewer whole patches are known."""
BINS = 16
RING_PX = 16
"""Colours this near to the hole are at home in it."""
BUSY_PX = 4.0
"""Busyness is averaged over a neighbourhood this wide, standard deviation at full size."""


@dataclass(frozen=True)
class Step:
    """One size of the picture.

    Attributes:
        picture: (H, W, 6) see :data:`.level.CHANNELS`; meaningless inside the hole.
        hole: (H, W) what to invent.
        allowed: (H, W) where patches may be taken from.
    """

    picture: Floats
    hole: Mask
    allowed: Mask

    def sources(self) -> Mask:
        """(H, W) centres of whole, known, allowed patches."""
        good = pad_mask(self.allowed & ~self.hole, value=False).view(np.uint8)
        whole = cv2.erode(good, np.ones((SIZE, SIZE), np.uint8))
        return np.asarray(whole[RADIUS:-RADIUS, RADIUS:-RADIUS] > 0)

    def level(self, locality: float) -> Level:
        """What search and vote work on."""
        padded = pad_mask(self.sources(), value=False)
        return Level(pad(self.picture), pad_mask(self.hole, value=False), padded, locality)

    def halved(self) -> Step:
        """The next coarser size; only known pixels flow into it."""
        known = (~self.hole).astype(np.float32)
        weight = _shrink(known)
        picture = _shrink(self.picture * known[..., None]) / np.maximum(weight, 1e-6)[..., None]
        clean = cv2.erode(self.allowed.view(np.uint8), np.ones((3, 3), np.uint8))[::2, ::2]
        return Step(np.asarray(picture, np.float32), weight < 0.5, clean > 0)


def build_pyramid(frame: Frame, hole: Mask, allowed: Mask) -> list[Step]:
    """Shrink until one patch looks over the whole hole, or nothing is left to learn from.

    Args:
        frame: (H, W, 3) RGB; what it holds inside the hole is not looked at.
        hole: (H, W) what to invent.
        allowed: (H, W) where patches may be taken from.

    Returns:
        The sizes, finest first; at least one.
    """
    steps = [Step(_describe_pixels(frame, hole), hole, allowed)]
    while _depth(steps[-1].hole) >= SIZE and min(steps[-1].hole.shape) >= 2 * SMALLEST_PX:
        coarser = steps[-1].halved()
        if not coarser.hole.any() or np.count_nonzero(coarser.sources()) < FEWEST_SOURCES:
            break
        steps.append(coarser)
    return steps


def carry_finer(field: Field, level: Level) -> Field:
    """The matches of a coarser level, twice as far and twice as dense.

    Args:
        field: Matches at half the size.
        level: The level they are for.

    Returns:
        Matches of the level's targets, each an allowed source; not yet measured.
    """
    coarse = field.level
    number = np.full(coarse.height * coarse.width, -1, np.int64)
    number[coarse.targets] = np.arange(len(coarse.targets))
    y, x = (place - RADIUS for place in np.divmod(level.targets, level.width))
    coarse_y = np.minimum(y // 2, coarse.height - SIZE) + RADIUS
    coarse_x = np.minimum(x // 2, coarse.width - SIZE) + RADIUS
    parent = number[coarse_y * coarse.width + coarse_x]
    there_y, there_x = np.divmod(field.matches[np.maximum(parent, 0)], coarse.width)
    there_y = np.minimum((there_y - RADIUS) * 2 + y % 2, level.height - SIZE) + RADIUS
    there_x = np.minimum((there_x - RADIUS) * 2 + x % 2, level.width - SIZE) + RADIUS
    matches = there_y * level.width + there_x
    matches[parent < 0] = level.targets[parent < 0]
    lost = ~level.sources.ravel()[matches]
    if lost.any():
        matches[lost] = _nearest_sources(level)[matches[lost]]
    return Field(level, matches)


def _nearest_sources(level: Level) -> Indices:
    """(H*W,) the flat place of the source nearest to each pixel."""
    _, labels = cv2.distanceTransformWithLabels(
        (~level.sources).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    flat = labels.ravel()
    sources = np.flatnonzero(level.sources.ravel())
    place_of = np.full(int(flat.max()) + 1, sources[0], np.int64)
    place_of[flat[sources]] = sources
    return np.asarray(place_of[flat], np.int64)


def _describe_pixels(frame: Frame, hole: Mask) -> Floats:
    """L, a, b and how strongly the lightness changes nearby, from known pixels only."""
    lab = cv2.cvtColor(frame.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    light = np.ascontiguousarray(lab[..., 0])
    known = cv2.erode((~hole).view(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    weight = np.maximum(cv2.GaussianBlur(known, (0, 0), BUSY_PX), 1e-3)
    busy = []
    for dx, dy in ((1, 0), (0, 1)):
        change = np.abs(cv2.Sobel(light, cv2.CV_32F, dx, dy, ksize=3, scale=0.25)) * known
        busy.append(cv2.GaussianBlur(change, (0, 0), BUSY_PX) / weight)
    foreign = _foreign(np.asarray(lab, np.float32), hole)
    return np.dstack([lab, *busy, foreign]).astype(np.float32)


def _foreign(lab: Floats, hole: Mask) -> Floats:
    """How much rarer each pixel's colour is round the hole than in the whole picture, 0 to 1."""
    scaled = (lab * [BINS / 100, BINS / 256, BINS / 256] + [0, BINS / 2, BINS / 2]).astype(np.int64)
    levels = np.clip(scaled, 0, BINS - 1)
    places = (levels[..., 0] * BINS + levels[..., 1]) * BINS + levels[..., 2]
    ring = around(hole, RING_PX)
    if not ring.any():
        return np.zeros(hole.shape, np.float32)
    here, everywhere = (
        gaussian_filter(
            np.bincount(places[part], minlength=BINS**3).reshape(BINS, BINS, BINS) / part.sum(), 1.0
        ).ravel()
        for part in (ring, ~hole)
    )
    rarity = 1.0 - np.minimum(1.0, here / np.maximum(everywhere, 1e-9))
    known = np.where(hole, 0.0, rarity[places]).astype(np.float32)
    smooth = cv2.GaussianBlur(known, (0, 0), BUSY_PX)
    return np.asarray(smooth, np.float32)


def _shrink(picture: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (5, 5), 1.0)[::2, ::2], np.float32)


def _depth(hole: Mask) -> float:
    inside = pad_mask(hole, value=False).view(np.uint8)
    return float(cv2.distanceTransform(inside, cv2.DIST_L2, 3).max())
