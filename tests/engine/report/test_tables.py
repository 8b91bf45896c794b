from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from multiplane.engine.report import tables as module
from multiplane.engine.report.read import RunResult, read_run
from multiplane.engine.report.tables import tables


@pytest.fixture
def checked(run_folder: Path) -> RunResult:
    """A run whose check looked at three frames, the last without a hole."""
    run = read_run(run_folder)
    frames = [
        {"frame": "0", "coverage_after": 0.123456, "seam": 1.0, "outside_identical": True},
        {"frame": "1", "coverage_after": 0.1},
        {"frame": "2", "coverage_after": 0.0, "seam": 1.0},
    ]
    options = {"every_frames": 24, "closely_every_frames": 6}
    items = {"clip/0001": {"frames": frames, "seam_mean": 1.0, "next_step": "look"}}
    run.steps[3] = dataclasses.replace(run.steps[3], items=items, options=options)
    return run


def test_a_row_a_frame_and_no_blanks(checked: RunResult) -> None:
    table = tables(checked)[-1]
    assert table.title == "check (restore.check): 3 frames"
    assert [word.title for word in table.columns] == [
        "shot", "frame", "covered, grown", "seam", "rest same",
    ]  # fmt: skip
    assert table.rows == [
        ["clip/0001", "0", "0.1235", "1", "yes"],
        ["clip/0001", "1", "0.1", "—", "—"],
        ["clip/0001", "2", "0", "no hole", "—"],
    ]


def test_what_is_missing_is_explained(checked: RunResult) -> None:
    table = tables(checked)[-1]
    assert table.notes == [
        "The leftover is measured in one of 24 frames; seam, sharpness and flicker in one of 6, "
        "flicker not in the first.",
        "—: not measured, or nothing to compare with.",
    ]
    assert {word.title for word in table.legend} == {"covered, grown", "seam", "rest same"}


def test_a_row_a_shot(checked: RunResult) -> None:
    table = tables(checked)[-2]
    assert table.title == "check (restore.check): 1 item"
    assert table.rows == [["clip/0001", "1"]]


def test_what_memory_had_to_say_is_told(checked: RunResult) -> None:
    items = {"clip/0001": {"memory": ["points: went on with 32", "frames: with 1"], "lost": [3]}}
    checked.steps[3] = dataclasses.replace(checked.steps[3], items=items)
    table = tables(checked)[-1]
    assert [word.title for word in table.columns] == ["shot", "memory"]
    assert table.rows == [["clip/0001", "points: went on with 32; frames: with 1"]]


def test_long_tables_are_cut(checked: RunResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS", 2)
    table = tables(checked)[-1]
    assert len(table.rows) == 2
    assert table.notes[-1] == "1 more row stands in the metadata file of the step."
