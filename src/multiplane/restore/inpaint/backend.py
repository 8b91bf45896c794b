"""What an inpainting backend is, and which there are."""

from __future__ import annotations

import logging
from typing import NamedTuple, Protocol, cast

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.plugins import choose
from multiplane.restore.inpaint.config import GROUP, AutoOptions, PatchMatchOptions

log = logging.getLogger(__name__)

BACKENDS = {
    "patchmatch": "multiplane.restore.inpaint.backends.patchmatch:PatchMatchInpainter",
    "opencv": "multiplane.restore.inpaint.backends.opencv:OpenCvInpainter",
}


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


def resolve(options: Options) -> Options:
    """Say what ``auto`` stands for; other choices are returned as they are."""
    if isinstance(options, AutoOptions):
        return PatchMatchOptions()
    return options


def open_inpainter(options: Options, seed: int = 0, compute: Compute | None = None) -> Inpainter:
    """Load the backend that the options are for.

    Args:
        options: One of the option models of the stage's ``backend``.
        seed: Where chance starts.
        compute: Where and how networks run.

    Returns:
        The backend, ready.
    """
    chosen = resolve(options)
    if chosen is not options:
        log.info("inpaint: auto chose patchmatch, the best backend that needs no weights")
    kind = str(chosen.model_dump()["kind"])
    return cast(Inpainter, choose(BACKENDS, kind, GROUP)(chosen, seed, compute=compute))
