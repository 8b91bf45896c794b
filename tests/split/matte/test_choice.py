from __future__ import annotations

import pytest

from multiplane.core.compute import Compute
from multiplane.core.plugins import NETWORKS
from multiplane.split.matte import choice
from multiplane.split.matte.choice import decide
from multiplane.split.matte.config import AutoMatte, ClosedFormMatte, GuidedMatte, VitMatteMatte


@pytest.fixture
def here(monkeypatch) -> dict[str, object]:
    """What the machine is made to have: everything, until a test takes something away."""
    has: dict[str, object] = {"absent": "", "packages": {*NETWORKS}, "cuda": "a GPU"}
    monkeypatch.setattr(choice.weights, "why_absent", lambda model: has["absent"])
    monkeypatch.setattr(
        "multiplane.core.plugins.find_spec", lambda name: name if name in has["packages"] else None
    )
    monkeypatch.setattr(choice, "load", lambda target: lambda: has["cuda"])
    return has


def test_what_was_asked_for_is_taken() -> None:
    chosen = decide(ClosedFormMatte())
    assert (chosen.options, chosen.kind, chosen.why) == (
        ClosedFormMatte(), "closed_form", "asked for",
    )  # fmt: skip


def test_with_everything_here_it_is_the_network(here) -> None:
    chosen = decide(AutoMatte())
    assert chosen.options == VitMatteMatte()
    assert chosen.why == "the weights vitmatte-small and CUDA are here"


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        ({"absent": "vitmatte-small is not here; pull it"}, "vitmatte-small is not here; pull it"),
        ({"packages": {"torch", "torchvision"}}, "transformers, accelerate, safetensors missing"),
        ({"cuda": None}, "there is no CUDA"),
    ],
    ids=["weights", "packages", "cuda"],
)
def test_for_want_of_anything_it_is_the_filter_and_says_so(here, taken, why) -> None:
    here.update(taken)
    chosen = decide(AutoMatte())
    assert chosen.options == GuidedMatte()
    assert chosen.why.startswith("it needs no weights; for vitmatte, ")
    assert why in chosen.why


def test_who_asks_for_the_cpu_gets_what_is_quick_on_it(here) -> None:
    chosen = decide(AutoMatte(), Compute(device="cpu"))
    assert chosen.kind == "guided"
    assert "the CPU was asked for" in chosen.why


def test_without_weights_nobody_looks_for_a_gpu(here, monkeypatch) -> None:
    here["absent"] = "not here"

    def fail(target: str) -> None:
        raise AssertionError("torch is imported for nothing")

    monkeypatch.setattr(choice, "load", fail)
    assert decide(AutoMatte()).kind == "guided"
