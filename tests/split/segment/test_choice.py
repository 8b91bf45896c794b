from __future__ import annotations

import pytest

from multiplane.core.errors import WeightsError
from multiplane.split.segment.backends.combined import CombinedSegmenter
from multiplane.split.segment.backends.motion import MotionSegmenter
from multiplane.split.segment.backends.salient import SalientSegmenter
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import (
    AutoOptions,
    CombinedOptions,
    MotionOptions,
    SalientOptions,
)


@pytest.fixture
def no_weights(monkeypatch) -> None:
    def find(name: str) -> None:
        raise WeightsError(f"no {name}", why="nobody has it", fix="multiplane models pull u2netp")

    monkeypatch.setattr("multiplane.hub.weights.find", find)


@pytest.mark.parametrize(
    ("options", "segmenter"),
    [
        (SalientOptions(), SalientSegmenter),
        (MotionOptions(), MotionSegmenter),
        (CombinedOptions(), CombinedSegmenter),
    ],
)
def test_what_is_asked_for_is_what_looks(options, segmenter, eyes) -> None:
    for count in (1, 2, 500):
        choice, chosen = Choices(options).choose(count)
        assert choice.kind == options.kind
        assert choice.why == "asked for"
        assert isinstance(chosen, segmenter)


@pytest.mark.parametrize(
    ("count", "kind", "why"),
    [(1, "salient", "single picture"), (2, "combined", "2 frames"), (90, "combined", "90 frames")],
)
def test_the_length_of_the_shot_decides(count: int, kind: str, why: str, eyes) -> None:
    choice, _ = Choices(AutoOptions()).choose(count)
    assert choice.kind == kind
    assert why in choice.why


def test_a_backend_is_opened_once(eyes) -> None:
    choices = Choices(AutoOptions())
    assert choices.choose(5)[1] is choices.choose(9)[1]
    assert choices.choose(1)[1] is choices.choose(1)[1]


def test_without_weights_motion_looks_and_says_so(no_weights) -> None:
    choices = Choices(AutoOptions())
    for count in (1, 20):
        choice, segmenter = choices.choose(count)
        assert choice.kind == "motion"
        assert "no u2netp" in choice.why
        assert isinstance(segmenter, MotionSegmenter)


@pytest.mark.parametrize("options", [SalientOptions(), CombinedOptions()], ids=lambda o: o.kind)
def test_whoever_asks_for_salience_needs_weights(options, no_weights) -> None:
    with pytest.raises(WeightsError, match="no u2netp") as caught:
        Choices(options)
    assert caught.value.fix == "multiplane models pull u2netp"


def test_motion_needs_no_weights(no_weights) -> None:
    assert Choices(MotionOptions()).choose(3)[0].why == "asked for"
