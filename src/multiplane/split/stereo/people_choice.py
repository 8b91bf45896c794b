"""Which backend finds and follows people, and why."""

from __future__ import annotations

from functools import cache

from multiplane.core.choice import ASKED, Choice
from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.core.plugins import choose, make
from multiplane.hub import weights
from multiplane.split.detect.choice import choose_backend as choose_detector
from multiplane.split.detect.choice import models_of as models_of_detector
from multiplane.split.detect.config import AutoOptions as DetectAuto
from multiplane.split.detect.config import Backend as Detector
from multiplane.split.detect.config import PartsOptions
from multiplane.split.segment.choice import missing_weights
from multiplane.split.segment.choice import models_of as models_of_segmenter
from multiplane.split.segment.config import AutoOptions as SegmentAuto
from multiplane.split.segment.config import SalientOptions
from multiplane.split.stereo.backend import BACKENDS, People
from multiplane.split.stereo.people_config import (
    GROUP,
    AutoPeople,
    CharacterPeople,
    MotionPeople,
    PeopleBackend,
    PeopleOptions,
    SamPeople,
    SelfiePeople,
)
from multiplane.split.track.choice import choose_backend as choose_tracker
from multiplane.split.track.config import AutoOptions as TrackAuto
from multiplane.split.track.config import EdgeTamOptions
from multiplane.split.track.config import SamOptions as Sam2Tracker


@cache
def missing_selfie() -> str:
    """Why ``auto`` has to do without the selfie network; empty when its weights are at hand.

    They are fetched, 0.2 MB; asked once a process.
    """
    try:
        weights.find(SelfiePeople().model)
    except WeightsError as error:
        return error.what
    return ""


def choose_people(options: PeopleBackend, compute: Compute) -> Choice[PeopleBackend]:
    """What ``auto`` stands for on this machine; anything else stands for itself.

    Nothing is loaded, and nothing is fetched but the selfie network.

    Args:
        options: What was asked for.
        compute: Where networks run.
    """
    if not isinstance(options, AutoPeople):
        return Choice(options, ASKED)
    tracker = choose_tracker(TrackAuto(), compute)
    if isinstance(tracker.options, Sam2Tracker | EdgeTamOptions):
        return Choice(SamPeople(tracker=tracker.options), tracker.why)
    missing = missing_selfie()
    if missing:
        return Choice(MotionPeople(), f"{tracker.why}; no selfie network: {missing}")
    return Choice(SelfiePeople(), tracker.why)


def detects_by_windows(detector: Detector) -> bool:
    """Whether people are found by windows of the selfie network, since no detector is here.

    Args:
        detector: What was asked for. Nothing is fetched to find out.
    """
    if not isinstance(detector, DetectAuto):
        return False
    parts = isinstance(choose_detector(detector).options, PartsOptions)
    return parts and not weights.why_absent(SelfiePeople().model)


def models_of(options: PeopleOptions, compute: Compute) -> tuple[str, ...]:
    """The models that a result depends on. Nothing is loaded.

    Args:
        options: What was asked for.
        compute: Where networks run.

    Returns:
        Names or paths that :mod:`multiplane.hub.weights` knows.
    """
    backend = choose_people(options.backend, compute).options
    if isinstance(backend, SelfiePeople):
        return (backend.model,)
    if isinstance(backend, CharacterPeople):
        if isinstance(backend.evidence, SegmentAuto) and missing_weights():
            return ()
        return _models_of_evidence(backend, compute)
    if isinstance(backend, SamPeople):
        if detects_by_windows(backend.detector):
            return (backend.tracker.model, SelfiePeople().model)
        detector = choose_detector(backend.detector).options
        return (backend.tracker.model, *models_of_detector(detector))
    return ()


def open_people(
    options: PeopleOptions, compute: Compute, memory_offload: bool = False
) -> People:  # fmt: skip
    """Load the backend.

    Args:
        options: Which one, and who is left out.
        compute: Where and how networks run.
        memory_offload: Asks backends that remember on the GPU to remember in the machine's memory,
            also where ``auto`` chose them.

    Raises:
        WeightsError: Its weights cannot be had.
        ConfigError: CUDA was asked for and is not there.
    """
    choice = choose_people(options.backend, compute)
    backend = choose(BACKENDS, choice.options.kind, GROUP)
    wanted = choice.options
    if memory_offload and "memory_offload" in type(wanted).model_fields:
        wanted = wanted.model_copy(update={"memory_offload": True})
    chosen = options.model_copy(update={"backend": wanted})
    people: People = make(backend, chosen, compute=compute, why=choice.why)
    return people


def _models_of_evidence(backend: CharacterPeople, compute: Compute) -> tuple[str, ...]:
    if isinstance(backend.evidence, SegmentAuto):
        return (SalientOptions().model,)
    return models_of_segmenter(backend.evidence, compute, pointed=False)
