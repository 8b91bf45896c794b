from __future__ import annotations

import pytest

from multiplane.core.errors import WeightsError
from multiplane.hub import weights
from multiplane.split.segment import choice
from multiplane.split.segment.config import AutoOptions, MotionOptions, SalientOptions


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
