from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.detections import Detection, FrameBoxes, write_boxes
from multiplane.core.errors import InputError
from multiplane.core.instances import encode_rle
from multiplane.media.images import write_mask
from multiplane.split.segment.prompt_file import mask_files, prompts_of_file

STEMS = ["000010", "000011", "000012"]
SIZE = (40, 30)


def write(folder: Path, *prompts: dict, **extra) -> Path:
    path = folder / "prompts.json"
    path.write_text(json.dumps({"prompts": list(prompts), **extra}))
    return path


def read(path: Path, shot: str = "clip/0001"):
    return prompts_of_file(path, shot, STEMS, SIZE)


def square() -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[5:20, 8:25] = True
    return mask


def test_every_way_to_point(tmp_path) -> None:
    (tmp_path / "rough").mkdir()
    write_mask(tmp_path / "rough" / "a.png", square())
    path = write(
        tmp_path,
        {"id": 1, "box_xyxy": [1, 2, 10, 20.5]},
        {"id": 1, "frame": "000012", "points": [[3, 4], [5, 6]], "labels": [1, 0]},
        {"id": 2, "index": 1, "mask": "rough/a.png"},
        {"id": 3, "rle": encode_rle(square())},
    )
    box, points, mask, rle = read(path)
    assert (box.index, box.object_id, box.box) == (0, 1, (1, 2, 10, 20.5))
    assert (points.index, points.points, points.labels) == (2, ((3, 4), (5, 6)), (1, 0))
    assert mask.index == 1
    assert np.array_equal(mask.read(), square())
    assert np.array_equal(rle.read(), square())
    assert (mask.mask, rle.mask) == (None, None)  # not before its frame is looked at
    assert box.where == f"{path}: prompts[0]"
    assert mask_files(path) == [tmp_path / "rough" / "a.png"]


def test_words_are_about_every_frame_unless_one_is_named(tmp_path) -> None:
    everywhere, once = read(write(tmp_path, {"text": "boy"}, {"index": 2, "text": "a dog"}))
    assert (everywhere.text, everywhere.index, everywhere.object_id) == ("boy", None, None)
    assert (once.text, once.index) == ("a dog", 2)


def test_prompts_of_other_shots_are_left_out(tmp_path) -> None:
    path = write(tmp_path, {"shot": "clip/0002", "frame": "000099", "text": "b"}, {"text": "a"})
    assert [prompt.text for prompt in read(path)] == ["a"]


def test_points_are_on_the_object_unless_said_otherwise(tmp_path) -> None:
    (prompt,) = read(write(tmp_path, {"points": [[3, 4], [5, 6]]}))
    assert prompt.labels == (1, 1)
    assert prompt.object_id is None


def test_boxes_of_the_detector_are_prompts(tmp_path) -> None:
    path = tmp_path / "boxes.json"
    boxes = (Detection((1, 2, 10, 20), 0.9, "person"), Detection((3, 3, 9, 9), 0.6, "dog"))
    frames = [FrameBoxes("000010", 0, boxes), FrameBoxes("000012", 2, boxes[:1])]
    write_boxes(path, SIZE, frames)
    found = read(path)
    assert [(p.index, p.score, p.object_id) for p in found] == [
        (0, 0.9, None), (0, 0.6, None), (2, 0.9, None)]  # fmt: skip
    with pytest.raises(InputError, match="the shot is 20x30"):
        prompts_of_file(path, "a", STEMS, (20, 30))
    with pytest.raises(InputError, match="frame '000012', which the shot does not have"):
        prompts_of_file(path, "a", STEMS[:2], SIZE)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, r"prompts\[0\]: it points at nothing"),
        ({"box_xyxy": [1, 2, 3]}, r"prompts\[0\].box_xyxy\[3\]: missing"),
        ({"box_xyxy": "1,2,3,4"}, r"prompts\[0\].box_xyxy: got '1,2,3,4'; wanted"),
        ({"box": [1, 2, 3, 4]}, r"prompts\[0\].box: unknown key; known keys: id, shot,"),
        ({"points": [[1, 2]], "labels": [1, 1]}, "2 labels for 1 points"),
        ({"points": [[1, 2]], "labels": [0]}, "it has no point on the object"),
        ({"points": [[1, 2]], "labels": [2]}, r"prompts\[0\].labels\[0\]"),
        ({"points": [[1, 2, 3]]}, r"prompts\[0\].points\[0\]"),
        ({"text": "a", "index": -1}, r"prompts\[0\].index: got -1"),
        ({"text": "a", "index": 1, "frame": "000010"}, "a frame and an index"),
        ({"text": "a", "frame": "000099"}, "frame '000099', which the shot does not have"),
        ({"mask": "b.png"}, r"prompts\[0\].mask is 'b.png', which is not there"),
        ({"mask": "../b.png"}, "leads out of"),
        ({"mask": "/etc/passwd"}, "leads out of"),
        ({"mask": "wrong.png"}, "is 5x7, the frames are 40x30"),
        ({"rle": {"size": [30, 40], "counts": "###"}}, "rle is no mask"),
        ({"rle": {"size": [30, 41], "counts": "1"}}, "is 41x30, the frames are 40x30"),
        ({"id": 1, "text": "a"}, "a text and a place or an id"),
        ({"box_xyxy": [1, 2, 3, 4], "text": "a"}, "a text and a place or an id"),
        ({"id": 0, "text": "a"}, r"prompts\[0\].id: got 0"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(tmp_path, entry, said) -> None:
    write_mask(tmp_path / "wrong.png", np.ones((7, 5), bool))
    path = write(tmp_path, entry)
    with pytest.raises(InputError, match=said) as told:
        read(path)
    assert str(path) in told.value.what
    assert "\n" not in told.value.what
    assert told.value.fix


def test_what_is_beside_an_object_needs_no_point_on_it_where_it_is_known(tmp_path) -> None:
    beside = {"points": [[1, 2]], "labels": [0]}
    told = read(write(tmp_path, {**beside, "id": 1}, {"id": 1, "box_xyxy": [1, 2, 9, 9]}))
    assert told[0].labels == (0,)
    assert read(write(tmp_path, {**beside, "box_xyxy": [1, 2, 9, 9]}))[0].labels == (0,)


def test_numbers_for_all_objects_or_for_none(tmp_path) -> None:
    with pytest.raises(InputError, match="some have none"):
        read(write(tmp_path, {"id": 1, "points": [[1, 2]]}, {"text": "b"}))


@pytest.mark.parametrize("text", ["", "[]", '{"prompts": []}', '{"prompts": 3}', "{", '"x"', "7"])
def test_a_file_of_another_kind(tmp_path, text) -> None:
    path = tmp_path / "prompts.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"prompts\.json") as told:
        read(path)
    assert "shows how prompts are written" in told.value.fix
    assert mask_files(path) == []


def test_a_link_out_of_the_folder_is_not_followed(tmp_path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    write_mask(tmp_path / "secret.png", square())
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="leads out of"):
        read(write(inside, {"mask": "link.png"}))
