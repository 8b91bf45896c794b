from __future__ import annotations

import json
from pathlib import Path

import pytest

from multiplane.core.detections import Detection, FrameBoxes, write_boxes
from multiplane.core.errors import InputError
from multiplane.split.detect import overrides
from multiplane.split.detect.overrides import fingerprint, read_overrides

SIZE = (90, 52)
FORM = "write a line a frame, e.g. 000123: [[10, 20, 110, 220]]; [] says that nobody is there"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def box(*numbers: float) -> Detection:
    return Detection(numbers, 1.0, "person")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["mine.yaml", "mine.json", "mine.txt"])
def test_the_simple_form(tmp_path: Path, name: str) -> None:
    rows = {"000012": [[1, 2, 30, 40], [50, 10.5, 99, 50]], "000123": []}
    text = json.dumps(rows)
    if name != "mine.json":
        text = "000012: [[1, 2, 30, 40], [50, 10.5, 99, 50]]\n000123: []  # nobody\n"
    told = read_overrides(write(tmp_path / name, text), "person")
    # 000012 is no octal number, and what reaches out of the frame is cut
    assert told.of("clip/0001", "000012", SIZE) == (box(1, 2, 30, 40), box(50, 10.5, 90, 50))
    assert told.of("clip/0001", "000123", SIZE) == ()
    assert told.of("clip/0001", "000010", SIZE) is None


def test_the_form_of_the_result(tmp_path: Path) -> None:
    found = Detection((1, 2, 30, 40), 0.75, "dog", 3)
    write_boxes(tmp_path / "boxes.json", SIZE, [FrameBoxes("000007", 0, (found,))])
    told = read_overrides(tmp_path / "boxes.json", "person")
    assert told.of("any/0002", "000007", SIZE) == (found,)
    with pytest.raises(InputError, match="is of frames of 90x52, these are 180x104") as caught:
        told.of("any/0002", "000007", (180, 104))
    assert "draw them anew" in caught.value.fix


def test_frames_of_one_name_in_several_shots(tmp_path: Path) -> None:
    text = "'1': [[0, 0, 9, 9]]\na/1: [[1, 1, 9, 9]]\na/0002/1: [[2, 2, 9, 9]]\n"
    told = read_overrides(write(tmp_path / "mine.yaml", text), "person")
    assert told.of("a/0002", "1", SIZE) == (box(2, 2, 9, 9),)
    assert told.of("a/0001", "1", SIZE) == (box(1, 1, 9, 9),)
    assert told.of("b/0001", "1", SIZE) == (box(0, 0, 9, 9),)


def test_a_box_that_is_not_in_the_frame(tmp_path: Path) -> None:
    told = read_overrides(write(tmp_path / "mine.yaml", "'1': [[90, 0, 99, 9]]"), "person")
    with pytest.raises(InputError, match=r"is outside of the frame, which is 90x52") as caught:
        told.of("clip", "1", SIZE)
    assert caught.value.fix == "give x0, y0, x1, y1 in pixels of the full-size frame"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "holds no frames"),
        ("- 1", "holds no frames"),
        ("a: [", "is no YAML"),
        ("a: 1", "frame a has 1, wanted a list"),
        ("a: &x []\nb: *x", "anchors are not taken here"),
        ("a: []\na: []", "a frame stands twice"),
        ("? [1]\n: []", "a frame's name is a text"),
        ("!!python/object/apply:os.getcwd []", "could not determine a constructor"),
        ("a: " + "[" * 3000, "is no YAML"),
    ],
)
def test_what_is_no_file_of_boxes(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        read_overrides(write(tmp_path / "mine.yaml", text), "person")
    assert what in caught.value.what
    assert caught.value.fix == FORM


@pytest.mark.parametrize(
    ("row", "what"),
    [("[1, 2, 3]", "four numbers"), ("[1, 2, x, 4]", "four numbers"), ("7", "four numbers"),
     ("[5, 2, 5, 9]", "x0 < x1"), ("[.nan, 2, 5, 9]", "four numbers")],
)  # fmt: skip
def test_what_is_no_box(tmp_path: Path, row: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        read_overrides(write(tmp_path / "mine.yaml", f"000001: [{row}]"), "person")
    assert "frame 000001, box 1" in caught.value.what


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overrides, "_YAML_LIMIT", 10)
    with pytest.raises(InputError, match="has 12 letters, wanted 10 at most") as caught:
        read_overrides(write(tmp_path / "mine.yaml", "a: [         "[:12]), "person")
    assert caught.value.fix == "write it as JSON, in a file that ends in .json"
    monkeypatch.setattr(overrides, "MAX_BOXES", 1)
    with pytest.raises(InputError, match="has 2 boxes, wanted a list of 1 boxes at most"):
        read_overrides(write(tmp_path / "a.json", '{"1": [[0,0,1,1],[0,0,1,1]]}'), "person")


def test_the_fingerprint_is_of_what_is_in_the_file(tmp_path: Path) -> None:
    first = fingerprint(write(tmp_path / "one.yaml", "a: []"))
    assert first == fingerprint(write(tmp_path / "other.yaml", "a: []"))
    assert first != fingerprint(write(tmp_path / "one.yaml", "b: []"))
    with pytest.raises(InputError, match="cannot read"):
        fingerprint(tmp_path / "nowhere.yaml")
