from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.split.stereo.boxes import shown_boxes

SIZES = ((100, 100), (50, 50))


def shown(
    tmp_path: Path, text: str, eyes: int = 2
) -> dict[int, dict[int, list[tuple[object, ...]]]]:
    path = tmp_path / "boxes.yaml"
    path.write_text(text)
    found = shown_boxes(path, "clip", range(100, 110), SIZES, eyes)
    return {
        eye: {at: [(one.id, one.box) for one in looks] for at, looks in frames.items()}
        for eye, frames in found.items()
    }


def test_boxes_go_to_their_eye_and_frame(tmp_path: Path) -> None:
    text = "000103: [[10, 20, 30, 60], [50, 50, 60, 60]]\nright/000105: [[4, 20, 24, 60]]\n"
    assert shown(tmp_path, text) == {
        0: {0: [], 3: [(1, (5, 10, 15, 30)), (2, (25, 25, 30, 30))]},
        1: {0: [], 5: [(1, (2, 10, 12, 30))]},
    }


def test_one_eye_alone(tmp_path: Path) -> None:
    assert set(shown(tmp_path, "left/000100: [[10, 20, 30, 60]]\n")) == {0}
    assert set(shown(tmp_path, "000100: [[10, 20, 30, 60]]\n", eyes=1)) == {0}
    assert shown(tmp_path, "other/000100: [[10, 20, 30, 60]]\n000300: [[1, 1, 2, 2]]\n") == {}
    assert shown(tmp_path, "clip/000100: [[10, 20, 30, 60]]\n") == {0: {0: [(1, (5, 10, 15, 30))]}}


def test_ids_of_the_file_are_kept(tmp_path: Path) -> None:
    box = {"box_xyxy": [10, 20, 30, 60], "score": 1, "label": "person", "id": 7}
    frame = {"frame": "000101", "index": 101, "boxes": [box]}
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"version": 1, "size": [100, 100], "frames": [frame]}))
    found = shown_boxes(path, "clip", range(100, 110), SIZES)
    assert [one.id for one in found[0][1]] == [7]


def test_boxes_outside_of_the_eye_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="outside of the frame") as told:
        shown(tmp_path, "000103: [[210, 20, 230, 60]]\n")
    assert "full-size frame" in told.value.fix
