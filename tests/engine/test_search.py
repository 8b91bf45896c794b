"""Where pictures and masks lie."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from multiplane.core.errors import InputError
from multiplane.engine.folder import INPUTS, RECIPE
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.engine.pictures import pair_pictures
from multiplane.engine.search import find_masks, find_pictures


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def of_a_run(root: Path, plane: str, images: dict[str, str]) -> Path:
    """A run that has made one file of a plane for each of its pictures."""
    root.mkdir()
    (root / RECIPE).write_text("name: r\nstages:\n  - {id: step, stage: restore.step}\n")
    Ledger(root / FILE_NAME).close()
    given = [{"id": name, "files": {"images": [image], "masks": ["/far/m.png"]}, "data": {}}
             for name, image in images.items()]  # fmt: skip
    (root / INPUTS).write_text(json.dumps(given))
    files = {name: [f"step/{plane}/{name}/{Path(name).name}.png"] for name in images}
    for (name,) in files.values():
        fill(root, name)
    items = [
        {"id": name, "figures": {}, "outputs": [{"id": name, "files": {plane: of}, "data": {}}]}
        for name, of in files.items()
    ]
    value = {"step": "step", "stage": "restore.step", "version": 1, "options": {}, "items": items,
             "failures": [], "skipped": {}, "timings": {"wall": 1.0, "items": {}}}  # fmt: skip
    (root / "step" / "step.json").write_text(json.dumps(value))
    return root


@pytest.mark.parametrize("plane", ["masks", "damage"])
def test_masks_of_a_run_belong_to_the_pictures_it_was_given(plane: str, tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "My wall (1).png", "a/x.png", "b/x.png")
    images = {"My-wall-1": f"{imgs}/My wall (1).png", "a/x": f"{imgs}/a/x.png",
              "b/x": f"{imgs}/b/x.png"}  # fmt: skip
    run = of_a_run(tmp_path / "run", plane, images)
    planes, left_out = pair_pictures(imgs, run)
    assert left_out == []
    assert {one.id: one.files["masks"] for one in planes} == {
        name: (f"{run}/step/{plane}/{name}/{Path(name).name}.png",) for name in images
    }
    assert all(one.data == {"mask_mode": "white"} for one in planes)
    moved = imgs.rename(tmp_path / "moved")
    again, left_out = pair_pictures(moved, run)
    assert left_out == []
    assert [one.files["masks"] for one in again] == [one.files["masks"] for one in planes]


def test_a_run_without_masks_and_one_in_the_place_of_pictures(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a.png")
    run = of_a_run(tmp_path / "run", "frames", {"a": f"{imgs}/a.png"})
    with pytest.raises(InputError, match="has made no masks") as caught:
        find_masks(run, [imgs])
    assert caught.value.fix == "--masks FOLDER with a mask for each picture, named like it"
    with pytest.raises(InputError, match="is the folder of a run") as caught:
        find_pictures([run])
    assert caught.value.fix == "name the folder in which your own pictures lie"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="who is root may enter")
def test_a_folder_that_is_closed(tmp_path: Path) -> None:
    imgs = fill(tmp_path / "i", "a.png", "closed/b.png")
    (imgs / "closed").chmod(0)
    found, unfit = find_pictures([imgs])
    (imgs / "closed").chmod(0o755)
    assert [one.stem for one in found] == ["a"]
    assert unfit[0].fix == f"chmod u+rx {imgs}/closed"


def test_a_link_that_leads_nowhere_and_a_folder_that_is_closed(tmp_path: Path) -> None:
    imgs, masks = fill(tmp_path / "i", "a.png"), fill(tmp_path / "m", "a.png")
    (imgs / "gone.png").symlink_to(tmp_path / "nothing.png")
    (imgs / "again").symlink_to(imgs)
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["a"]
    (failure,) = left_out
    assert failure.what == "gone.png is no file that could be read"
    assert failure.fix == f"ls -l {imgs}/gone.png"


@pytest.mark.skipif(sys.platform != "linux", reason="here all file names are text")
def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    imgs, masks = fill(tmp_path / "i", "a.png"), fill(tmp_path / "m", "a.png")
    (imgs / os.fsdecode(b"\xe9.png")).write_bytes(b"x")
    planes, left_out = pair_pictures(imgs, masks)
    assert [one.id for one in planes] == ["a"]
    assert [failure.item for failure in left_out] == ["\\xe9.png"]
    assert left_out[0].fix.startswith("mv $'")


def test_photographs_of_kinds_that_are_not_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("wall.png", "phone.HEIC", "sub/old.gif", "notes.txt", ".hidden.heic"):
        (tmp_path / name).touch()
    found, unfit = find_pictures([tmp_path])
    assert [one.shown for one in found] == ["wall.png"]
    assert [failure.item for failure in unfit] == ["phone.HEIC", "sub/old.gif"]
    assert unfit[0].what == "phone.HEIC is of a kind that is not read"
    assert unfit[0].fix == "export it as PNG or TIFF under that name, or move it away"


@pytest.mark.skipif(os.sep != "/", reason="backslashes part folders there")
def test_a_path_of_another_system_is_told() -> None:
    with pytest.raises(InputError, match="not there") as caught:
        find_pictures([Path("F:\\imgs\\pic.png")])
    assert caught.value.fix.endswith("names with spaces need quotes; here folders are parted by /")
