"""Holes into crops: near ones share a crop, so that no seam can fall inside a hole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backend import BatchInpainter, Filled, Gap, Inpainter

APART_PX = 8
"""Holes nearer to each other than this are always filled together."""


Boxes: TypeAlias = NDArray[np.int64]
"""(N, 4) boxes x0, y0, x1, y1."""


class Box(NamedTuple):
    """Half-open box in pixels."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """To index an array with."""
        return np.s_[self.y0 : self.y1, self.x0 : self.x1]

    @property
    def area_px(self) -> int:
        """Width times height."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def grown(self, margin_px: int, shape: tuple[int, int]) -> Box:
        """Larger on every side, within a picture of ``shape`` (height, width)."""
        return Box(
            max(0, self.x0 - margin_px),
            max(0, self.y0 - margin_px),
            min(shape[1], self.x1 + margin_px),
            min(shape[0], self.y1 + margin_px),
        )


@dataclass(frozen=True)
class Crop:
    """Holes that are filled together.

    Attributes:
        box: What is looked at: the holes and their context.
        hole: (h, w) within the box; no other crop's hole has any of these pixels.
    """

    box: Box
    hole: Mask


class Invention(NamedTuple):
    """What was done in one crop.

    Attributes:
        box: The box of the hole itself.
        area_px: Pixels invented.
        by: What filled them.
    """

    box: Box
    area_px: int
    by: str


