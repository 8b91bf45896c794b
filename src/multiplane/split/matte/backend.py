"""What a way to find the soft edge looks like, and which ones there are."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.split.matte.trimap import Trimap

BACKENDS = {
    "guided": "multiplane.split.matte.backends.guided:GuidedRefiner",
    "closed_form": "multiplane.split.matte.backends.closed_form:ClosedFormRefiner",
    "vitmatte": "multiplane.split.matte.backends.vitmatte:VitMatteRefiner",
}


class Refiner(Protocol):
    """Finds the share of foreground in the unknown band. Made with its options and edge_px."""

    workers: int
    """How many threads may call it at once; 0 is any number."""

    def refine(self, frame: Frame, mask: Mask, trimap: Trimap) -> Alpha:
        """Estimate the alpha; what it says about known pixels is not used.

        Args:
            frame: (H, W, 3) RGB; a part of a frame round the object.
            mask: (H, W), the mask that the trimap was made of.
            trimap: (H, W); has known foreground, known background and unknown pixels.

        Returns:
            (H, W) alpha in [0, 1].
        """


@runtime_checkable
class NeuralRefiner(Refiner, Protocol):
    """A refiner that may run short of memory.

    Attributes:
        notes: What was done about too little memory since they were last cleared, in words.
    """

    notes: list[str]
