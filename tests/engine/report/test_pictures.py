from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from multiplane.engine.report.pictures import (
    OUTLINE,
    data_uri,
    frame_row,
    marked,
    on_checker,
    outlined,
    spread,
)
from multiplane.engine.report.read import read_run
from multiplane.media.images import write_mask


def test_a_row_has_what_was_made(run_folder: Path) -> None:
    row = frame_row(read_run(run_folder), "clip/0001", 1)
    assert [caption for caption, _ in row] == ["clip/0001 · 000001", "mask", "background"]
    assert all(source.startswith("data:image/jpeg;base64,") for _, source in row)


def test_a_lost_file_is_left_out(run_folder: Path) -> None:
    (run_folder / "backgrounds" / "000001.png").unlink()
    row = frame_row(read_run(run_folder), "clip/0001", 1)
    assert [caption for caption, _ in row][-1] == "mask"
    (run_folder / "frames" / "000001.png").write_bytes(b"")
    assert frame_row(read_run(run_folder), "clip/0001", 1) == []


def test_a_plate_stands_in_for_the_background(run_folder: Path) -> None:
    run = read_run(run_folder)
    planes = run.steps[2].planes["clip/0001"]
    planes = {"plates": planes["backgrounds"], "unseen": run.steps[1].planes["clip/0001"]["masks"]}
    run.steps[2] = dataclasses.replace(run.steps[2], planes={"clip/0001": planes})
    captions = [caption for caption, _ in frame_row(run, "clip/0001", 1)]
    assert captions[1:] == ["mask", "plate; pink: no frame shows it"]


def test_marked(tmp_path: Path) -> None:
    write_mask(tmp_path / "m.png", np.eye(8, dtype=bool))
    drawn = marked(np.zeros((8, 8, 3), np.uint8), tmp_path / "m.png")
    assert tuple(drawn[3, 3]) == OUTLINE
    assert not drawn[3, 4].any()


def test_mask_and_alpha_that_are_lost_leave_the_frame(tmp_path: Path) -> None:
    frame = np.zeros((8, 8, 3), np.uint8)
    assert marked(frame, tmp_path / "no.png") is frame
    assert outlined(frame, tmp_path / "no.png") is frame
    assert on_checker(frame, tmp_path / "no.png") is frame


@pytest.mark.parametrize(
    ("count", "places"), [(0, []), (1, [0]), (3, [0, 1, 2]), (10, [0, 3, 6, 9])]
)
def test_spread(count: int, places: list[int]) -> None:
    assert spread(count, 4) == places


def test_data_uri_is_a_jpeg() -> None:
    assert data_uri(np.zeros((8, 8, 3), np.uint8)).startswith("data:image/jpeg;base64,/9j/")
