"""The examples are run as they stand."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.engine.recipe import stage_recipe
from multiplane.media.images import read_frame, write_frame, write_mask
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
    with pytest.raises(InputError, match="has no frame 99") as caught:
        strip["main"](str(tmp_path / "out"), str(tmp_path / "strip.jpg"), "0", "99")
    assert caught.value.fix == "numbers from 0 to 15"
    assert (tmp_path / "strip.jpg").stat().st_size > 10_000
    out = capsys.readouterr().out
    assert "inpaint: 1 done" in out
    assert "report.html" in out


def said(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, cwd=EXAMPLES
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "name",
    ["draw_boxes.py", "run_recipe.py", "restore_picture.py", "stages_as_functions.py", "strip.py"],
)
def test_usage_when_words_are_missing(name: str) -> None:
    code, text = said(name)
    assert code == 1
    assert f"python examples/{name} " in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("run_recipe.py", "absent.mp4", "{out}"), "not there: "),
        (("stages_as_functions.py", "absent.mp4", "{out}.mkv"), "absent.mp4"),
        (("strip.py", "{out}", "strip.jpg", "0"), "is no run folder"),
        (("draw_boxes.py", "absent.mp4", "{out}.png"), "absent.mp4"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(
    words: tuple[str, ...], what: str, tmp_path: Path
) -> None:
    code, text = said(*(word.format(out=tmp_path / "out") for word in words))
    assert code == 1
    assert what in text
    assert "fix: " in text
    assert "Traceback" not in text


def test_a_strip_of_frames_that_are_there(clip: Path, tmp_path: Path) -> None:
    import multiplane  # noqa: PLC0415 - only here

    multiplane.run(stage_recipe("split.shots"), clip, tmp_path / "out")
    strip = runpy.run_path(str(EXAMPLES / "strip.py"))
    with pytest.raises(InputError, match="has no shot with frames, alphas, backgrounds"):
        strip["main"](str(tmp_path / "out"), str(tmp_path / "strip.jpg"), "0")


def test_stages_as_functions(clip: Path, tmp_path: Path) -> None:
    example = runpy.run_path(str(EXAMPLES / "stages_as_functions.py"))
    example["main"](str(clip), str(tmp_path / "clean.mkv"))
    found = compare(clip, tmp_path / "clean.mkv")
    assert found.same_timing, found
    assert found.frames == (16, 16)


def test_draw_boxes(
    drawn: Any, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = "multiplane.split.detect.choice.weights.why_absent"
    monkeypatch.setattr(absent, lambda model: f"{model} is not here")
    example = runpy.run_path(str(EXAMPLES / "draw_boxes.py"))
    told = example["main"](str(clip), str(tmp_path / "boxes.png"))
    assert told.startswith("parts: no detector: d-fine-small is not here")
    picture = read_frame(tmp_path / "boxes.png")
    assert picture.shape == (160, 240, 3)
    assert (picture == (0, 255, 0)).all(axis=2).sum() > 100


def test_restore_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = np.tile(np.linspace(40, 200, 48, dtype=np.uint8)[:, None, None], (1, 64, 3))
    damage = np.zeros((48, 64), np.bool_)
    damage[20:26, 30:40] = True
    write_frame(tmp_path / "picture.png", np.where(damage[..., None], 255, picture))
    write_mask(tmp_path / "mask.png", damage)
    example = runpy.run_path(str(EXAMPLES / "restore_picture.py"))
    example["main"](*(str(tmp_path / f"{name}.png") for name in ("picture", "mask", "collage")))
    assert read_frame(tmp_path / "collage.png").shape == (3 * 48 + 2 * 20, 3 * 64 + 2 * 20, 3)
    assert capsys.readouterr().out.count("rank") == 3
