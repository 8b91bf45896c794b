"""Which backend looks at a shot, and why."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.core.plugins import NETWORKS, choose, load, make, not_installed
from multiplane.hub import weights
from multiplane.split.segment.backend import BACKENDS, Segmenter
from multiplane.split.segment.config import (
    GROUP,
    AutoOptions,
    Backend,
    CombinedOptions,
    EdgeTamOptions,
    MotionOptions,
    SalientOptions,
    Sam3Options,
    SamOptions,
)

SAM = ("sam2.1-large", "sam2.1-base-plus", "sam2.1-small", "sam2.1-tiny")
"""What ``auto`` takes of SAM 2.1 when it is here, the best first."""


@dataclass(frozen=True)
class Choice:
    """A backend and the reason for it."""

    kind: str
    why: str


@dataclass(frozen=True)
class Sam:
    """What there is of SAM 2.1 on this machine.

    Attributes:
        model: Its hub name; empty when none is here.
        why_not: Why ``auto`` does without it; empty when it takes it.
    """

    model: str
    why_not: str


def missing_weights() -> str:
    """Why ``auto`` has to do without a salience network; empty when its weights are at hand."""
    try:
        weights.find(CombinedOptions().salient.model)
    except WeightsError as error:
        return error.what
    return ""


def find_sam(compute: Compute) -> Sam:
    """Find out whether ``auto`` takes SAM 2.1. Nothing is fetched.

    Args:
        compute: Where networks run.

    Returns:
        The best that is here, and why it is not taken. Without CUDA it is not: a thousand points
        a frame are minutes there, and the others take seconds.
    """
    here, absent = "", ""
    for name in SAM:
        absent = absent or weights.why_absent(name)
        if not weights.why_absent(name):
            here = name
            break
    if not here:
        return Sam("", f"no SAM 2.1: {absent}")
    gone = not_installed(NETWORKS)
    if gone:
        return Sam(here, f"{here} is here, but {gone}")
    if compute.device == "cpu" or not _has_cuda():
        return Sam(here, f"{here} is here, but without CUDA it takes minutes a frame; "
                   "backend sam2 takes it all the same")  # fmt: skip
    return Sam(here, "")


def _has_cuda() -> bool:
    return load("multiplane.tensors.devices:describe_cuda")() is not None


class Choices:
    """Opens backends when they are first chosen, and keeps them."""

    def __init__(self, options: Backend, compute: Compute | None = None, sam: bool = True) -> None:
        """Find out what can be chosen; what was asked for is loaded now.

        Args:
            options: What was asked for.
            compute: Where and how networks run.
            sam: Whether ``auto`` may take SAM; what tells SAM who is a character may not.

        Raises:
            WeightsError: The chosen backend needs weights that cannot be had.
        """
        self._options = options
        self._compute = compute or Compute()
        self._opened: dict[str, Segmenter] = {}
        self._missing: str | None = None
        self._sam = Sam("", "")
        if not isinstance(options, AutoOptions):
            self._open(options)
        elif sam:
            self._sam = find_sam(self._compute)

    def choose(self, frame_count: int, pointed: bool = False) -> tuple[Choice, Segmenter]:
        """Pick a backend for a shot.

        Args:
            frame_count: How many frames it has.
            pointed: Whether the user points at something in it, which ``auto`` gives to SAM 2.1.

        Returns:
            The choice and the backend.
        """
        if not isinstance(self._options, AutoOptions):
            return Choice(self._options.kind, "asked for"), self._open(self._options)
        sam = self._sam
        if sam.model and not sam.why_not:
            why = f"{sam.model} is here, and CUDA"
            return Choice("sam2", why), self._open(SamOptions(model=sam.model))
        if pointed:
            options = SamOptions(model=sam.model or SAM[0])
            why = f"something is pointed at, which {options.model} follows"
            return Choice("sam2", why), self._open(options)
        choice, options_of_it = self._small(frame_count)
        if sam.why_not:
            choice = Choice(choice.kind, f"{choice.why}; {sam.why_not}")
        return choice, self._open(options_of_it)

    def _small(self, frame_count: int) -> tuple[Choice, Backend]:
        """What is chosen without SAM."""
        if self._missing is None:
            self._missing = missing_weights()
        if self._missing:
            why = f"no weights for salience ({self._missing})"
            return Choice("motion", why), MotionOptions()
        if frame_count == 1:
            why = "a single picture: nothing to compare it with"
            return Choice("salient", why), SalientOptions()
        why = f"{frame_count} frames: salience, checked by what moves over the shot"
        return Choice("combined", why), CombinedOptions()

    def _open(self, options: Backend) -> Segmenter:
        if options.kind not in self._opened:
            backend = choose(BACKENDS, options.kind, GROUP)
            self._opened[options.kind] = make(backend, options, compute=self._compute)
        return self._opened[options.kind]


def models_of(backend: Backend, compute: Compute, pointed: bool) -> tuple[str, ...]:
    """The models that a result depends on. Nothing is fetched or loaded.

    Args:
        backend: What was asked for.
        compute: Where networks run.
        pointed: Whether the user says what to look for, so that nobody need tell characters.

    Returns:
        Names or paths that :mod:`multiplane.hub.weights` knows.
    """
    if isinstance(backend, AutoOptions):
        sam = find_sam(compute)
        if pointed or (sam.model and not sam.why_not):
            return models_of(SamOptions(model=sam.model or SAM[0]), compute, pointed)
        return (SalientOptions().model,)
    if isinstance(backend, SamOptions | EdgeTamOptions | Sam3Options):
        alone = pointed or backend.who == "everything"
        return (backend.model, *(() if alone else _models_of_evidence(backend.evidence)))
    return _models_of_evidence(backend)


def _models_of_evidence(backend: Backend) -> tuple[str, ...]:
    if isinstance(backend, AutoOptions):
        return (SalientOptions().model,)
    salient = backend.salient if isinstance(backend, CombinedOptions) else backend
    return (salient.model,) if isinstance(salient, SalientOptions) else ()
