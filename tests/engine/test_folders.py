from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from multiplane.core.errors import InputError
from multiplane.engine.folders import footage_recipe, planes_of_folders


def fill(folder: Path, *names: str, size: tuple[int, int] = (4, 3)) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in {".png", ".jpg"}:
            Image.new("RGB", size).save(path)
        else:
            path.write_bytes(b"x")
    return folder


def test_matches_by_stem_in_natural_order(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "10.jpg", "9.jpg", ".hidden.png", "note.txt")
    masks = fill(tmp_path / "m", "9.png", "10.png", "11.png")
    (planes,) = planes_of_folders({"frames": frames, "masks": masks})
    assert planes.id == "f"
    assert [Path(name).name for name in planes.files["frames"]] == ["9.jpg", "10.jpg"]
    assert [Path(name).name for name in planes.files["masks"]] == ["9.png", "10.png"]


def test_one_set_a_folder(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "clip/0001/a.png", "clip/0002/a.png")
    masks = fill(tmp_path / "m", "clip/0001/a.png", "clip/0002/a.png")
    camera = fill(tmp_path / "c", "clip/0001/camera.json", "clip/0002/camera.json")
    sets = planes_of_folders({"frames": frames, "masks": masks, "camera": camera})
    assert [planes.id for planes in sets] == ["clip/0001", "clip/0002"]
    assert sets[1].files["masks"] == (str(masks / "clip/0002/a.png"),)
    assert sets[1].files["camera"] == (str(camera / "clip/0002/camera.json"),)


def test_frames_flat_and_masks_as_a_run_leaves_them(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png")
    masks = fill(tmp_path / "m", "clip/0001/a.png")
    (planes,) = planes_of_folders({"frames": frames, "masks": masks})
    assert planes.files["masks"] == (str(masks / "clip/0001/a.png"),)


def test_sizes_apart_and_a_damaged_frame_alone(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "c.png")
    fill(frames, "b.png", size=(8, 6))
    (frames / "d.png").write_bytes(b"no picture")
    sets = planes_of_folders({"frames": frames})
    stems = {p.id: [Path(name).stem for name in p.files["frames"]] for p in sets}
    assert stems == {"f/4x3": ["a", "c"], "f/8x6": ["b"], "f/d": ["d"]}


def test_a_damaged_or_wrong_mask_takes_only_its_frame_along(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png", "c.png", "d.png")
    masks = fill(tmp_path / "m", "a.png", "d.png")
    (masks / "b.png").write_bytes(b"no picture")
    fill(masks, "c.png", size=(8, 6))
    sets = planes_of_folders({"frames": frames, "masks": masks})
    stems = {p.id: [Path(name).stem for name in p.files["masks"]] for p in sets}
    assert stems == {"f/4x3": ["a", "d"], "f/b": ["b"], "f/c": ["c"]}


def test_frames_without_partner_are_named(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png")
    masks = fill(tmp_path / "m", "a.png")
    with pytest.raises(InputError, match=r"1 of 2 frames have no partner .*: b\.png") as caught:
        planes_of_folders({"frames": frames, "masks": masks})
    assert caught.value.fix.startswith("name each file of the masks like its frame")


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder") as caught:
        planes_of_folders({"frames": tmp_path / "no"})
    assert caught.value.fix.startswith("multiplane split shots VIDEO")
    with pytest.raises(InputError, match="no pictures in") as caught:
        planes_of_folders({"frames": tmp_path})
    assert caught.value.fix.startswith("multiplane split shots")


def test_a_single_file_plane_that_is_not_single(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png")
    with pytest.raises(InputError, match=r"has 0 \.json files, wanted one") as caught:
        planes_of_folders({"frames": frames, "camera": tmp_path / "f"})
    assert caught.value.fix == "name the file itself: --camera FILE"


def test_footage_recipes() -> None:
    assert [step.id for step in footage_recipe("split.shots").stages] == ["shots"]
    recipe = footage_recipe("split.segment")
    assert [step.id for step in recipe.stages] == ["shots", "segment"]
    assert recipe.stages[1].inputs == {"frames": "shots.frames"}