def bounds(mask: Mask) -> Box | None:
    """The box round what is selected; None when nothing is."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not len(rows):
        return None
    columns = np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def cut_crops(hole: Mask, context_px: int, context_share: float = 0.5) -> list[Crop]:
    """Divide the holes of a picture among crops.

    Pieces whose boxes come near each other are one hole. Further ones share a crop as well where
    one box with its context is no larger than the two apart.

    Args:
        hole: (H, W) what to fill.
        context_px: How much to look at around a hole, at least.
        context_share: The same as a share of its longer side.

    Returns:
        The crops, from top to bottom; every pixel of the hole lies in the hole of exactly one.
    """

    def look(boxes: Boxes) -> Boxes:
        longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        return _grown(boxes, np.maximum(context_px, (longer * context_share).astype(int)), hole)

    boxes = _merge(_pieces(hole, max(APART_PX, context_px // 4)), hole, look)
    boxes = boxes[np.lexsort((boxes[:, 0], boxes[:, 1]))]
    pairs = zip(boxes.tolist(), look(boxes).tolist(), strict=True)
    return [_seen_in(Crop(Box(*box), hole[Box(*box).slices]), Box(*seen)) for box, seen in pairs]


def crops_of(
    hole: Mask,
    known: Mask,
    context_px: int,
    context_share: float = 0.5,
    step_px: int = 1,
    together: bool = False,
) -> list[Crop]:
    """Divide the holes of a picture among crops that show something to learn from.

    Args:
        hole: (H, W) what to fill.
        known: (H, W) what to learn from; a crop that shows nothing of it looks at everything.
        context_px: How much to look at around a hole, at least.
        context_share: The same as a share of its longer side.
        step_px: Sides are widened to multiples of this as far as the picture reaches.
        together: All holes in one crop.

    Returns:
        The crops, from top to bottom; every pixel of the hole lies in the hole of exactly one.
    """
    whole = Box(0, 0, hole.shape[1], hole.shape[0])
    found = bounds(hole)
    if together and found is not None:
        longer = max(found.x1 - found.x0, found.y1 - found.y0)
        outer = found.grown(max(context_px, int(longer * context_share)), hole.shape)
        cut = [_seen_in(Crop(found, hole[found.slices]), outer)]
    else:
        cut = cut_crops(hole, context_px, context_share)
    return [
        _widened(crop, hole.shape, step_px)
        if known[crop.box.slices].any()
        else _seen_in(crop, whole)
        for crop in cut
    ]


def fill_holes(
    frame: Frame, hole: Mask, sources: Mask, inpainter: Inpainter, context_px: int
) -> tuple[Frame, list[Invention]]:
    """Fill every hole of a picture, crop by crop; see :func:`fill_gaps`.

    Args:
        frame: (H, W, 3) RGB; never changed.
        hole: (H, W) what to fill.
        sources: (H, W) pixels to learn from.
        inpainter: What fills a crop.
        context_px: How much to look at around a hole.

    Returns:
        The filled picture, outside the hole bit for bit the frame, and what was done.

    Raises:
        InputError: Nothing is known to fill from.
    """
    return fill_gaps([Gap(frame, hole, sources)], inpainter, context_px)[0]


def fill_gaps(
    gaps: Sequence[Gap], inpainter: Inpainter, context_px: int
) -> list[tuple[Frame, list[Invention]]]:
    """Fill every hole of several pictures; an inpainter that can takes their crops together.

    Every crop is cut from the picture as it was given, so their order does not matter, and only
    the crop's own hole is pasted back.

    Args:
        gaps: The pictures.
        inpainter: What fills a crop.
        context_px: How much to look at around a hole.

    Returns:
        Of each the filled picture, outside the hole bit for bit as it was, and what was done.

    Raises:
        InputError: Nothing is known to fill one of them from.
    """
    batching = inpainter if isinstance(inpainter, BatchInpainter) else None
    look = (batching.context_share, batching.step_px) if batching else (0.5, 1)
    cut = [crops_of(gap.hole, gap.sources & ~gap.hole, context_px, *look) for gap in gaps]
    parts = [
        Gap(
            gap.frame[crop.box.slices],
            crop.hole,
            gap.sources[crop.box.slices] & ~gap.hole[crop.box.slices],
        )
        for gap, crops in zip(gaps, cut, strict=True)
        for crop in crops
    ]
    answers = (
        iter(batching.fill_many(parts)) if batching else (inpainter.fill(*part) for part in parts)
    )
    return [_paste(gap, crops, answers) for gap, crops in zip(gaps, cut, strict=True)]


def _paste(
    gap: Gap, crops: Sequence[Crop], answers: Iterator[Filled]
) -> tuple[Frame, list[Invention]]:
    filled = gap.frame.copy()
    done = []
    for crop in crops:
        box, own = crop.box, crop.hole
        answer = next(answers)
        filled[box.slices][own] = answer.frame[own]
        inner = bounds(own)
        assert inner is not None, "a crop has a hole"
        found = Box(inner.x0 + box.x0, inner.y0 + box.y0, inner.x1 + box.x0, inner.y1 + box.y0)
        done.append(Invention(found, int(np.count_nonzero(own)), answer.by))
    return filled, done


def _widened(crop: Crop, shape: tuple[int, ...], step_px: int) -> Crop:
    """The crop with sides that are multiples of a step, as far as the picture reaches."""
    x0, x1 = _stretch(crop.box.x0, crop.box.x1, shape[1], step_px)
    y0, y1 = _stretch(crop.box.y0, crop.box.y1, shape[0], step_px)
    return _seen_in(crop, Box(x0, y0, x1, y1))


def _stretch(start: int, stop: int, most: int, step: int) -> tuple[int, int]:
    wanted = min(most, -(-(stop - start) // step) * step)
    first = max(0, min(start - (wanted - (stop - start)) // 2, most - wanted))
    return first, first + wanted


def _seen_in(crop: Crop, box: Box) -> Crop:
    """The same hole in a larger box."""
    own = np.zeros((box.y1 - box.y0, box.x1 - box.x0), np.bool_)
    x, y = crop.box.x0 - box.x0, crop.box.y0 - box.y0
    own[y : y + crop.hole.shape[0], x : x + crop.hole.shape[1]] = crop.hole
    return Crop(box, own)


def _pieces(hole: Mask, apart_px: int) -> Boxes:
    """Boxes of the connected pieces; pieces nearer than ``apart_px`` count as connected."""
    near = cv2.dilate(hole.view(np.uint8), np.ones((apart_px + 1, apart_px + 1), np.uint8))
    _, labels = cv2.connectedComponents(near)
    labels[~hole] = 0
    found = [part for part in find_objects(labels) if part is not None]
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in found]
    return np.array(boxes, np.int64).reshape(-1, 4)


def _merge(boxes: Boxes, hole: Mask, look: Callable[[Boxes], Boxes]) -> Boxes:
    """Join boxes until none are near each other and no further joint crop would be smaller."""
    settled = np.zeros((0, 4), np.int64)
    waiting = list(boxes)
    while waiting:
        box = waiting.pop()[None]
        joined = _joined(box, settled)
        apart = _areas(look(box)) + _areas(look(settled))
        together = _meet(_grown(box, APART_PX, hole), settled) | (_areas(look(joined)) <= apart)
        if together.any():
            index = int(np.argmax(together))
            waiting.append(joined[index])
            settled = np.delete(settled, index, axis=0)
        else:
            settled = np.concatenate([settled, box])
    return settled


def _grown(boxes: Boxes, margin_px: NDArray[np.int64] | int, hole: Mask) -> Boxes:
    """Larger on every side, within the picture."""
    height, width = hole.shape
    margin = np.broadcast_to(margin_px, len(boxes))[:, None]
    return np.concatenate(
        [
            np.maximum(0, boxes[:, :2] - margin),
            np.minimum((width, height), boxes[:, 2:] + margin),
        ],
        axis=1,
    )


def _joined(box: Boxes, others: Boxes) -> Boxes:
    """The smallest boxes round one and each of the others."""
    return np.concatenate(
        [np.minimum(box[:, :2], others[:, :2]), np.maximum(box[:, 2:], others[:, 2:])], axis=1
    )


def _areas(boxes: Boxes) -> NDArray[np.int64]:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _meet(box: Boxes, others: Boxes) -> Mask:
    """Whether a box shares a pixel with each of the others."""
    return np.asarray(
        ((box[:, :2] < others[:, 2:]) & (others[:, :2] < box[:, 2:])).all(axis=1), np.bool_
    )
