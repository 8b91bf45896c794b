from __future__ import annotations

import logging

import pytest

from multiplane.hub import weights
from multiplane.restore.inpaint.backend import open_inpainter
from multiplane.restore.inpaint.choice import decide
from multiplane.restore.inpaint.config import (
    AutoOptions,
    InpaintOptions,
    LamaOptions,
    OpenCvOptions,
    PatchMatchOptions,
)
from multiplane.restore.inpaint.run import Inpaint

ABSENT = "big-lama is not here; multiplane models pull big-lama fetches it"


def at_hand(monkeypatch: pytest.MonkeyPatch, *, lacking: str = "", torch: bool = True) -> None:
    monkeypatch.setattr(weights, "why_absent", lambda model: lacking)
    monkeypatch.setattr(weights, "find", lambda model: model)
    monkeypatch.setattr(weights, "fingerprint", lambda model: f"{model}@0123")
    monkeypatch.setattr(
        "multiplane.core.plugins.find_spec", lambda name: object() if torch else None
    )


def test_auto_takes_the_network_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand(monkeypatch)
    found = decide(AutoOptions())
    assert (found.kind, found.why) == ("lama", "the weights big-lama are here")
    assert found.options == LamaOptions()


def test_auto_says_why_it_does_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    at_hand(monkeypatch, lacking=ABSENT)
    found = decide(AutoOptions())
    assert found.options == PatchMatchOptions()
    assert found.why.endswith(ABSENT)
    open_inpainter(AutoOptions())
    assert f"auto chose patchmatch: {found.why}" in caplog.text


def test_weights_are_of_no_use_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand(monkeypatch, torch=False)
    found = decide(AutoOptions())
    assert found.kind == "patchmatch"
    assert found.why.endswith("torch, safetensors missing; pip install 'multiplane[neural]'")


def test_what_is_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand(monkeypatch, lacking=ABSENT)
    assert decide(OpenCvOptions()).options == OpenCvOptions()
    assert decide(LamaOptions()).why == "asked for"


def test_the_fingerprint_tells_both_ways_of_auto_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    stage, auto = Inpaint(), InpaintOptions()
    at_hand(monkeypatch)
    assert stage.fingerprint(auto) == "lama big-lama@0123"
    assert stage.fingerprint(InpaintOptions(backend=LamaOptions(model="x"))) == "lama x@0123"
    assert stage.weights(auto) == ("big-lama",)
    at_hand(monkeypatch, lacking=ABSENT)
    assert stage.fingerprint(auto) == "patchmatch"
    assert stage.weights(auto) == ()
    assert stage.weights(InpaintOptions(backend=LamaOptions(model="./own.ckpt"))) == ()
