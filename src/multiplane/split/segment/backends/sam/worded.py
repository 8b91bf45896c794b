"""What is described in words, in single frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.networks.sam.text import TextSam, open_text_sam
from multiplane.split.segment.backend import Part
from multiplane.split.segment.prompts import Prompt


class Worded:
    """The half of SAM 3 that takes words; it is loaded when somebody says some."""

    def __init__(self, folder: Path, compute: Compute | None = None) -> None:
        """Remember where it is.

        Args:
            folder: Of SAM 3.
            compute: Where it runs.
        """
        self._folder, self._compute = folder, compute or Compute()
        self._network: TextSam | None = None

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory."""
        return self._network.memory.notes if self._network else []

    def forget(self) -> None:
        """Begin with another shot: what was noted so far is not of it."""
        self.notes.clear()

    def find(self, frame: Frame, prompts: Sequence[Prompt]) -> list[Part]:
        """Every object that one of the prompts describes.

        Args:
            frame: (H, W, 3).
            prompts: With text.

        Returns:
            Parts, those of the first prompt first; numbering them is left to the stage.
        """
        if self._network is None:
            self._network = open_text_sam(self._folder, self._compute)
        network, texts = self._network, [prompt.text for prompt in prompts]
        found = network.memory.batched(
            lambda some: network.find(frame, some), texts, len(texts), "texts"
        )
        return [Part(one.mask, one.score) for of_text in found for one in of_text]
