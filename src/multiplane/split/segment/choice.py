"""Which backend looks at a shot, and why."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.core.plugins import choose
from multiplane.hub import weights
from multiplane.split.segment.backend import BACKENDS, Segmenter
from multiplane.split.segment.config import (
    GROUP,
    AutoOptions,
    Backend,
    CombinedOptions,
    MotionOptions,
    SalientOptions,
)


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it."""

    kind: str
    why: str


def missing_weights() -> str:
    """Why ``auto`` has to do without a network; empty when its weights are at hand."""
    try:
        weights.find(CombinedOptions().salient.model)
    except WeightsError as error:
        return error.what
    return ""


class Choices:
    """Opens backends when they are first chosen, and keeps them."""

    def __init__(self, options: Backend, compute: Compute | None = None) -> None:
        """Find out what can be chosen; the network is loaded now, when there is one.

        Args:
            options: What was asked for.
            compute: Where and how networks run.

        Raises:
            WeightsError: The chosen backend needs weights that cannot be had.
        """
        self._options = options
        self._compute = compute or Compute()
        self._opened: dict[str, Segmenter] = {}
        self._missing = ""
        if not isinstance(options, AutoOptions):
            self._open(options)
            return
        self._missing = missing_weights()

    def choose(self, frame_count: int) -> tuple[Choice, Segmenter]:
        """Pick a backend for a shot of so many frames."""
        if not isinstance(self._options, AutoOptions):
            return Choice(self._options.kind, "asked for"), self._open(self._options)
        if self._missing:
            why = f"no weights for salience ({self._missing})"
            return Choice("motion", why), self._open(MotionOptions())
        if frame_count == 1:
            why = "a single picture: nothing to compare it with"
            return Choice("salient", why), self._open(SalientOptions())
        why = f"{frame_count} frames: salience, checked by what moves over the shot"
        return Choice("combined", why), self._open(CombinedOptions())

    def _open(self, options: SalientOptions | MotionOptions | CombinedOptions) -> Segmenter:
        if options.kind not in self._opened:
            self._opened[options.kind] = choose(BACKENDS, options.kind, GROUP)(
                options, compute=self._compute
            )
        return self._opened[options.kind]
