from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multiplane.core import detections
from multiplane.core.detections import (
    Detection,
    FrameBoxes,
    ShotBoxes,
    read_bounded,
    read_boxes,
    read_json,
    shot_boxes,
    within,
    write_boxes,
)
from multiplane.core.errors import InputError

SIZE = (64, 48)


def row(**changes: Any) -> dict[str, Any]:
    return {"box_xyxy": [1, 2, 10.5, 20], "score": 0.5, "label": "person", "id": None, **changes}


def frame(*boxes: Any, **changes: Any) -> dict[str, Any]:
    return {"frame": "000001", "index": 0, "boxes": list(boxes), **changes}


def shot(*frames: Any, **changes: Any) -> dict[str, Any]:
    return {"version": 1, "size": list(SIZE), "frames": list(frames), **changes}


def hundredths(most: int) -> st.SearchStrategy[float]:
    return st.integers(0, 100 * most).map(lambda number: number / 100)


@st.composite
def boxes(draw: st.DrawFn) -> Detection:
    x = draw(st.lists(hundredths(SIZE[0]), min_size=2, max_size=2, unique=True).map(sorted))
    y = draw(st.lists(hundredths(SIZE[1]), min_size=2, max_size=2, unique=True).map(sorted))
    score = draw(st.integers(0, 10_000)) / 10_000
    label = draw(st.sampled_from(["person", "chef de rang", "人"]))
    return Detection((x[0], y[0], x[1], y[1]), score, label, draw(st.none() | st.integers(1)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(st.lists(boxes(), max_size=3), max_size=3))
def test_what_is_written_reads_back_the_same(tmp_path: Path, found: list[list[Detection]]) -> None:
    frames = tuple(FrameBoxes(f"{n:06d}", n, tuple(some)) for n, some in enumerate(found))
    write_boxes(tmp_path / "boxes.json", SIZE, iter(frames))
    assert read_boxes(tmp_path / "boxes.json", SIZE) == ShotBoxes(SIZE, frames)


def test_the_file_is_what_the_conventions_say(tmp_path: Path) -> None:
    found = Detection((10.5, 20, 60, 40.249), 0.93, "person")
    write_boxes(tmp_path / "boxes.json", SIZE, [FrameBoxes("000123", 0, (found,))])
    assert json.loads((tmp_path / "boxes.json").read_text()) == {
        "version": 1,
        "size": [64, 48],
        "frames": [
            {
                "frame": "000123",
                "index": 0,
                "boxes": [
                    {
                        "box_xyxy": [10.5, 20, 60, 40.25],
                        "score": 0.93,
                        "label": "person",
                        "id": None,
                    }
                ],
            }
        ],
    }


def test_frames_by_index_and_by_name() -> None:
    told = shot_boxes(shot(frame(row()), frame(frame="000009", index=8)), "boxes.json")
    assert told.by_index() == {0: told.frames[0].boxes, 8: ()}
    assert told.by_frame()["000009"] == ()
    assert "000002" not in told.by_frame()  # it was not looked at


def test_pixels_are_those_the_box_touches() -> None:
    assert Detection((1.5, 2, 3.1, 4), 1, "person").pixels == (1, 2, 4, 4)


@given(st.tuples(*[st.floats(-100, 200)] * 4))
def test_the_part_within_the_frame(box: tuple[float, float, float, float]) -> None:
    part = within(box, SIZE)
    if part is None:
        assert max(box[0], 0) >= min(box[2], SIZE[0]) or max(box[1], 0) >= min(box[3], SIZE[1])
        return
    assert 0 <= part[0] < part[2] <= SIZE[0]
    assert 0 <= part[1] < part[3] <= SIZE[1]
    assert within(part, SIZE) == part


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ([], "boxes.json has [], wanted keys with values"),
        (shot(version=2), "version has 2, wanted 1"),
        (shot(size=[64]), "size has [64], wanted [width, height]"),
        (shot(size=[64, 10**9]), "size has [64, 1000000000]"),
        (shot(size=[True, 3]), "size has [True, 3]"),
        (shot(frames=None), "frames has None, wanted a list"),
        (shot(7), "frames[0] has 7, wanted keys with values"),
        (shot(frame(frame="")), "frames[0].frame has ''"),
        (shot(frame(frame="../../etc")), "frames[0].frame has '../../etc'"),
        (shot(frame(frame="x" * 300)), "wanted the name of a frame"),
        (shot(frame(index=-1)), "frames[0].index has -1"),
        (shot(frame(index="0")), "frames[0].index has '0'"),
        (shot(frame(), frame(frame="000002")), "index 0 after 0, wanted frames in order"),
        (shot(frame(), frame(index=1)), "a frame that is listed twice"),
        (shot(frame(boxes={})), "frames[0].boxes has {}, wanted a list"),
        (shot(frame(boxes=[row()] * 10_001)), "10001 boxes, wanted a list of 10000 boxes at most"),
        (shot(frame([1, 2, 3, 4])), "boxes[0] has [1, 2, 3, 4], wanted keys with values"),
        (shot(frame(row(box_xyxy=[1, 2, 3]))), "wanted four numbers"),
        (shot(frame(row(box_xyxy=[1, 2, 3, "4"]))), "wanted four numbers"),
        (shot(frame(row(box_xyxy=[1, 2, 3, math.nan]))), "wanted four numbers"),
        (shot(frame(row(box_xyxy=[1, 2, 3, math.inf]))), "wanted four numbers"),
        (shot(frame(row(box_xyxy=[5, 2, 5, 4]))), "wanted x0 < x1 and y0 < y1"),
        (shot(frame(row(box_xyxy=[0, 0, 65, 4]))), "wanted a box within 64x48"),
        (shot(frame(row(score=1.5))), "score has 1.5, wanted a number from 0 to 1"),
        (shot(frame(row(label=""))), "label has '', wanted a text"),
        (shot(frame(row(label="a\nb"))), "label has"),
        (shot(frame(row(id=0))), "id has 0, wanted a whole number from 1, or null"),
    ],
)
def test_what_is_no_file_of_boxes(raw: Any, what: str) -> None:
    with pytest.raises(InputError) as caught:
        shot_boxes(raw, "boxes.json")
    assert what in caught.value.what
    assert caught.value.fix == (
        "write the file as docs/conventions.md tells, or make it anew: multiplane split detect"
    )


