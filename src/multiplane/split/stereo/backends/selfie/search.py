"""Finds people in a whole picture, and does not believe the network at its word."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.split.stereo.backends.selfie.closer import alone, extent, look_closer
from multiplane.split.stereo.backends.selfie.windows import (
    Predict,
    Worth,
    everywhere,
    laid_together,
)
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import covered, iou

_BELIEVED = 0.5
_ROOM = 0.25
"""More room for the first look at what windows may have cut in two."""
_SAME, _PART = 0.5, 0.7
"""Overlap, IoU, from which two finds are one; share of a find that lies in another and is a part
of it."""
_LARGE, _OVER = 0.25, 0.3
"""Part of the largest from which a part may be a person of its own; share of the narrower of two
that may reach over the other."""
_MOST = 64
"""Regions of a picture that are looked at closer, the largest first."""


def find_people(
    frame: Frame, predict: Predict, scales: int, margin: float, least_px: int,
    worth: Worth = everywhere,
) -> list[Look]:  # fmt: skip
    """Find people in a picture.

    Windows tell where somebody may be; a crop of his own tells what he looks like, and a second
    one how sure that is.

    Args:
        frame: (H, W, 3).
        predict: The network.
        scales: Of windows.
        margin: Of crops.
        least_px: Smaller ones are left out.
        worth: Which windows are worth a look.

    Returns:
        The surest first; what touches is one.
    """
    finds = []
    for rough in _regions(laid_together(frame, predict, scales, worth), frame, least_px):
        whole = np.asarray(alone(frame, rough, predict, margin + _ROOM) >= _BELIEVED)
        alpha, score = look_closer(frame, whole if whole.any() else rough, predict, margin)
        for mask in side_by_side(np.asarray(alpha >= _BELIEVED), least_px):
            finds.append(Look(mask, extent(mask), score))
    return _unlike(finds)


def _regions(belief: Alpha, frame: Frame, least_px: int) -> list[Mask]:
    """The connected parts of what is believed, at the size of the frame, the largest first."""
    shape = (frame.shape[1], frame.shape[0])
    per_px = belief.size / (shape[0] * shape[1])
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (belief >= _BELIEVED).astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    least = 0.5 * least_px * per_px  # windows draw coarsely
    order = sorted((n for n in range(1, count) if areas[n] >= least), key=lambda n: -int(areas[n]))
    parts = ((labels == number).astype(np.uint8) for number in order[:_MOST])
    return [
        np.asarray(cv2.resize(part, shape, interpolation=cv2.INTER_NEAREST) > 0) for part in parts
    ]


def side_by_side(mask: Mask, least_px: int) -> list[Mask]:
    """Tell people apart who stand beside each other with a gap between.

    Parts above each other are of one person, cut in two by what is before him; a small part goes
    with the large one it is nearest to.

    Args:
        mask: (H, W).
        least_px: A person has so many pixels at least.

    Returns:
        One a person.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=8
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    order = sorted(range(1, count), key=lambda number: -int(areas[number]))
    if not order or int(areas[1:].sum()) < least_px:
        return []
    groups: list[list[int]] = []
    for number in order:
        large = areas[number] >= max(least_px, _LARGE * areas[order[0]])
        gaps = [_gap(stats[number], stats[group[0]]) for group in groups]
        if not groups or (large and min(gaps) > 0):
            groups.append([number])
        else:
            groups[int(np.argmin(gaps))].append(number)
    return [np.asarray(np.isin(labels, group)) for group in groups]


def _gap(first: NDArray[np.int32], second: NDArray[np.int32]) -> float:
    """How far two parts are apart from side to side, px; below 0 where one is above the other.

    A little of the narrower one's width may reach over the other.
    """
    left, wide = cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH
    start = max(int(first[left]), int(second[left]))
    stop = min(int(first[left] + first[wide]), int(second[left] + second[wide]))
    return start - stop + _OVER * min(int(first[wide]), int(second[wide]))


def _unlike(finds: list[Look]) -> list[Look]:
    """Each person once: of two finds of him the surer, of a whole and its part the whole."""
    kept: list[Look] = []
    for find in sorted(finds, key=lambda one: -one.score):
        assert find.mask is not None
        masks = [other.mask for other in kept if other.mask is not None]
        if any(
            iou(find.mask, mask) >= _SAME or covered(find.mask, mask) >= _PART for mask in masks
        ):
            continue
        kept = [one for one in kept if one.mask is not None
                and covered(one.mask, find.mask) < _PART] + [find]  # fmt: skip
    return sorted(kept, key=lambda one: -one.score)
