from __future__ import annotations

import json
from pathlib import Path

from multiplane.engine.report.clip_tables import chunk_grid, disagreement_grid, output_grid
from multiplane.engine.report.clips import figures_of
from multiplane.engine.report.read import read_run

GAP = "\N{NO-BREAK SPACE}"


def test_files_with_what_was_found_in_them(clip_folder: Path) -> None:
    grid = output_grid(figures_of(read_run(clip_folder), "walk").export)
    [row] = grid.rows
    assert row == [
        "walk_180_LR.mov", "prores_4444", "64x32", f"1.2{GAP}MB", f"5{GAP}→{GAP}5", "0.5 ms",
        "copied", f"9{GAP}→{GAP}9", "yes", "no NVENC here",
    ]  # fmt: skip
    assert len(row) == len(grid.columns)


def test_a_file_that_was_not_verified_claims_nothing() -> None:
    output = {"file": "a.mov", "verified": False, "frames": [5, 5], "bytes": 900}
    [row] = output_grid({"outputs": [output]}).rows
    assert row[4:9] == ["—", "—", "—", "—", "no"]
    assert row[3] == f"0.9{GAP}kB"


def test_chunks_with_their_pace(clip_folder: Path) -> None:
    run = read_run(clip_folder)
    clip = figures_of(run, "walk")
    grid = chunk_grid(run, "walk", clip.cut, clip.chunks)
    assert grid.rows[0] == [
        "0001", "0 to 1", "3", "4.0", "0.75", "1", "0.95", "0.7", "2", "fewer at once",
    ]  # fmt: skip
    assert grid.rows[1][:5] == ["0002", "2 to 4", "4", "4.0", "1"]
    assert all(len(row) == len(grid.columns) for row in grid.rows)


def test_a_chunk_that_failed_says_why(clip_folder: Path) -> None:
    path = clip_folder / "stereo" / "stereo_metadata.json"
    value = json.loads(path.read_text())
    del value["items"][1]
    value["failures"] = [{"id": "walk/0002", "what": "it broke", "why": "", "fix": ""}]
    path.write_text(json.dumps(value))
    run = read_run(clip_folder)
    clip = figures_of(run, "walk")
    rows = chunk_grid(run, "walk", clip.cut, clip.chunks).rows
    assert rows[1][-1] == "failed: it broke"
    assert rows[1][5] == "—"


def test_disagreements_and_how_many_more(clip_folder: Path) -> None:
    clip = figures_of(read_run(clip_folder), "walk")
    grid = disagreement_grid(clip.chunks, clip.export)
    assert grid.title == "Disagreements of the eyes: 300"
    assert grid.rows == [
        ["3", "1", "0.7", "0.9 / 0.4", "right", "ensemble", "0.96", "the <pictures>"]
    ]
    assert grid.note == "299 more stand in the files of people."
    before = disagreement_grid(clip.chunks, {})
    assert [row[2] for row in before.rows] == ["missed", "missed"]
    assert before.note == ""
