from __future__ import annotations

from collections.abc import Iterator

import pytest

from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.hub import weights
from multiplane.split.detect.config import AutoOptions as DetectAuto
from multiplane.split.detect.config import DFineOptions, PartsOptions
from multiplane.split.segment.config import CombinedOptions
from multiplane.split.segment.config import MotionOptions as Motion
from multiplane.split.stereo import people_choice
from multiplane.split.stereo.people_choice import (
    choose_people,
    detects_by_windows,
    missing_selfie,
    models_of,
    open_people,
)
from multiplane.split.stereo.people_config import (
    AutoPeople,
    CharacterPeople,
    MotionPeople,
    PeopleBackend,
    PeopleOptions,
    SamPeople,
    SelfiePeople,
)
from multiplane.split.track import choice as track_choice
from multiplane.split.track.config import SamOptions

CPU = Compute("cpu")


class Machine:
    """What is on it: names of weights."""

    def __init__(self) -> None:
        self.here: set[str] = set()

    def why_absent(self, model: str) -> str:
        return "" if model in self.here else f"{model} is not here"

    def find(self, model: str) -> str:
        if model not in self.here:
            raise WeightsError(f"no {model}", why="a test", fix="nothing")
        return model


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    made = Machine()
    monkeypatch.setattr(weights, "why_absent", made.why_absent)
    monkeypatch.setattr(weights, "find", made.find)
    monkeypatch.setattr(track_choice, "_has_cuda", lambda: True)
    missing_selfie.cache_clear()
    yield made
    missing_selfie.cache_clear()


def models(backend: PeopleBackend, compute: Compute = CPU) -> tuple[str, ...]:
    return models_of(PeopleOptions(backend=backend), compute)


def test_auto_takes_sam_with_cuda(machine: Machine) -> None:
    pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
    pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
    machine.here = {"sam2.1-small", "selfie-segmentation"}
    choice = choose_people(AutoPeople(), Compute("cuda"))
    assert choice.options == SamPeople(tracker=SamOptions(model="sam2.1-small"))
    assert choice.why == "sam2.1-small is here, and CUDA"
    assert models(AutoPeople(), Compute("cuda")) == ("sam2.1-small", "selfie-segmentation")
    without = choose_people(AutoPeople(), CPU)
    assert without.options == SelfiePeople()
    assert "without CUDA it takes seconds a frame" in without.why


def test_auto_takes_selfie_else_motion_and_says_why(machine: Machine) -> None:
    machine.here = {"selfie-segmentation"}
    choice = choose_people(AutoPeople(), CPU)
    assert choice.options == SelfiePeople()
    assert "no network that follows objects" in choice.why
    assert models(AutoPeople()) == ("selfie-segmentation",)
    missing_selfie.cache_clear()
    machine.here = set()
    choice = choose_people(AutoPeople(), CPU)
    assert choice.options == MotionPeople()
    assert choice.why.endswith("no selfie network: no selfie-segmentation")
    assert models(AutoPeople()) == ()
    assert open_people(PeopleOptions(), CPU).kind == "motion"


def test_what_is_asked_for_is_taken(machine: Machine) -> None:
    assert choose_people(MotionPeople(), CPU).why == "asked for"
    people = open_people(PeopleOptions(backend=MotionPeople()), CPU)
    assert (people.kind, people.why) == ("motion", "asked for")
    with pytest.raises(WeightsError, match="no selfie-segmentation"):
        open_people(PeopleOptions(backend=SelfiePeople()), CPU)


def test_models(machine: Machine) -> None:
    assert models(MotionPeople()) == ()
    assert models(SelfiePeople()) == ("selfie-segmentation",)
    assert models(CharacterPeople()) == ()  # it goes without
    assert models(CharacterPeople(evidence=CombinedOptions())) == ("u2netp",)
    assert models(CharacterPeople(evidence=Motion())) == ()
    machine.here = {"u2netp"}
    assert models(CharacterPeople()) == ("u2netp",)
    tracker = SamOptions(model="sam2.1-tiny")
    assert models(SamPeople(tracker=tracker, detector=DFineOptions())) == (
        "sam2.1-tiny",
        "d-fine-small",
    )
    assert models(SamPeople(tracker=tracker)) == ("sam2.1-tiny", "u2netp")


def test_windows_stand_in_for_a_detector(machine: Machine) -> None:
    assert not detects_by_windows(DetectAuto())
    machine.here = {"selfie-segmentation"}
    assert detects_by_windows(DetectAuto())
    assert not detects_by_windows(PartsOptions())
    machine.here.add("d-fine-nano")
    if not people_choice.choose_detector(DetectAuto()).why.startswith("d-fine-nano is here, but"):
        assert not detects_by_windows(DetectAuto())
