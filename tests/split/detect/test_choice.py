from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.compute import Compute
from multiplane.split.detect import choice
from multiplane.split.detect.backends.parts import PartsDetector
from multiplane.split.detect.choice import (
    Choice,
    choose_backend,
    models_of,
    open_detector,
    segmenter_of,
)
from multiplane.split.detect.config import (
    AutoOptions,
    DFineOptions,
    PartsOptions,
    RfDetrOptions,
    YoloOptions,
)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    names: set[str] = set()

    def why_absent(model: str, cache: Path | None = None) -> str:
        return "" if model in names else f"{model} is not here; multiplane models pull {model}"

    monkeypatch.setattr(choice.weights, "why_absent", why_absent)
    monkeypatch.setattr("multiplane.core.plugins.find_spec", lambda name: object())
    return names


def test_what_is_asked_for_is_taken() -> None:
    asked = YoloOptions(model="mine.onnx")
    assert choose_backend(asked) == Choice(asked, "asked for")


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"d-fine-small"}, DFineOptions(model="d-fine-small")),
        ({"d-fine-nano", "d-fine-medium"}, DFineOptions(model="d-fine-medium")),
        ({"d-fine-nano", "rf-detr-large"}, DFineOptions(model="d-fine-nano")),
        ({"rf-detr-base", "rf-detr-nano"}, RfDetrOptions(model="rf-detr-base")),
    ],
)
def test_auto_takes_weights_that_are_here(here: set[str], there: set[str], chosen: object) -> None:
    here |= there
    found = choose_backend(AutoOptions())
    assert found.options == chosen
    assert found.why == f"the weights of {found.options.model} are on this machine"  # type: ignore[union-attr]


def test_auto_without_weights(here: set[str]) -> None:
    found = choose_backend(AutoOptions())
    assert found.options == PartsOptions()
    assert found.why == (
        "no detector: d-fine-small is not here; multiplane models pull d-fine-small"
    )


def test_auto_without_the_packages(here: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    here.add("d-fine-small")
    monkeypatch.setattr("multiplane.core.plugins.find_spec", lambda name: None)
    found = choose_backend(AutoOptions())
    assert found.options == PartsOptions()
    assert found.why.startswith("d-fine-small is here, but torch, torchvision, transformers")


def test_every_model_that_auto_knows_is_in_the_table() -> None:
    from multiplane.hub.table import MODELS  # noqa: PLC0415 - only here

    assert {*choice.D_FINE, *choice.RF_DETR} <= set(MODELS)
    assert {DFineOptions().model, RfDetrOptions().model} <= set(MODELS)
    assert all(MODELS[name].commercial for name in (*choice.D_FINE, *choice.RF_DETR))


def test_the_backend_is_opened() -> None:
    found = open_detector(Choice(PartsOptions(), ""), Compute())
    assert isinstance(found, PartsDetector)


def test_parts_take_salience_where_it_is(here: set[str]) -> None:
    assert segmenter_of(PartsOptions())[0] == "motion"
    assert segmenter_of(PartsOptions())[1].startswith("u2netp is not here")
    assert models_of(PartsOptions()) == ()
    here.add("u2netp")
    assert segmenter_of(PartsOptions()) == ("combined", "u2netp is on this machine")
    assert models_of(PartsOptions()) == ("u2netp",)
    assert segmenter_of(PartsOptions(segmenter="motion")) == ("motion", "asked for")
    assert models_of(PartsOptions(segmenter="motion")) == ()


def test_the_weights_that_take_part(tmp_path: Path) -> None:
    assert models_of(DFineOptions(model="d-fine-nano")) == ("d-fine-nano",)
    assert models_of(YoloOptions(model=str(tmp_path / "gone.onnx"))) == ()
    (tmp_path / "yolo.onnx").write_bytes(b"x")
    path = str(tmp_path / "yolo.onnx")
    assert models_of(YoloOptions(model=path)) == (path,)
    assert models_of(AutoOptions()) == ()


def test_a_foreign_backend_need_not_know_where_networks_run(monkeypatch) -> None:
    monkeypatch.setattr(choice, "choose", lambda table, kind, group: lambda options: (options,))
    assert open_detector(Choice(PartsOptions(), ""), Compute()) == (PartsOptions(),)
