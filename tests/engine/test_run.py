from __future__ import annotations

from pathlib import Path

from multiplane.engine import api
from multiplane.engine.recipe import Recipe


def test_a_recipe_runs_from_end_to_end(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    report = api.run(recipe, texts, tmp_path / "out")
    assert [(s.id, s.done, s.failed, s.skipped, s.reused) for s in report.steps] == [
        ("cut", 3, 0, 0, 0),
        ("copy", 9, 0, 0, 0),
        ("join", 9, 0, 0, 0),
    ]
    assert report.exit_status == 0
    joined = tmp_path / "out" / "join" / "joined" / "a" / "0003" / "text.txt"
    assert joined.read_text() == "a 4|0 a 4|1 a 4"


def test_running_again_computes_nothing(recipe: Recipe, texts: list[Path], tmp_path: Path) -> None:
    api.run(recipe, texts, tmp_path / "out")
    (tmp_path / "works.log").unlink()
    report = api.run(recipe, texts, tmp_path / "out")
    assert [s.reused for s in report.steps] == [3, 9, 9]
    assert not (tmp_path / "works.log").exists()
