"""Who of everything in the frames of a shot is a character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.detections import Detection
from multiplane.core.items import Json
from multiplane.split.segment.backend import Belief, Part
from multiplane.split.segment.backends.sam.eyes import Eyes, Seen
from multiplane.split.segment.characters import choose_characters
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt

_AGAIN = 8
"""At most so many places of a frame are asked for again."""
_SURE = 0.5
"""A detector's box of this score is taken as it is answered."""


class Cast:
    """Chooses the characters of frame after frame.

    Attributes:
        figures: What was done so far.
    """

    def __init__(self, eyes: Eyes, beliefs: Iterator[Belief], hints: Pointed) -> None:
        """Get ready.

        Args:
            eyes: Asked again where nothing was found.
            beliefs: What is believed of each frame, in order.
            hints: Boxes and masks that tell characters too.
        """
        self._eyes, self._beliefs, self._hints = eyes, enumerate(beliefs), hints
        self.figures: dict[str, Json] = {}
        self._proposed = self._taken = self._again = 0

    def choose(self, index: int, frame: Frame, seen: Sequence[Seen]) -> list[Part]:
        """Choose the characters of one frame.

        Args:
            index: Its number; frames are chosen for in order, and may be passed over.
            frame: (H, W, 3).
            seen: Everything in it.

        Returns:
            One part a character.
        """
        hints = self._hints.at(index) if self._hints else []
        belief = _by_masks(next(one for at, one in self._beliefs if at == index), hints)
        boxes = _detections(hints)
        size = (frame.shape[1], frame.shape[0])
        chosen = choose_characters(seen, belief, size, boxes)
        parts, missed = chosen.parts, chosen.missed[:_AGAIN]
        if missed:
            answers = self._eyes.ask(frame, [Prompt(index, box=box) for box in missed])
            sure = {box.box for box in boxes if box.score >= _SURE}
            outright = [a for a, box in zip(answers, missed, strict=True) if box in sure]
            chosen = choose_characters([*seen, *answers], belief, size, boxes)
            parts = [*chosen.parts, *_beside(outright, chosen.parts)]
        self._proposed += len(seen)
        self._taken += chosen.taken
        self._again += len(missed)
        self.figures = {
            "proposed": self._proposed, "taken": self._taken, "asked_again": self._again
        }  # fmt: skip
        return parts


def _detections(hints: Sequence[Prompt]) -> list[Detection]:
    """The boxes among what another step says; those of its masks tell nothing more."""
    return [
        Detection(hint.box, hint.score, "character")
        for hint in hints
        if hint.box is not None and hint.mask is None
    ]


def _by_masks(belief: Belief, hints: Sequence[Prompt]) -> Belief:
    """Masks of another step are believed instead, where there are any."""
    masks = [hint.mask for hint in hints if hint.mask is not None]
    if not masks:
        return belief
    together = np.logical_or.reduce(masks).astype(np.float32)
    small = cv2.resize(together, belief.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(2 * small - 1, np.float32)


def _beside(answers: Sequence[Part], taken: Sequence[Part]) -> list[Part]:
    """What of these answers nobody has yet."""
    found: list[Part] = []
    for answer in answers:
        mask = answer.mask
        for other in [*taken, *found]:
            mask = mask & ~other.mask
        if mask.any():
            found.append(Part(mask, answer.score))
    return found
