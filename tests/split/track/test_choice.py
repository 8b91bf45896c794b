from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.choice import Choice
from multiplane.core.compute import Compute
from multiplane.split.track import choice
from multiplane.split.track.backends.flow import FlowPropagator
from multiplane.split.track.choice import choose_backend, open_propagator
from multiplane.split.track.config import AutoOptions, EdgeTamOptions, FlowOptions, SamOptions


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    names: set[str] = set()

    def why_absent(model: str, cache: Path | None = None) -> str:
        return "" if model in names else f"{model} is not here; multiplane models pull {model}"

    monkeypatch.setattr(choice.weights, "why_absent", why_absent)
    monkeypatch.setattr("multiplane.core.plugins.find_spec", lambda name: object())
    monkeypatch.setattr(choice, "_has_cuda", lambda: True)
    return names


def test_what_is_asked_for_is_taken(here: set[str]) -> None:
    asked = SamOptions(model="./mine")
    assert choose_backend(asked, Compute()) == Choice(asked, "asked for")


def test_auto_takes_the_best_that_is_here(here: set[str]) -> None:
    here |= {"edgetam"}
    assert choose_backend(AutoOptions(), Compute()).options == EdgeTamOptions()
    here |= {"sam2.1-tiny", "sam2.1-small"}
    found = choose_backend(AutoOptions(), Compute())
    assert found == Choice(SamOptions(model="sam2.1-small"), "sam2.1-small is here, and CUDA")


def test_auto_goes_without_and_says_why(here: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = choose_backend(AutoOptions(), Compute())
    assert found.options == FlowOptions()
    assert "multiplane models pull sam2.1-base-plus" in found.why
    here |= {"sam2.1-tiny"}
    found = choose_backend(AutoOptions(), Compute(device="cpu"))
    assert found.options == FlowOptions()
    assert "without CUDA" in found.why
    monkeypatch.setattr("multiplane.core.plugins.find_spec", lambda name: None)
    found = choose_backend(AutoOptions(), Compute())
    assert found.options == FlowOptions()
    assert "pip install 'multiplane[neural]'" in found.why


def test_auto_knows_what_edgetam_needs_besides(
    here: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here |= {"edgetam"}
    monkeypatch.setattr(
        "multiplane.core.plugins.find_spec", lambda name: None if name == "timm" else object()
    )
    found = choose_backend(AutoOptions(), Compute())
    assert found.options == FlowOptions()
    assert "timm missing; pip install 'multiplane[neural]'" in found.why
    here |= {"sam2.1-tiny"}
    assert choose_backend(AutoOptions(), Compute()).options == SamOptions(model="sam2.1-tiny")


def test_a_backend_gets_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = open_propagator(Choice(FlowOptions(), ""), Compute(), offload=True)
    assert isinstance(made, FlowPropagator)

    def foreign(options: object, compute: Compute, offload: bool = False) -> tuple[object, ...]:
        return options, compute, offload

    monkeypatch.setattr(choice, "choose", lambda table, kind, group: foreign)
    options = EdgeTamOptions()
    assert open_propagator(Choice(options, ""), Compute("cpu"), True) == (
        options, Compute("cpu"), True,
    )  # fmt: skip
