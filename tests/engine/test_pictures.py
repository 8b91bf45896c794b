"""Pictures and their masks, found and matched by name."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import multiplane
from multiplane.core.errors import ConfigError, InputError
from multiplane.core.items import Planes
from multiplane.engine.pictures import Pictures, named, pair_pictures, pictures, refuse_inverted
from multiplane.engine.plan import check_ids


def fill(folder: Path, *names: str) -> Path:
    """Files of these names; nobody opens them to match them."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def pairs(planes: Any) -> dict[str, tuple[str, str]]:
    return {
        one.id: tuple(os.fspath(one.files[plane][0]) for plane in ("images", "masks"))
        for one in planes
    }


def test_same_place_first_then_the_name_anywhere(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "x.png", "a/x.jpg", "b/y.tif", ".hid/z.png", ".h.png", "n.txt")
    masks = fill(tmp_path / "m", "x.png", "a/x.png", "elsewhere/y.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert left_out == []
    assert pairs(planes) == {
        "x": (f"{imgs}/x.png", f"{masks}/x.png"),
        "a/x": (f"{imgs}/a/x.jpg", f"{masks}/a/x.png"),
        "b/y": (f"{imgs}/b/y.tif", f"{masks}/elsewhere/y.png"),
    }
    check_ids(one.id for one in planes)


def test_what_has_no_partner_is_told_of_both_sides(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a.png", "walls.png", "c.png")
    masks = fill(tmp_path / "m", "a.png", "wall.png", "q/other.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["a"]
    told = {failure.item: failure for failure in left_out}
    assert set(told) == {"walls.png", "c.png", "wall.png", "q/other.png"}
    assert told["walls.png"].what == "the picture walls.png has no mask"
    assert told["walls.png"].fix == f"mv {masks}/wall.png {masks}/walls.png"
    assert told["c.png"].fix == f"name its mask c.png and put it into {masks}"
    assert told["wall.png"].what.endswith("has no picture; is it the mask of walls.png?")
    assert told["q/other.png"].fix == "name it like its picture, or move it away"
    assert {failure.step for failure in left_out} == {"pairs"}


def test_one_name_in_two_folders(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a/x.png", "b/x.png", "ok.png")
    masks = fill(tmp_path / "m", "x.png", "ok.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["ok"]
    assert [failure.item for failure in left_out] == ["a/x.png", "b/x.png"]
    assert "which of them x.png belongs to cannot be told" in left_out[0].what
    assert f"mkdir -p {masks}/a && mv {masks}/x.png {masks}/a/" in left_out[0].fix
    fill(masks, "a/x.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["ok", "a/x", "b/x"], "by place, then what remains"
    assert left_out == []


def test_two_files_of_one_name_and_two_masks_of_one_picture(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "x.png", "x.jpg", "y.png", "ok.png")
    masks = fill(tmp_path / "m", "x.png", "y.png", "y.tif", "ok.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["ok"]
    told = {failure.item: failure for failure in left_out}
    assert set(told) == {"x.png", "x.jpg", "y.png"}
    assert told["x.jpg"].what == "x.jpg has the name of x.png"
    assert "both results would be x_collage.png" in told["x.jpg"].why
    assert told["x.jpg"].fix.startswith(f"mv {imgs}/x.jpg {imgs}/x_jpg.jpg")
    assert told["y.png"].what == "y.png has 2 masks: y.png, y.tif"
    assert "y_mask001.png" in told["y.png"].fix


def test_capitals_count_until_they_need_not(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "Wall.PNG", "other.png")
    masks = fill(tmp_path / "m", "wall.png", "WALL.png", "OTHER.png")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["other"]
    assert left_out[0].what.startswith("Wall.PNG has 2 masks")
    fill(masks, "Wall.png")
    planes, _ = pair_pictures(imgs, masks)
    assert dict(pairs(planes))["Wall"][1] == f"{masks}/Wall.png"


def test_masks_among_the_pictures(tmp_path: Path) -> None:
    both = fill(tmp_path / "f", "a.jpg", "a_mask.png", "b.png", "b_mask001.png", "b_mask002.png")
    fill(both, "c_mask.png")  # a picture, since there is no c
    planes, left_out = pair_pictures(both, both)
    assert pairs(planes) == {
        "a": (f"{both}/a.jpg", f"{both}/a_mask.png"),
        "b_mask001": (f"{both}/b.png", f"{both}/b_mask001.png"),
        "b_mask002": (f"{both}/b.png", f"{both}/b_mask002.png"),
    }
    assert [failure.item for failure in left_out] == ["c_mask.png"]
    planes, left_out = pair_pictures(both / "a.jpg", both)
    assert [one.id for one in planes] == ["a"]
    assert left_out == [], "masks of other pictures are none of its business"


def test_folders_within_each_other(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a.png", "masks/a.png", "out/ledger.sqlite", "out/c/a.png")
    from multiplane.engine import ledger  # noqa: PLC0415 - the name of its file

    (imgs / "out" / "ledger.sqlite").rename(imgs / "out" / ledger.FILE_NAME)
    planes, left_out = pair_pictures(imgs, imgs / "masks")
    assert pairs(planes) == {"a": (f"{imgs}/a.png", f"{imgs}/masks/a.png")}
    assert left_out == []


def test_one_mask_is_for_one_picture(tmp_path: Path) -> None:
    imgs, mask = fill(tmp_path / "i", "a.png"), fill(tmp_path, "damage.png") / "damage.png"
    assert list(pairs(pair_pictures(imgs, mask)[0])) == ["a"]
    assert list(pairs(pair_pictures(imgs / "a.png", mask)[0])) == ["a"]
    fill(imgs, "b.png")
    with pytest.raises(InputError, match="one mask, ") as caught:
        pair_pictures(imgs, mask)
    assert caught.value.fix.endswith(f"--image {imgs}/a.png")
    assert "--masks FOLDER" in caught.value.fix


def test_nothing_to_work_on(tmp_path: Path) -> None:
    imgs, masks = fill(tmp_path / "i", "a.png"), fill(tmp_path / "m", "b.png", "c.png")
    with pytest.raises(InputError, match=r"pictures a\.png; masks b\.png, c\.png") as caught:
        pair_pictures(imgs, masks)
    assert caught.value.fix == "name each mask like its picture, or <picture>_mask.png"
    with pytest.raises(InputError, match="no pictures in") as caught:
        pair_pictures(fill(tmp_path / "t", "a.txt"), masks)
    assert caught.value.fix == "name the folder in which they lie: --images FOLDER"
    with pytest.raises(InputError, match="no masks in") as caught:
        pair_pictures(imgs, tmp_path / "t")
    assert caught.value.fix.startswith(f"multiplane restore damage {imgs} -o found")
    with pytest.raises(InputError, match="not there") as caught:
        pair_pictures(tmp_path / "absent", masks)
    assert caught.value.fix == "check the path; names with spaces need quotes"


def test_ids_stay_what_they_were(tmp_path: Path) -> None:
    first, second = fill(tmp_path / "1", "wall.png"), fill(tmp_path / "2", "wall.png")
    masks = fill(tmp_path / "m", "wall.png", "better/wall.png")
    (before,), _ = pair_pictures(first / "wall.png", masks / "wall.png")
    known = {before.id: before.files}
    (other,), _ = pair_pictures(second / "wall.png", masks / "wall.png", known)
    assert other.id == "wall-2"
    (again,), _ = pair_pictures(first, masks / "better", {**known, other.id: other.files})
    assert again.id == "wall", "its damage was drawn anew"


def test_pictures_alone(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a.png", "b/a.png")
    planes, left_out = pair_pictures([imgs, imgs / "b"], None)
    assert [one.id for one in planes] == ["a", "b/a"], "each file once"
    assert {tuple(one.files) for one in planes} == {("images",)}
    assert left_out == []


def test_for_python(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    imgs, masks = fill(tmp_path / "i", "a.png", "b.png"), fill(tmp_path / "m", "a.png")
    with caplog.at_level(logging.WARNING):
        found = multiplane.pictures(str(imgs), str(masks))
    assert multiplane.pictures is pictures
    assert isinstance(found, Pictures)
    assert len(found) == 1
    assert found[0].id == "a"
    assert [one.id for one in found[:1]] == ["a"]
    assert [failure.item for failure in found.left_out] == ["b.png"]
    assert "the picture b.png has no mask" in caplog.text
    again, left_out = named(found, {"a": {"images": ["/far/a.png"]}})
    assert [one.id for one in again] == ["a-2"]
    assert [failure.item for failure in left_out] == ["b.png"]
    assert named("film.mp4", {}) == ("film.mp4", ())


def test_masks_of_a_run_are_not_read_the_other_way_round() -> None:
    steps: Any = [SimpleNamespace(id="c", options=SimpleNamespace(mask_mode="black"))]
    refuse_inverted([Planes("a", {})], steps)
    with pytest.raises(ConfigError, match=r"c\.mask_mode is black") as caught:
        refuse_inverted([Planes("a", {}, {"mask_mode": "white"})], steps)
    assert caught.value.fix == "--mask-mode white"


NAMES = st.lists(
    st.tuples(st.sampled_from(["", "a/", "b/", "A/"]), st.sampled_from("xyzX"),
              st.sampled_from(["", "_mask", "_mask1"]), st.sampled_from([".png", ".jpg"])),
    min_size=1, max_size=8, unique=True,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ours=NAMES, theirs=NAMES)
def test_nothing_is_silently_lost(
    ours: list[tuple[str, ...]], theirs: list[tuple[str, ...]], tmp_path_factory: Any
) -> None:  # fmt: skip
    root = tmp_path_factory.mktemp("names")
    imgs = fill(root / "i", *map("".join, ours))
    masks = fill(root / "m", *map("".join, theirs))
    try:
        planes, left_out = pair_pictures(imgs, masks)
    except InputError as error:
        assert "has a mask in" in error.what
        return
    check_ids(one.id for one in planes)
    done = {one.files["images"][0] for one in planes}
    told = {str(imgs / failure.item) for failure in left_out}
    assert {str(imgs / "".join(name)) for name in ours} == done | (
        told & {str(imgs / "".join(name)) for name in ours}
    )
    used = [one.files["masks"][0] for one in planes]
    assert len(used) == len(set(used)), "a mask belongs to one picture"
    for one in planes:
        image, mask = (Path(one.files[plane][0]).stem for plane in ("images", "masks"))
        assert mask.casefold().startswith(image.casefold())


def test_pictures_of_which_none_can_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "phone.heic").touch()
    with pytest.raises(InputError, match=r"phone\.heic is of a kind that is not read") as caught:
        pair_pictures(tmp_path)
    assert "export it as PNG or TIFF" in caught.value.fix
