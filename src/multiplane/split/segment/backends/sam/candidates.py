"""Which of the network's answers are kept, as SAM's own generator keeps them.

Order and meaning are upstream's (``sam2/automatic_mask_generator.py``): predicted IoU above its
threshold, stability at or above its own, what its crop cuts off dropped, then of boxes that overlap
the surest, crop by crop; across crops the one looked at closest. We leave out the enlarging of what
is dropped anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import batched_nms

from multiplane.split.segment.backends.sam.enlarge import Enlargement, Outline
from multiplane.split.segment.backends.sam.grid import Crop, cut_off
from multiplane.split.segment.backends.sam.presets import Criteria
from multiplane.split.segment.backends.sam.proposal import PackedMask, Proposal
from multiplane.split.segment.config import AutomaticOptions


@dataclass(frozen=True, eq=False)
class Candidate:
    """An answer that passed.

    Attributes:
        outline: Its mask, in the crop.
        box: (x0, y0, x1, y1) px of the crop, the last row and column included.
        area_px: How many pixels it has.
        iou: Predicted.
        stability: In [0, 1]; not a number when nothing is above the lower threshold.
        point: (x, y) px of the crop.
    """

    outline: Outline
    box: tuple[int, int, int, int]
    area_px: int
    iou: float
    stability: float
    point: tuple[float, float] = (0.0, 0.0)


_AT_ONCE = {"cpu": 16, "cuda": 512}
"""Masks that are looked at together: on a CPU what its cache holds."""


class Sieve:
    """Keeps of the answers about one crop what is good enough."""

    def __init__(
        self, options: AutomaticOptions, criteria: Criteria, crop: Crop, size: tuple[int, int],
        small: tuple[int, int], device: torch.device,
    ) -> None:  # fmt: skip
        """Prepare for a crop.

        Args:
            options: Thresholds.
            criteria: What the preset demands.
            crop: The part of the picture that is looked at.
            size: (width, height) of the picture, px.
            small: (width, height) of the logits.
            device: Where the logits are.
        """
        self._options, self._criteria, self._crop, self._size = options, criteria, crop, size
        self._enlargement = Enlargement(small, crop.size, device)
        self._most = options.max_mask_area_share * size[0] * size[1]

    def sift(
        self, points: NDArray[np.float32], logits: torch.Tensor, iou: torch.Tensor
    ) -> list[list[Candidate]]:
        """Keep what passes.

        Args:
            points: (P, 2) (x, y) px of the crop.
            logits: float32 (P, M, h, w), the answers.
            iou: float32 (P, M), predicted.

        Returns:
            Of each point, in order, what passed.
        """
        per_point = logits.shape[1]
        logits, iou = logits.flatten(0, 1), iou.flatten()
        which = torch.arange(len(iou), device=iou.device)
        if self._criteria.pred_iou > 0:
            which = which[iou > self._criteria.pred_iou]
        sifted: list[list[Candidate]] = [[] for _ in points]
        at_once = _AT_ONCE.get(iou.device.type, 16)
        for begin in range(0, len(which), at_once):
            some = which[begin : begin + at_once]
            for number, candidate in self._sift_some(some, logits[some], iou[some]):
                point = number // per_point
                x, y = points[point].tolist()
                sifted[point].append(replace(candidate, point=(x, y)))
        return sifted

    def _sift_some(
        self, which: torch.Tensor, logits: torch.Tensor, iou: torch.Tensor
    ) -> Iterator[tuple[int, Candidate]]:
        """Those that are stable, whole and not too large, with their numbers."""
        cut, offset = self._options.mask_threshold, self._options.stability_score_offset
        bounded = self._enlargement.bound(logits)
        high, low = self._enlargement.counts(bounded, (cut + offset, cut - offset))
        stability = high.to(torch.int32) / low.to(torch.int32)
        if self._criteria.stability > 0:
            stable = stability >= self._criteria.stability
            which, iou, stability = which[stable], iou[stable], stability[stable]
            bounded = bounded[stable]
        found = self._enlargement.outlines(bounded, cut)
        keep = ~cut_off(found.boxes, self._crop, self._size) & (found.areas <= self._most)
        numbers, sure, steady = which.tolist(), iou.tolist(), stability.tolist()
        for n in np.flatnonzero(keep).tolist():
            x0, y0, x1, y1 = found.boxes[n].tolist()
            box, area = (x0, y0, x1, y1), int(found.areas[n])
            yield numbers[n], Candidate(found.outlines[n], box, area, sure[n], steady[n])

    def thin(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Of boxes that overlap keep the surest; the surest first."""
        boxes = torch.tensor([c.box for c in candidates], dtype=torch.float32).reshape(-1, 4)
        scores = torch.tensor([c.iou for c in candidates], dtype=torch.float32)
        return [candidates[n] for n in suppress(boxes, scores, self._options.box_nms_thresh)]

    def propose(self, candidate: Candidate) -> Proposal:
        """Draw a candidate and place it in the picture."""
        left, top = self._crop.box[:2]
        x0, y0, x1, y1 = candidate.box
        end = int(candidate.area_px > 0)
        box = (x0, y0, x1 + end, y1 + end)
        bits = np.packbits(self._enlargement.draw(candidate.outline, box))
        placed = (box[0] + left, box[1] + top, box[2] + left, box[3] + top)
        x, y = candidate.point
        return Proposal(
            PackedMask(self._size, placed, bits), candidate.area_px, candidate.iou,
            candidate.stability, (_add(x, left), _add(y, top)), self._crop.box,
        )  # fmt: skip


def thin_across(proposals: Sequence[Proposal], threshold: float) -> list[Proposal]:
    """Of boxes that overlap keep the one from the smallest crop.

    Args:
        proposals: Of all crops of a picture.
        threshold: IoU of boxes above which one gives way.

    Returns:
        Those that stay, from the smallest crop first.
    """
    crops = np.array([p.crop_box for p in proposals], dtype=np.float32).reshape(-1, 4)
    areas = (crops[:, 2] - crops[:, 0]) * (crops[:, 3] - crops[:, 1])
    scores = torch.from_numpy((1 / areas).astype(np.float32))
    return [proposals[n] for n in suppress(boxes_of(proposals), scores, threshold)]


def boxes_of(proposals: Sequence[Proposal]) -> torch.Tensor:
    """(N, 4) float32 (x0, y0, x1, y1) px, the last row and column included as upstream does."""
    boxes = torch.tensor([p.box for p in proposals], dtype=torch.float32).reshape(-1, 4)
    boxes[:, 2:] = torch.maximum(boxes[:, 2:] - 1, boxes[:, :2])
    return boxes


def suppress(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> list[int]:
    """Non-maximum suppression, with torchvision as upstream does it, ties included."""
    kept: list[int] = batched_nms(
        boxes, scores, torch.zeros(len(boxes)), iou_threshold=threshold
    ).tolist()
    return kept


def _add(value: float, offset: int) -> float:
    """In float32, as upstream moves points."""
    return float(np.float32(value) + np.float32(offset))