def test_boxes_of_frames_of_another_size(tmp_path: Path) -> None:
    write_boxes(tmp_path / "boxes.json", SIZE, [])
    with pytest.raises(InputError, match="is of frames of 64x48, these are 640x480") as caught:
        read_boxes(tmp_path / "boxes.json", (640, 480))
    assert caught.value.fix == "multiplane split detect on these frames"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"version": 1' + "0" * 5000 + "}"])
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(text)
    with pytest.raises(InputError, match="is no JSON") as caught:
        read_json(path)
    assert "docs/conventions.md" in caught.value.fix


def test_a_key_that_stands_twice(tmp_path: Path) -> None:
    path = tmp_path / "boxes.json"
    path.write_text('{"version": 1, "size": [1, 1], "size": [2, 2], "frames": []}')
    with pytest.raises(InputError, match="the key 'size' has two values"):
        read_boxes(path)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot read") as caught:
        read_boxes(tmp_path / "nowhere.json")
    assert caught.value.fix == "check the path"
    (tmp_path / "latin.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot read"):
        read_bounded(tmp_path / "latin.json")
    monkeypatch.setattr(detections, "MAX_BYTES", 1)
    with pytest.raises(InputError, match="has 2 bytes, wanted 1 at most") as caught:
        read_boxes(tmp_path / "latin.json")
    assert "one file a shot" in caught.value.fix
