"""The examples are run as they stand."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from multiplane.media.video import compare

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_run_recipe(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import multiplane  # noqa: PLC0415 - wrapped below

    plain = multiplane.run

    def without_weights(recipe: str, inputs: object, out: object, options: dict) -> object:
        own = {"segment.backend.kind": "motion", "check.residual": False}
        return plain(recipe, inputs, out, options={**options, **own})  # type: ignore[arg-type]

    monkeypatch.setattr(multiplane, "run", without_weights, raising=False)
    example = runpy.run_path(str(EXAMPLES / "run_recipe.py"))
    assert example["main"](str(clip), str(tmp_path / "out")) == 0
    strip = runpy.run_path(str(EXAMPLES / "strip.py"))
    strip["main"](str(tmp_path / "out"), str(tmp_path / "strip.jpg"), "0", "8")
    assert (tmp_path / "strip.jpg").stat().st_size > 10_000
    out = capsys.readouterr().out
    assert "inpaint: 1 done" in out
    assert "report.html" in out


def test_stages_as_functions(clip: Path, tmp_path: Path) -> None:
    example = runpy.run_path(str(EXAMPLES / "stages_as_functions.py"))
    example["main"](str(clip), str(tmp_path / "clean.mkv"))
    found = compare(clip, tmp_path / "clean.mkv")
    assert found.same_timing, found
    assert found.frames == (16, 16)
