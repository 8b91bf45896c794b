"""Several answers for one hole: what differs is where chance starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.items import Json
from multiplane.core.plugins import choose, make
from multiplane.restore.inpaint.backend import BACKENDS, BatchInpainter, Gap, Inpainter
from multiplane.restore.inpaint.config import GROUP

CHANCELESS = frozenset({"lama", "opencv"})
"""Backends of ours that give the same answer whatever the seed."""


LEARNED = frozenset({"lama", "diffusion"})
"""Backends of ours that are networks: what they know of colours is sRGB."""


class Proposal(NamedTuple):
    """What one seed gave.

    Attributes:
        where: (h, w) where the values mean something: the hole, and of the band round it what
            the backend painted as well, by which its light can be told from the picture's.
        values: float32 (K, 3) RGB in [0, 255], not rounded, at ``where`` in row-major order.
        by: What really filled it.
    """

    where: Mask
    values: NDArray[np.float32]
    by: str


@runtime_checkable
class Proposer(Protocol):
    """A backend that gives several answers for one hole.

    Attributes:
        seeded: Whether another seed gives another answer.
        step_px: Crops are widened to multiples of this where the picture has more to show.
        context_share: How far to look around a hole, at least, as a share of its longer side.
        notes: What was done about too little memory, prompts that were too long and the like
            since they were last cleared.
    """

    seeded: bool
    step_px: int
    context_share: float
    notes: list[str]

    def propose(self, gap: Gap, seeds: Sequence[int]) -> list[Proposal]:
        """Invent what stands in the hole, once a seed; several seeds go through together.

        Args:
            gap: A crop; never changed.
            seeds: Where chance starts. An answer depends on its own seed alone, up to the last
                bits of a sum.

        Returns:
            One answer a seed, in their order.

        Raises:
            InputError: Nothing is known to fill it from.
            BackendError: The device has too little memory even for one.
        """

    def described(self) -> dict[str, Json]:
        """What it works with, for the record: model, fingerprint, LoRAs, scheduler, prompt."""


def open_proposer(options: Options, compute: Compute | None = None) -> Proposer:
    """Load the backend that the options are for, as one that gives several answers.

    Args:
        options: One of the option models of a backend; not those of ``auto``.
        compute: Where and how networks run.

    Returns:
        The backend, ready.

    Raises:
        WeightsError: Its weights are not there, or not whole.
        MissingDependencyError: A package it needs is not installed.
        ConfigError: The device that was asked for is not there.
    """
    kind = str(options.model_dump()["kind"])
    backend = choose(BACKENDS, kind, GROUP)
    first = make(backend, options, 0, compute=compute)
    if isinstance(first, Proposer):
        return first

    def again(seed: int) -> Inpainter:
        return cast(Inpainter, make(backend, options, seed, compute=compute))

    return _OneByOne(kind, first, again, options)


class _OneByOne:
    """A backend that gives one answer, asked once a seed."""

    step_px = 1
    context_share = 0.5

    def __init__(self, kind: str, first: Inpainter, again: _Maker, options: Options) -> None:
        self.seeded = kind not in CHANCELESS
        self.notes: list[str] = []
        self._first, self._again, self._options = first, again, options
        if isinstance(first, BatchInpainter):
            self.step_px, self.context_share = first.step_px, first.context_share
            self.notes = first.notes

    def propose(self, gap: Gap, seeds: Sequence[int]) -> list[Proposal]:
        """See :class:`Proposer`."""
        found = []
        for seed in seeds:
            inpainter = self._again(seed) if self.seeded else self._first
            filled = inpainter.fill(*gap)
            values = filled.frame[gap.hole].astype(np.float32)
            found.append(Proposal(gap.hole, values, filled.by))
        return found

    def described(self) -> dict[str, Json]:
        """See :class:`Proposer`."""
        return cast("dict[str, Json]", self._options.model_dump(mode="json"))


class _Maker(Protocol):
    def __call__(self, seed: int) -> Inpainter: ...
