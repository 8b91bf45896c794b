"""Which of the things in a picture are characters, and which of these are one and the same.

A network that finds everything in a picture finds walls and sky too, and a boy as a head, a shirt
and trousers. What is believed of the pixels (salience, motion, both) and boxes round characters
tell what to take; what is taken and touches is one character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.detections import Detection
from multiplane.core.instances import box_of
from multiplane.split.segment.backend import Belief, Part
from multiplane.split.segment.prompts import Box

_TAKEN = 0.5
"""Mean belief in [0, 1] of what a part adds from which it is taken."""
_WHOLE, _DULL = 0.6, 0.25
"""A part that is believed so much as a whole may add what is believed so little: the dull shirt of
somebody whose head and hands are believed."""
_LEFT, _HELD = 0.3, 0.3
"""What is believed so much is taken where such a share of its outline touches what is taken."""
_NOTHING = 0.03
"""A part that adds less than this share of itself adds nothing."""
_INSIDE, _BESIDE = 0.25, 0.15
"""How much a box adds to the belief in what is in it, and takes from what is in none."""
_TOUCH = np.ones((3, 3), np.uint8)
_MISSED = 0.5
"""Of a believed region, or a box, at most this share is taken when it counts as missed."""
_BOX_FULL = 0.2
"""The least share of a box that a character in it covers."""


class Candidate(Protocol):
    """Something that may be a part of a character; the mask may be unpacked when it is asked for.

    A :class:`multiplane.split.segment.backend.Part` is one.
    """

    @property
    def mask(self) -> Mask:
        """Bool (H, W)."""

    @property
    def score(self) -> float:
        """Confidence in [0, 1]."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen in one frame.

    Attributes:
        parts: Characters, one each.
        missed: Boxes round what is believed to be a character where no part was taken.
        taken: How many of the parts that were proposed went into them.
    """

    parts: list[Part]
    missed: list[Box]
    taken: int


def choose_characters(
    parts: Sequence[Candidate],
    belief: Belief,
    size: tuple[int, int],
    boxes: Sequence[Detection] = (),
    least_px: int = 1,
) -> Chosen:
    """Choose characters among parts by what is believed of their pixels.

    Parts are taken in the order of belief. One counts by what it adds to those before it: a mask
    of a character with half the wall adds wall, and stays out; a held thing is judged by itself.

    Args:
        parts: Whatever was found, (H, W) each; they may overlap.
        belief: (h, w), > 0 where a character is believed to be.
        size: (width, height) of the frame.
        boxes: Round characters, px of the frame. With boxes, two that touch stay two as far as
            each fills its own box.
        least_px: Smaller regions and boxes are not missed, px of the frame.

    Returns:
        The characters.
    """
    shape = size[::-1]
    share = _shares(belief, boxes, shape)
    small = [_shrunk(part.mask, (share.shape[0], share.shape[1])) for part in parts]
    taken = _take(small, share)
    union = np.zeros(shape, np.bool_)
    for number in taken:
        union |= parts[number].mask
    firm = len(taken)
    taken += _between(parts, small, share, union, set(taken))
    for number in taken[firm:]:
        union |= parts[number].mask
    found = [Part(parts[number].mask, parts[number].score) for number in sorted(taken)]
    grouped = _apart(found, union, boxes)
    sure = [Part(mask, _score(mask, found, share)) for mask in grouped]
    return Chosen(sure, _missed(belief, boxes, union, least_px), len(taken))


def _shares(
    belief: Belief, boxes: Sequence[Detection], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Belief in [0, 1], boxes counted in."""
    share = np.asarray(np.clip(0.5 + 0.5 * belief, 0, 1), np.float32)
    if not boxes:
        return share
    lift = np.full(share.shape, -_BESIDE, np.float32)
    for box in boxes:
        rows, columns = _window(box.box, share.shape, shape)
        lift[rows, columns] = np.maximum(lift[rows, columns], _INSIDE * box.score)
    return np.asarray(np.clip(share + lift, 0, 1), np.float32)


def _window(box: Box, small: tuple[int, ...], full: tuple[int, ...]) -> tuple[slice, slice]:
    """A box of the full-size frame on a small map; at least one pixel."""
    across, down = small[1] / full[1], small[0] / full[0]
    left, top = int(box[0] * across), int(box[1] * down)
    right, bottom = int(np.ceil(box[2] * across)), int(np.ceil(box[3] * down))
    return slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))


