from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from multiplane.core.errors import ConfigError, InputError
from multiplane.engine.folders import footage_recipe, left_out, planes_of_folders
from multiplane.engine.plan import check_ids

any_bytes = pytest.mark.skipif(sys.platform != "linux", reason="here all file names are text")


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


def test_masks_beside_their_pictures_several_a_picture(tmp_path: Path) -> None:
    both = fill(tmp_path / "f", "a.jpg", "a_mask001.png", "a_mask002.png", "b.jpg", "b_mask.png")
    (planes,) = planes_of_folders({"frames": both, "masks": both})
    assert [Path(name).name for name in planes.files["frames"]] == ["a.jpg", "a.jpg", "b.jpg"]
    assert [Path(name).stem for name in planes.files["masks"]] == [
        "a_mask001", "a_mask002", "b_mask",
    ]  # fmt: skip
    fill(both, "c.jpg")
    with pytest.raises(InputError, match=r"no mask: c\.jpg"):
        planes_of_folders({"frames": both, "masks": both})


def test_one_mask_for_all(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png")
    mask = fill(tmp_path, "logo.png") / "logo.png"
    (planes,) = planes_of_folders({"frames": frames, "masks": mask})
    assert planes.files["masks"] == (str(mask), str(mask))
    with pytest.raises(InputError, match=r"logo\.png is not a folder"):
        planes_of_folders({"frames": frames, "plates": mask})


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


def run_of(root: Path, *shots: str, own: Path | None = None) -> Path:
    """What a run of shots and masks leaves, as far as others look at it."""
    fill(root / "segment" / "masks", *(f"{shot}/{stem}.png" for shot in shots for stem in "ab"))
    (root / "ledger.sqlite").touch()
    (root / "recipe.yaml").write_text(
        "{name: r, stages: [{id: shots, stage: split.shots}, {id: segment, stage: split.segment}]}"
    )
    for step, plane in (("shots", "frames"), ("segment", "masks")):
        outputs = [
            {
                "id": shot,
                "files": {
                    plane: [
                        str(own / f"{stem}.png")
                        if own and plane == "frames"
                        else f"{step}/{plane}/{shot}/{stem}.png"
                        for stem in "ab"
                    ]
                },
                "data": {},
            }
            for shot in shots
        ]
        if step == "segment":
            for output in outputs:
                output["files"]["camera"] = [f"segment/camera/{output['id']}/camera.json"]
                fill(root, output["files"]["camera"][0])
        items = [{"id": "film", "figures": {}, "outputs": outputs}]
        value = {"step": step, "stage": f"split.{step}", "items": items, "failures": []}
        value |= {"skipped": {}, "timings": {"items": {}}}
        (root / step).mkdir(exist_ok=True)
        (root / step / f"{step}_metadata.json").write_text(json.dumps(value))
    return root


def test_a_run_folder_stands_for_its_planes(tmp_path: Path) -> None:
    run = run_of(tmp_path / "r", "film/0001", "film/0002")
    fill(
        run / "shots" / "frames",
        *(f"{s}/{n}.png" for s in ("film/0001", "film/0002") for n in "ab"),
    )
    fill(run / "segment" / "masks", "earlier/0001/a.png")
    sets = planes_of_folders({"frames": run, "masks": run, "camera": run})
    assert [planes.id for planes in sets] == ["film/0001", "film/0002"]
    assert sets[1].files == {
        "frames": tuple(str(run / f"shots/frames/film/0002/{n}.png") for n in "ab"),
        "masks": tuple(str(run / f"segment/masks/film/0002/{n}.png") for n in "ab"),
        "camera": (str(run / "segment/camera/film/0002/camera.json"),),
    }
    assert left_out(run, "inpaint") == []


def test_masks_of_a_run_on_the_frames_that_it_was_given(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png")
    run = run_of(tmp_path / "r", "f/0001", own=frames)
    (given,) = planes_of_folders({"frames": frames, "masks": run, "camera": run})
    assert given.files["frames"] == (str(frames / "a.png"), str(frames / "b.png"))
    assert given.files["masks"][1] == str(run / "segment/masks/f/0001/b.png")
    assert given.files["camera"] == (str(run / "segment/camera/f/0001/camera.json"),)
    (again,) = planes_of_folders({"frames": run, "masks": run, "camera": run})
    assert again.id == "f/0001"
    assert again.files == given.files


def test_a_run_without_the_plane(tmp_path: Path) -> None:
    run = run_of(tmp_path / "r", "film/0001")
    with pytest.raises(InputError, match="has no plates") as caught:
        planes_of_folders({"frames": run, "plates": run})
    assert caught.value.why == "it has: frames, masks, camera"
    assert caught.value.fix == "name a folder that holds them: --plates FOLDER"


def test_one_folder_of_frames_may_have_its_masks_in_several(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png")
    masks = fill(tmp_path / "m", "f/0001/a.png", "f/0002/b.png")
    (planes,) = planes_of_folders({"frames": frames, "masks": masks})
    assert planes.files["masks"] == (
        str(masks / "f/0001/a.png"),
        str(masks / "f/0002/b.png"),
    )


def test_frames_of_another_folder_get_another_id(tmp_path: Path) -> None:
    first, second = (fill(tmp_path / name / "f", "a.png") for name in "xy")
    (one,) = planes_of_folders({"frames": first})
    known = {one.id: one.files}
    (two,) = planes_of_folders({"frames": second}, known)
    assert (one.id, two.id) == ("f", "f-2")
    known[two.id] = two.files
    assert [p.id for p in planes_of_folders({"frames": first}, known)] == ["f"]
    assert [p.id for p in planes_of_folders({"frames": second}, known)] == ["f-2"]


def ids_of(frames: Path) -> list[str]:
    ids = [planes.id for planes in planes_of_folders({"frames": frames})]
    check_ids(ids)
    return ids


def test_frames_of_one_stem_are_refused(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "a.jpg", "b.png")
    masks = fill(tmp_path / "m", "a.png", "b.png")
    with pytest.raises(InputError) as caught:
        planes_of_folders({"frames": frames, "masks": masks})
    assert caught.value.what == f"files of one name in {frames}: a.jpg and a.png"
    assert caught.value.why.endswith("by file name without its suffix")
    assert caught.value.fix.endswith(f"mv {frames / 'a.png'} {frames / 'a_png.png'}")


def test_capitals_do_not_tell_frames_apart(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "A.png", "a.jpg")
    with pytest.raises(InputError, match=r": a\.jpg and A\.png"):
        planes_of_folders({"frames": frames})


def test_masks_of_one_stem_are_refused_where_a_frame_wants_them(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png")
    masks = fill(tmp_path / "m", "a.png", "b.png", "b.jpg")
    (planes,) = planes_of_folders({"frames": frames, "masks": masks})
    assert planes.files["masks"] == (str(masks / "a.png"),)
    fill(masks, "a.jpg")
    with pytest.raises(InputError, match=rf"files of one name in {masks}: a\.jpg and a\.png"):
        planes_of_folders({"frames": frames, "masks": masks})


def test_pictures_above_pictures(tmp_path: Path) -> None:
    assert ids_of(fill(tmp_path / "f", "sub/a.png", "sub/deep/b.png")) == ["sub", "sub-2/deep"]
    assert ids_of(fill(tmp_path / "n2", "a.png", "n2/b.png")) == ["n2", "n2-2"]


def test_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", ".thumbs/a.png", "x/.thumbs/deep/a.png")
    assert ids_of(frames) == ["f"]
    assert ids_of(fill(tmp_path / ".f", "a.png")) == ["f"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_names_that_are_no_ids(tmp_path: Path) -> None:
    assert ids_of(fill(tmp_path / "what?", "a.png")) == ["what"]
    frames = fill(tmp_path / "f", "a.png", "c.png")
    (frames / "b: 2.png").write_bytes(b"no picture")
    assert ids_of(frames) == ["f/4x3", "f/b-2"]


def test_a_damaged_frame_called_like_a_size_is_alone(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png")
    (frames / "4x3.png").write_bytes(b"no picture")
    assert ids_of(frames) == ["f/4x3", "f/4x3-2"]


@any_bytes
def test_a_frame_whose_name_is_no_text_is_left_out(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "x/b.png")
    assert left_out(frames, "inpaint") == []
    fill(frames, os.fsdecode(b"c\xe9.png"), os.fsdecode(b"y\xe9/c.png"))
    assert ids_of(frames) == ["f", "x"]
    first, second = left_out(frames, "inpaint")
    assert (first.step, first.item) == ("inpaint", "c\\xe9.png")
    assert first.what == f"the name {frames}/c\\xe9.png is not UTF-8"
    assert first.fix.startswith("mv $'")
    assert second.item == "c.png"
    only = fill(tmp_path / "g", os.fsdecode(b"c\xe9.png"))
    with pytest.raises(InputError, match="is not UTF-8"):
        planes_of_folders({"frames": only})


def test_frames_without_partner_are_named(tmp_path: Path) -> None:
    frames = fill(tmp_path / "f", "a.png", "b.png")
    masks = fill(tmp_path / "m", "a.png")
    with pytest.raises(InputError, match=r"1 of 2 frames have no partner .*: b\.png") as caught:
        planes_of_folders({"frames": frames, "masks": masks})
    assert caught.value.fix.startswith("name each file of the masks like its frame")


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"not there: {tmp_path / 'no'}") as caught:
        planes_of_folders({"frames": tmp_path / "no"})
    assert caught.value.fix == "check the path; names with spaces need quotes"
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not a folder") as caught:
        planes_of_folders({"frames": tmp_path / "file"})
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
    with pytest.raises(ConfigError, match="masks"):
        footage_recipe("restore.plate")
