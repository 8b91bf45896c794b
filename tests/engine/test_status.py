from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.core.items import Json, Record
from multiplane.engine import api, lock
from multiplane.engine.ledger import Ledger
from multiplane.engine.recipe import Recipe
from multiplane.engine.status import describe, read_leavings, read_status


def test_a_finished_run(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    before = sorted(path.name for path in out.iterdir())
    assert describe(out) == [
        "toy: finished",
        "  cut   3 of 3 done",
        "  copy  9 of 9 done",
        "  join  9 of 9 done",
    ]
    assert sorted(path.name for path in out.iterdir()) == before


def test_failures_and_what_waits_for_them(
    recipe: Recipe, texts: list[Path], tmp_path: Path
) -> None:
    texts[1].write_text("BAD")
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    assert describe(out) == [
        "toy: finished, 1 failed",
        "  cut   2 of 3 done, 1 failed",
        "  copy  6 of 6 done, 1 waiting for a failed item",
        "  join  6 of 6 done, 1 waiting for a failed item",
        "failed: cut b: the text is BAD",
        "the same command takes again whatever was mended or changed",
        "the same command with --retry-failed takes all that failed once more",
    ]


def test_files_that_were_left_out(
    recipe: Recipe, texts: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    bad: Json = {"file": "7.png", "what": "7.png is cut off", "why": "", "fix": ""}

    def records(_: Ledger, step: str, items: list[str]) -> list[Record]:
        return [Record(items[0], (), {"bad_files": [bad]})] if step == "cut" else []

    monkeypatch.setattr(Ledger, "records", records)
    lines = describe(out)
    assert lines[0] == "toy: finished, 1 file left out"
    assert lines[-2:] == [
        "left out: cut a: 7.png: 7.png is cut off",
        "the same command takes again whatever was mended or changed",
    ]


def test_files_that_are_gone(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    made = sorted(path for path in (out / "copy").rglob("*") if path.is_file())
    made[0].unlink()
    shutil.rmtree(out / "join")
    status = describe(out)
    assert status[0] == "toy: finished, 10 files gone"
    assert status[-1] == "10 files gone: the same command makes what is missing again"
    assert read_leavings(out).gone == 10
    api.run(recipe, texts, out)
    assert describe(out)[0] == "toy: finished"


def test_a_run_that_is_on_or_was_cut_off(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[list[str]] = []

    def stop(step: str, done: int, total: int) -> None:
        if step == "copy" and done >= 3:
            seen.append(describe(out))
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        api.run(recipe, texts, out, progress=stop)
    assert seen[0][0] == "toy: running"
    assert seen[0][1] == "  cut   3 of 3 done"
    assert seen[0][3] == "  join  waiting"
    status = read_status(out)
    assert not status.active
    assert [step.state for step in status.steps] == ["finished", "running", "waiting"]
    assert status.steps[1].done >= 3
    assert describe(out)[0] == "toy: stopped"
    assert describe(out)[-1] == "the same command again goes on where it stopped"


def test_a_run_that_has_hardly_begun(tmp_path: Path) -> None:
    with lock.hold(tmp_path):
        pass
    assert describe(tmp_path)[0] == "unknown: stopped"


def test_another_folder_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run folder"):
        describe(tmp_path)


def test_a_damaged_recipe(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    api.run(recipe, texts, out)
    (out / "recipe.yaml").write_text("stages: 3")
    with pytest.raises(InputError, match="is damaged: it has no name"):
        describe(out)
    (out / "recipe.yaml").unlink()
    assert api.run(recipe, texts, out).reused == 21
    assert describe(out)[0] == "toy: finished"
