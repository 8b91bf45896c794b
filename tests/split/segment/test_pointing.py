from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.detections import Detection, FrameBoxes, write_boxes
from multiplane.core.errors import InputError
from multiplane.core.items import Item
from multiplane.media.images import write_mask
from multiplane.split.segment.config import Sam3Options, SamOptions, SegmentOptions
from multiplane.split.segment.pointing import fingerprint, point_at, point_by_planes

SIZE = (40, 30)
FRAMES = ("in/000007.png", "in/000008.png")


def item(root: Path, **planes: tuple[str, ...]) -> Item:
    return Item("clip/0001", root, "segment", {"frames": FRAMES, **planes})


def options(**given) -> SegmentOptions:
    return SegmentOptions(backend=SamOptions(), **given)


def file(folder: Path, *prompts: dict) -> str:
    path = folder / "prompts.json"
    path.write_text(json.dumps({"prompts": prompts}))
    return str(path)


def square(x: int) -> np.ndarray:
    mask = np.zeros(SIZE[::-1], bool)
    mask[5:15, x : x + 10] = True
    return mask


def test_file_boxes_and_points_are_different_objects(tmp_path) -> None:
    path = file(tmp_path, {"id": 4, "points": [[1, 2]]}, {"id": 2, "index": 1, "points": [[3, 4]]})
    told = options(prompts=path, boxes="1,2,9,90;3,4,5,6", points="7,8")
    pointed = point_at(item(tmp_path), told, SIZE)
    assert [prompt.object_id for prompt in pointed.prompts] == [4, 2, 5, 6, 7]
    assert pointed.at(0)[1].box == (1, 2, 9, 30)
    assert not point_at(item(tmp_path), options(), SIZE)


def test_words_are_about_every_frame(tmp_path) -> None:
    told = SegmentOptions(backend=Sam3Options(), text="boy; dog")
    pointed = point_at(item(tmp_path), told, SIZE)
    assert [prompt.text for prompt in pointed.at(1)] == ["boy", "dog"]


def test_a_folder_of_rough_masks_or_boxes_by_shot(tmp_path) -> None:
    for number, x in ((7, 3), (8, 20)):
        write_mask(tmp_path / "masks/clip/0001" / f"{number:06d}.png", square(x))
    pointed = point_at(item(tmp_path), options(prompts=str(tmp_path / "masks")), SIZE)
    assert [p.box for p in pointed.at(1)] == [(20, 5, 30, 15)]
    boxes = [FrameBoxes("000008", 1, (Detection((1, 2, 10, 20), 0.9, "person"),))]
    (tmp_path / "boxes/clip/0001").mkdir(parents=True)
    write_boxes(tmp_path / "boxes/clip/0001/boxes.json", SIZE, boxes)
    pointed = point_at(item(tmp_path), options(prompts=str(tmp_path / "boxes")), SIZE)
    assert [(p.index, p.box) for p in pointed.prompts] == [(1, (1, 2, 10, 20))]


def test_planes_of_another_step(tmp_path) -> None:
    boxes = [FrameBoxes("000007", 0, (Detection((1, 2, 10, 20), 0.9, "person"),))]
    write_boxes(tmp_path / "boxes.json", SIZE, boxes)
    masks = []
    for number, x in enumerate((3, 20)):
        masks.append(f"{number}.png")
        write_mask(tmp_path / masks[-1], square(x))
    one = item(tmp_path, boxes=("boxes.json",), masks=tuple(masks))
    pointed = point_by_planes(one, SIZE)
    assert [p.box for p in pointed.at(0)] == [(1, 2, 10, 20), (3, 5, 13, 15)]
    assert [p.box for p in pointed.at(1)] == [(20, 5, 30, 15)]


def test_rough_masks_that_do_not_fit(tmp_path) -> None:
    write_mask(tmp_path / "masks/clip/0001/000007.png", square(3)[:20])
    with pytest.raises(InputError, match=r"frame is 40x30, mask .*000007.png is 40x20") as error:
        point_at(item(tmp_path), options(prompts=str(tmp_path / "masks")), SIZE).at(0)
    assert error.value.fix.startswith("resize the mask")
    small = "masks/clip/0001/000007.png"
    with pytest.raises(InputError, match="is 40x20"):
        point_by_planes(item(tmp_path, masks=(small, small)), SIZE).at(1)
    with pytest.raises(InputError, match="there are 2 frames and 1 masks") as error:
        point_by_planes(item(tmp_path, masks=(small,)), SIZE)
    assert "one mask a frame" in error.value.fix


def test_what_is_not_there(tmp_path) -> None:
    for told in (str(tmp_path / "none.json"), str(tmp_path)):
        with pytest.raises(InputError) as error:
            point_at(item(tmp_path), options(prompts=told), SIZE)
        assert "--prompts" in error.value.fix
    with pytest.raises(InputError, match="no prompts at"):
        fingerprint(options(prompts=str(tmp_path / "none.json")))
    with pytest.raises(InputError, match=r"box 1 has the box 50,0,60,9, outside"):
        point_at(item(tmp_path), options(boxes="50,0,60,9"), SIZE)


def test_the_fingerprint_knows_what_the_files_hold(tmp_path) -> None:
    assert fingerprint(options(boxes="1,2,3,4")) == ""
    write_mask(tmp_path / "a.png", square(1))
    path = file(tmp_path, {"mask": "a.png"})
    first = fingerprint(options(prompts=path))
    write_mask(tmp_path / "a.png", square(9))
    second = fingerprint(options(prompts=path))
    file(tmp_path, {"mask": "a.png", "id": 2})
    third = fingerprint(options(prompts=path))
    folder = fingerprint(options(prompts=str(tmp_path)))
    assert len({first, second, third, folder}) == 4
    assert fingerprint(options(prompts=str(tmp_path))) == folder