def _shrunk(mask: Mask, shape: tuple[int, int]) -> NDArray[np.float32]:
    """How much of each small pixel a mask covers, in [0, 1]."""
    if mask.shape == shape:
        return np.asarray(mask, np.float32)
    soft = cv2.resize(mask.astype(np.uint8) * 255, shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(soft, np.float32) / np.float32(255)


def _mean(weights: NDArray[np.float32], share: NDArray[np.float32]) -> float:
    total = float(weights.sum())
    return float((weights * share).sum()) / total if total else 0.0


def _take(small: Sequence[NDArray[np.float32]], share: NDArray[np.float32]) -> list[int]:
    """The parts that are characters by themselves, the most believed first."""
    means = [_mean(weights, share) for weights in small]
    order = sorted(range(len(small)), key=lambda number: (-means[number], number))
    covered = np.zeros_like(share)
    taken = []
    for number in order:
        weights, mean = small[number], means[number]
        if mean < _LEFT:
            break
        new = np.clip(weights - covered, 0, 1)
        if new.sum() < _NOTHING * weights.sum():
            continue
        added = _mean(new, share)
        if added >= _TAKEN or (mean >= _WHOLE and added >= _DULL):
            taken.append(number)
            covered = np.maximum(covered, weights)
    return taken


def _between(
    parts: Sequence[Candidate], small: Sequence[NDArray[np.float32]], share: NDArray[np.float32],
    union: Mask, taken: set[int],
) -> list[int]:  # fmt: skip
    """The parts that are believed a little and lie between what is taken."""
    if not union.any():
        return []
    found = []
    for number, part in enumerate(parts):
        if number in taken or _mean(small[number], share) < _LEFT:
            continue
        mask = part.mask
        if np.count_nonzero(mask & ~union) < _NOTHING * np.count_nonzero(mask):
            continue
        if _touching(mask, union) >= _HELD:
            found.append(number)
    return found


def _touching(mask: Mask, union: Mask) -> float:
    """The share of a mask's outline that touches others."""
    x0, y0, x1, y1 = box_of(mask)
    window = (slice(max(0, y0 - 2), y1 + 2), slice(max(0, x0 - 2), x1 + 2))
    inner = mask[window].astype(np.uint8)
    ring = (cv2.dilate(inner, _TOUCH) > 0) & (inner == 0)
    return float(np.mean(union[window][ring])) if ring.any() else 0.0


def _apart(found: Sequence[Part], union: Mask, boxes: Sequence[Detection]) -> list[Mask]:
    """What is taken as one mask a character: what touches is one, unless boxes tell it apart."""
    close = cv2.dilate(union.astype(np.uint8), _TOUCH)  # a gap of a pixel or two is no gap
    count, labels = cv2.connectedComponents(close, connectivity=8)
    groups: dict[tuple[int, int], Mask] = {}
    for part in sorted(found, key=lambda part: -int(np.count_nonzero(part.mask))):
        names = np.unique(labels[part.mask])
        for label in names:
            piece = part.mask if len(names) == 1 else part.mask & (labels == label)
            key = (int(label), _owner(piece, boxes))
            groups[key] = groups[key] | piece if key in groups else piece
    if boxes:
        groups = _settle(groups)
    assert count > len({label for label, _ in groups})
    return list(groups.values())


def _owner(mask: Mask, boxes: Sequence[Detection]) -> int:
    """The number of the box that holds most of a mask, the smaller of equals; -1 for none."""
    area = int(np.count_nonzero(mask))
    best, owner = 0.5, -1
    for number, box in sorted(enumerate(boxes), key=lambda pair: _area(pair[1].box)):
        x0, y0, x1, y1 = box.pixels
        held = np.count_nonzero(mask[y0:y1, x0:x1]) / max(1, area)
        if held > best + 0.05:
            best, owner = held, number
    return owner


def _settle(groups: dict[tuple[int, int], Mask]) -> dict[tuple[int, int], Mask]:
    """What no box holds goes with the largest it touches; nothing belongs to two."""
    settled: dict[tuple[int, int], Mask] = {}
    for key in sorted(groups, key=lambda key: (key[1] < 0, -int(np.count_nonzero(groups[key])))):
        mask = groups[key]
        for other in settled.values():
            mask = mask & ~other
        host = next((k for k in settled if k[0] == key[0]), None) if key[1] < 0 else None
        if host is not None:
            settled[host] |= mask
        elif mask.any():
            settled[key] = mask
    return settled


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _score(mask: Mask, found: Sequence[Part], share: NDArray[np.float32]) -> float:
    """How sure a character is: belief times the confidence in its parts, both by area."""
    believed = _mean(_shrunk(mask, (share.shape[0], share.shape[1])), share)
    areas = [int(np.count_nonzero(part.mask & mask)) for part in found]
    sure = sum(a * part.score for a, part in zip(areas, found, strict=True)) / max(1, sum(areas))
    return float(np.clip(believed * sure, 0, 1))


def _missed(belief: Belief, boxes: Sequence[Detection], union: Mask, least_px: int) -> list[Box]:
    """Boxes round what should have been taken and was not, px of the frame."""
    height, width = union.shape
    shape = (belief.shape[0], belief.shape[1])
    covered = _shrunk(union, shape)
    across, down = width / shape[1], height / shape[0]
    found: list[Box] = []
    count, labels, stats, _ = cv2.connectedComponentsWithStats((belief > 0).astype(np.uint8))
    for number in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[number])
        region = labels == number
        if area * across * down >= max(least_px, 16) and covered[region].mean() < _MISSED:
            found.append((x * across, y * down, (x + w) * across, (y + h) * down))
    for box in boxes:
        x0, y0, x1, y1 = box.pixels
        filled = float(np.mean(union[y0:y1, x0:x1]))
        if filled < _BOX_FULL and _area(box.box) >= least_px:
            found.append(box.box)
    return found
