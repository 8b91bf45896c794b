"""Everything that SAM finds in a frame by itself, as objects that may be followed."""

from __future__ import annotations

from collections.abc import Sequence

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.hub import weights
from multiplane.networks.sam.load import open_image_sam
from multiplane.split.segment.backends.sam.automatic import Automatic
from multiplane.split.track.backend import Look
from multiplane.split.track.config import EdgeTamOptions, Sam3Options, SamOptions


class Everything:
    """Asks the same network about single frames."""

    def __init__(
        self, options: SamOptions | EdgeTamOptions | Sam3Options, compute: Compute
    ) -> None:  # fmt: skip
        """Load its half for single pictures.

        Args:
            options: Which network, and what is kept of what it finds.
            compute: Where and how it runs.

        Raises:
            WeightsError: It cannot be had.
        """
        sam = open_image_sam(weights.find(options.model), compute)
        self._automatic = Automatic(sam, options.automatic)

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory."""
        return self._automatic.memory.notes

    def __call__(self, index: int, frame: Frame) -> Sequence[Look]:
        """Everything in a frame, the surest first."""
        (found,) = self._automatic.propose([frame])
        found.sort(key=lambda one: -one.predicted_iou)
        return [
            Look(one.mask, one.box, min(1.0, max(0.0, one.predicted_iou))) for one in found
        ]  # fmt: skip
