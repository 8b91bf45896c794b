"""A network of the SAM family as eyes of a segmenter: frames and prompts in, parts out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import InputError
from multiplane.networks.sam.image import PADDING, Embedding, ImageSam
from multiplane.split.segment.backend import Part
from multiplane.split.segment.backends.sam.automatic import Automatic
from multiplane.split.segment.backends.sam.proposal import Proposal
from multiplane.split.segment.backends.sam.worded import Worded
from multiplane.split.segment.config import AutomaticOptions
from multiplane.split.segment.prompts import Prompt

_AT_ONCE = {"cpu": 1, "cuda": 4}
_PROMPTS = 64
"""How many prompts are decoded together."""
_SURE = 10.0
"""Logit of a rough mask that is handed in."""


@dataclass(frozen=True)
class Seen:
    """A proposal as a part; its mask is unpacked each time it is asked for."""

    proposal: Proposal

    @property
    def mask(self) -> Mask:
        """Bool (H, W)."""
        return self.proposal.mask

    @property
    def score(self) -> float:
        """How well the network believes the mask to fit, in [0, 1]."""
        return float(np.clip(self.proposal.predicted_iou, 0, 1))


class Eyes:
    """Sees everything in frames, or what is pointed at."""

    def __init__(
        self, sam: ImageSam, automatic: AutomaticOptions, compute: Compute | None = None,
        words: Worded | None = None,
    ) -> None:  # fmt: skip
        """Get ready.

        Args:
            sam: The network.
            automatic: How everything is looked for.
            compute: How many frames at a time, and how much memory.
            words: What takes words; None where nothing does.
        """
        compute = compute or Compute()
        self._sam = sam
        self._memory = sam.memory
        self.at_once = compute.batch_size or _AT_ONCE.get(sam.device.type, 1)
        self._words = words if sam.family == "sam3" else None
        self._automatic = Automatic(sam, automatic, self._memory, self.at_once)

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory."""
        return [*self._memory.notes, *(self._words.notes if self._words else ())]

    def forget(self) -> None:
        """Begin with another shot: what was noted so far is not of it."""
        self._memory.notes.clear()
        if self._words is not None:
            self._words.forget()

    def everything(self, frames: Sequence[Frame]) -> list[list[Seen]]:
        """Whatever there is in each frame.

        Args:
            frames: (H, W, 3) each.
        """
        return [[Seen(one) for one in found] for found in self._automatic.propose(frames)]

    def ask(self, frame: Frame, prompts: Sequence[Prompt]) -> list[Part]:
        """What is pointed at in a frame, or described.

        Args:
            frame: (H, W, 3).
            prompts: Boxes, points and rough masks in it; words.

        Returns:
            One part a place, in order, with its number; an empty mask where nothing is. Then what
            words describe, without numbers.

        Raises:
            InputError: There are words, and the network takes none.
        """
        places = [prompt for prompt in prompts if not prompt.text]
        return [*self._places(frame, places), *self._described(frame, prompts)]

    def _described(self, frame: Frame, prompts: Sequence[Prompt]) -> list[Part]:
        """What words describe.

        Raises:
            InputError: The network takes none.
        """
        told = [prompt for prompt in prompts if prompt.text]
        if not told:
            return []
        if self._words is None:
            raise InputError(
                f"{told[0].where} is words, {told[0].text!r}",
                why=f"{self._sam.family} takes boxes, points and masks",
                fix="point at it: --boxes x0,y0,x1,y1; words go with --backend sam3",
            )
        return self._words.find(frame, told)

    def _places(self, frame: Frame, prompts: Sequence[Prompt]) -> list[Part]:
        """What is at some places, in order."""
        if not prompts:
            return []
        (embedding,) = self._memory.batched(self._sam.encode, [frame], 1, "frames")
        found: dict[int, Part] = {}
        for kind in sorted({_kind(prompt) for prompt in prompts}):
            numbers = [n for n, prompt in enumerate(prompts) if _kind(prompt) == kind]

            def answer(some: Sequence[int]) -> list[Part]:
                return self._answer(embedding, [prompts[n] for n in some])

            parts = self._memory.batched(answer, numbers, _PROMPTS, "prompts")
            found.update(zip(numbers, parts, strict=True))
        return [found[number] for number in range(len(prompts))]

    def _answer(self, embedding: Embedding, prompts: Sequence[Prompt]) -> list[Part]:
        """Ask about prompts of one kind together."""
        single = prompts[0].box is None and prompts[0].mask is None and len(prompts[0].points) == 1
        points, labels = _points(prompts)
        boxes = [prompt.box for prompt in prompts if prompt.box is not None]
        masks = [prompt.mask for prompt in prompts if prompt.mask is not None]
        decoded = self._sam.decode(
            embedding,
            points=points,
            labels=labels,
            boxes=np.asarray(boxes, np.float32) if boxes else None,
            masks=self._rough(masks) if masks else None,
            multimask=single,  # one click may mean a button, a shirt or a boy
        )
        best = decoded.iou.argmax(dim=1)
        rows = torch.arange(len(prompts), device=best.device)
        logits = decoded.logits[rows, best][:, None]
        scores = decoded.iou[rows, best].clamp(0, 1).tolist()
        width, height = embedding.size
        parts = []
        for small, score, prompt in zip(logits, scores, prompts, strict=True):
            large = functional.interpolate(
                small[None].float(), (height, width), mode="bilinear", align_corners=False
            )
            mask = np.asarray((large[0, 0] > 0).cpu().numpy(), np.bool_)
            parts.append(Part(mask, float(score), prompt.object_id))
        return parts

    def _rough(self, masks: Sequence[Mask]) -> torch.Tensor:
        """Rough masks as the network takes them, (N, low, low) logits."""
        stacked = torch.from_numpy(np.stack(masks))[:, None].to(self._sam.device).float()
        side = (self._sam.low_px, self._sam.low_px)
        small = functional.interpolate(
            stacked, side, mode="bilinear", align_corners=False, antialias=True
        )
        return (2 * small[:, 0] - 1) * _SURE


def _kind(prompt: Prompt) -> tuple[bool, bool, int]:
    """What can be asked together: with box, with mask, how many points (none, one, several)."""
    return prompt.box is not None, prompt.mask is not None, min(2, len(prompt.points))


def _points(
    prompts: Sequence[Prompt],
) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
    """Points and labels, (N, P, 2) and (N, P), filled up to equal number."""
    most = max(len(prompt.points) for prompt in prompts)
    if not most:
        return None, None
    points = np.zeros((len(prompts), most, 2), np.float32)
    labels = np.full((len(prompts), most), PADDING, np.int64)
    for row, prompt in enumerate(prompts):
        points[row, : len(prompt.points)] = prompt.points
        labels[row, : len(prompt.labels)] = prompt.labels
    return points, labels
