from __future__ import annotations

import pytest

from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.hub import weights
from multiplane.split.segment import choice
from multiplane.split.segment.config import (
    AutoOptions,
    EdgeTamOptions,
    MotionOptions,
    SalientOptions,
    SamOptions,
)


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    kinds: list[str] = []

    def pretend(table, kind, group):
        return lambda options, compute: kinds.append(options.kind) or kind

    monkeypatch.setattr(choice, "choose", pretend)
    return kinds


def test_auto_says_what_and_why(opened, monkeypatch) -> None:
    monkeypatch.setattr(weights, "find", lambda name: None)
    choices = choice.Choices(AutoOptions())
    assert opened == []
    one, segmenter = choices.choose(1)
    assert (one.kind, segmenter) == ("salient", "salient")
    assert "single picture" in one.why
    many, _ = choices.choose(20)
    assert many.kind == "combined"
    choices.choose(30)
    assert opened == ["salient", "combined"]


def test_auto_without_weights_goes_by_motion_and_says_so(opened, monkeypatch) -> None:
    def absent(name):
        raise WeightsError("u2netp is not here")

    monkeypatch.setattr(weights, "find", absent)
    found, _ = choice.Choices(AutoOptions()).choose(20)
    assert found.kind == "motion"
    assert "u2netp is not here" in found.why


def test_what_is_asked_for_is_opened_at_once(opened) -> None:
    choices = choice.Choices(MotionOptions())
    assert opened == ["motion"]
    assert choices.choose(1)[0] == choice.Choice("motion", "asked for")
    choice.Choices(SalientOptions())
    assert opened == ["motion", "salient"]


@pytest.fixture
def here(monkeypatch):
    """Pretends that weights of these names are on this machine, and CUDA."""

    def pretend(*names: str, cuda: bool = True, packages: bool = True) -> None:
        monkeypatch.setattr(weights, "find", lambda name: None)
        monkeypatch.setattr(
            weights, "why_absent", lambda name: "" if name in names else f"{name} is not here"
        )
        monkeypatch.setattr(choice, "_has_cuda", lambda: cuda)
        monkeypatch.setattr("multiplane.core.plugins.find_spec", lambda name: packages or None)

    return pretend


def test_auto_takes_the_best_sam_that_is_here(opened, here) -> None:
    here("sam2.1-small", "sam2.1-base-plus")
    for count in (1, 20):
        found, _ = choice.Choices(AutoOptions()).choose(count)
        assert found == choice.Choice("sam2", "sam2.1-base-plus is here, and CUDA")
    told = choice.models_of(AutoOptions(), Compute(), pointed=False)
    assert told == ("sam2.1-base-plus", "u2netp")


@pytest.mark.parametrize(
    ("names", "how", "device", "said"),
    [
        ((), {}, "auto", "no SAM 2.1: sam2.1-large is not here"),
        (("sam2.1-large",), {"cuda": False}, "auto", "backend sam2 takes it all the same"),
        (("sam2.1-large",), {}, "cpu", "without CUDA it takes minutes a frame"),
        (("sam2.1-large",), {"packages": False}, "auto", "pip install 'multiplane[neural]'"),
    ],
)
def test_auto_says_why_it_goes_without_sam(opened, here, names, how, device, said) -> None:
    here(*names, **how)
    compute = Compute(device=device)
    found, _ = choice.Choices(AutoOptions(), compute).choose(20)
    assert found.kind == "combined"
    assert "20 frames: salience" in found.why
    assert said in found.why
    assert choice.models_of(AutoOptions(), compute, pointed=False) == ("u2netp",)


def test_auto_gives_what_is_pointed_at_to_sam(opened, here) -> None:
    here("sam2.1-tiny", cuda=False)
    found, _ = choice.Choices(AutoOptions()).choose(20, pointed=True)
    assert found.kind == "sam2"
    assert "sam2.1-tiny" in found.why
    assert choice.models_of(AutoOptions(), Compute(), pointed=True) == ("sam2.1-tiny",)
    here()
    assert choice.models_of(AutoOptions(), Compute(), pointed=True) == ("sam2.1-large",)


def test_what_tells_sam_who_is_a_character_is_not_sam(opened, here) -> None:
    here("sam2.1-large")
    found, _ = choice.Choices(AutoOptions(), sam=False).choose(20)
    assert found.kind == "combined"
    assert "SAM" not in found.why


def test_models_of_sam_and_its_evidence() -> None:
    def told(options, pointed=False):
        return choice.models_of(options, Compute(), pointed)

    assert told(SamOptions()) == ("sam2.1-large", "u2netp")
    assert told(SamOptions(), pointed=True) == ("sam2.1-large",)
    assert told(SamOptions(who="everything")) == ("sam2.1-large",)
    assert told(EdgeTamOptions(evidence=MotionOptions())) == ("edgetam",)
    assert told(MotionOptions()) == ()
