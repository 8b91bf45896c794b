"""What an inpainting backend is, and which there are."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast, runtime_checkable

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.errors import InputError
from multiplane.core.plugins import choose, make
from multiplane.restore.inpaint.choice import decide
from multiplane.restore.inpaint.config import GROUP, AutoOptions

log = logging.getLogger(__name__)

BACKENDS = {
    "lama": "multiplane.restore.inpaint.backends.lama:LamaInpainter",
    "diffusion": "multiplane.restore.inpaint.backends.diffusion:DiffusionInpainter",
    "patchmatch": "multiplane.restore.inpaint.backends.patchmatch:PatchMatchInpainter",
    "opencv": "multiplane.restore.inpaint.backends.opencv:OpenCvInpainter",
}


class Gap(NamedTuple):
    """A picture with a hole; never changed.

    Attributes:
        frame: (H, W, 3) RGB. What it holds inside the hole means nothing.
        hole: (H, W) what to invent.
        sources: (H, W) pixels to learn from; the rest (other holes, characters) shows what must
            not come back.
    """

    frame: Frame
    hole: Mask
    sources: Mask


class Filled(NamedTuple):
    """A crop without its hole.

    Attributes:
        frame: (H, W, 3) RGB, outside the hole bit for bit what was given.
        by: What really filled it; differs from the backend's name where that could not.
    """

    frame: Frame
    by: str


class Inpainter(Protocol):
    """Fills the hole of one crop. The same input and seed give the same answer."""

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """Invent what stands in the hole.

        Args:
            frame: (H, W, 3) RGB; never changed. What it holds inside the hole means nothing.
            hole: (H, W) what to invent.
            sources: (H, W) pixels to learn from; the rest (other holes, characters) shows what
                must not come back.

        Returns:
            The filled crop, and by what.

        Raises:
            InputError: Nothing is known to fill it from.
        """


@runtime_checkable
class BatchInpainter(Inpainter, Protocol):
    """An inpainter that takes several crops at once, of one frame or of many.

    Attributes:
        step_px: Crops are widened, where the picture has more to show, until their sides are
            multiples of this: those of one size go through together.
        context_share: How far to look around a hole, at least, as a share of its longer side.
        at_once: From so many frames it is worth collecting crops.
        notes: What was done about too little memory since they were last cleared.
    """

    step_px: int
    context_share: float
    at_once: int
    notes: list[str]

    def fill_many(self, gaps: Sequence[Gap]) -> list[Filled]:
        """Fill them all; each as :meth:`fill` would, up to the last bits of a sum.

        Args:
            gaps: Of any sizes.

        Returns:
            One filled crop each.

        Raises:
            InputError: Nothing is known to fill one of them from.
            BackendError: The device has too little memory even for one.
        """


def open_inpainter(options: Options, seed: int = 0, compute: Compute | None = None) -> Inpainter:
    """Load the backend that the options are for.

    Args:
        options: One of the option models of the stage's ``backend``.
        seed: Where chance starts.
        compute: Where and how networks run.

    Returns:
        The backend, ready.

    Raises:
        WeightsError: Its weights are not there, or not whole.
        MissingDependencyError: A package it needs is not installed.
        ConfigError: The device that was asked for is not there.
    """
    choice = decide(options)
    if isinstance(options, AutoOptions):
        log.info("inpaint: auto chose %s: %s", choice.kind, choice.why)
    backend = choose(BACKENDS, choice.kind, GROUP)
    return cast(Inpainter, make(backend, choice.options, seed, compute=compute))


def require_known(known: Mask) -> None:
    """See that there is something to fill a hole from.

    Args:
        known: (H, W) the sources outside the hole.

    Raises:
        InputError: There is not a pixel.
    """
    if not known.any():
        raise InputError(
            "the hole covers the whole picture",
            why="nothing is known that it could be filled from",
            fix="give a smaller mask or a smaller --grow-px, or leave this picture out",
        )
