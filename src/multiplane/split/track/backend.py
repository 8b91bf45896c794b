"""What a way to follow objects looks like, and which ones there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from multiplane.core.arrays import Frame, Mask

BACKENDS = {
    "flow": "multiplane.split.track.backends.flow:FlowPropagator",
    "sam2": "multiplane.split.track.backends.sam:SamPropagator",
    "edgetam": "multiplane.split.track.backends.sam:SamPropagator",
    "sam3": "multiplane.split.track.backends.sam:SamPropagator",
}
EVERYTHING = {
    kind: "multiplane.split.track.backends.everything:Everything"
    for kind in ("sam2", "edgetam", "sam3")
}
"""What finds everything in a frame by itself, for the backends that have such a thing."""


@dataclass(frozen=True)
class Look:
    """Something that was found in a frame without knowing of the frames before.

    Attributes:
        mask: (H, W), where it is; None when only the box is known.
        box: Half-open (x0, y0, x1, y1) px round it.
        score: How sure, in [0, 1].
        id: The same for the same object through the shot, when whoever found it knows.
    """

    mask: Mask | None
    box: tuple[float, float, float, float]
    score: float = 1.0
    id: int | None = None


@dataclass(frozen=True)
class Sighting:
    """Where an object that is followed is believed to be in a frame.

    Attributes:
        mask: (H, W); empty when it is out of sight.
        score: How sure, in [0, 1].
    """

    mask: Mask
    score: float


class Following(Protocol):
    """The objects of one shot on their way through its frames."""

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Go on by one frame.

        Args:
            frame: (H, W, 3), of the size of the first.

        Returns:
            Number → where it is, of everybody who was added and not removed.
        """

    def add(self, number: int, look: Look) -> Sighting:
        """Show an object in the frame of the last step: a new one, or one that had been lost.

        Args:
            number: Who it is.
            look: Where.

        Returns:
            Where it is seen.
        """

    def remove(self, number: int) -> None:
        """Follow somebody no longer; the others stay as they are."""


class Propagator(Protocol):
    """Carries objects from frame to frame. Made with its options; models are loaded then."""

    drifts: bool
    """Whether it loses its way bit by bit, so that each look should set it right."""

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory; each shot begins by clearing it."""

    def start(self) -> Following:
        """Begin with a shot, or with a chunk of one. Nothing is known of the one before."""

    def fell_short(self, error: Exception) -> bool:
        """Whether an error of a step says that memory was too small for what is remembered."""
