from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.arrays import Frame
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.engine import api
from multiplane.engine.pictures import pictures
from multiplane.engine.recipe import stage_recipe
from multiplane.media.images import (
    read_frame,
    read_mask,
    write_cutout,
    write_deep,
    write_frame,
    write_map,
)
from multiplane.restore.damage.find import find_damage
from multiplane.restore.damage.run import Damage, DamageOptions


def run(root: Path, *names: str, options: DamageOptions | None = None) -> Record:
    item = Item("wall", root, "damage", {"images": names})
    return Damage().open(options or DamageOptions()).work(item)


@pytest.fixture
def damaged(drawn) -> Frame:
    return drawn.damaged[:300, :400]


def test_masks_and_overlays_are_written_and_counted(tmp_path: Path, damaged: Frame) -> None:
    write_frame(tmp_path / "wall.png", damaged)
    record = run(tmp_path, "wall.png")
    (planes,) = record.outputs
    assert {plane: [*names] for plane, names in planes.files.items()} == {
        "masks": ["damage/masks/wall/wall.png"],
        "overlays": ["damage/overlays/wall/wall.jpg"],
    }
    found = find_damage(damaged)
    assert np.array_equal(read_mask(tmp_path / planes.files["masks"][0]), found.mask)
    assert read_frame(tmp_path / planes.files["overlays"][0]).shape == damaged.shape
    (row,) = record.figures["pictures"]  # type: ignore[misc, union-attr]
    assert row["size"] == [400, 300]  # type: ignore[index, call-overload]
    assert row["share"] == pytest.approx(found.mask.mean(), abs=1e-6)  # type: ignore[index, call-overload]
    for kind, mask in found.kinds.items():
        told = row["kinds"][kind]  # type: ignore[index, call-overload]
        assert (told["count"] > 0) == mask.any()
        seen = np.zeros_like(mask)
        for x0, y0, x1, y1 in told["boxes_xyxy"]:
            seen[y0:y1, x0:x1] = True
        assert not (mask & ~seen).any()
    assert json.dumps(record.figures)


def test_black_masks_come_beside_the_white_ones(tmp_path: Path, damaged: Frame) -> None:
    write_frame(tmp_path / "wall.png", damaged)
    files = run(tmp_path, "wall.png", options=DamageOptions(mask_mode="black")).outputs[0].files
    white, black = (read_mask(tmp_path / files[plane][0]) for plane in ("masks", "black_masks"))
    assert np.array_equal(white, find_damage(damaged).mask)
    assert np.array_equal(black, ~white)


def test_depth_alpha_and_grey(tmp_path: Path, damaged: Frame) -> None:
    write_deep(tmp_path / "deep.tif", damaged.astype(np.uint16) * 257)
    alpha = np.zeros(damaged.shape[:2], np.float32)
    alpha[:, :200] = 1
    write_cutout(tmp_path / "clear.png", damaged, alpha)
    write_map(tmp_path / "grey.png", damaged[..., 1])
    names = run(tmp_path, "deep.tif", "clear.png", "grey.png").outputs[0].files["masks"]
    deep, clear, grey = (read_mask(tmp_path / name) for name in names)
    assert np.array_equal(deep, find_damage(damaged).mask)
    assert clear[:, :200].any()
    assert not clear[:, 200:].any()
    assert np.array_equal(grey, find_damage(np.repeat(damaged[..., 1:2], 3, axis=2)).mask)


def test_nothing_damaged_is_an_empty_mask(tmp_path: Path, drawn) -> None:
    write_frame(tmp_path / "wall.png", drawn.clean)
    record = run(tmp_path, "wall.png")
    assert not read_mask(tmp_path / record.outputs[0].files["masks"][0]).any()
    (row,) = record.figures["pictures"]  # type: ignore[misc, union-attr]
    kinds = row["kinds"].values()  # type: ignore[index, call-overload]
    assert [told["count"] for told in kinds] == [0, 0, 0]


def test_a_bad_picture_fails_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"wall\.png") as caught:
        run(tmp_path, "wall.png")
    assert caught.value.fix


def test_the_stage_can_travel() -> None:
    stage = pickle.loads(pickle.dumps(Damage()))
    assert stage.fingerprint(DamageOptions()) == ""
    assert stage.needs == ("images",)


def test_a_run_of_it_gives_masks_to_pictures(tmp_path: Path, drawn) -> None:
    write_frame(tmp_path / "imgs" / "hall" / "wall.png", drawn.damaged)
    found = tmp_path / "found"
    report = api.run(stage_recipe("restore.damage"), pictures(tmp_path / "imgs"), found)
    assert report.exit_status == 0
    (planes,) = pictures(tmp_path / "imgs", found)
    assert planes.id == "hall/wall"
    assert np.array_equal(read_mask(planes.files["masks"][0]), find_damage(drawn.damaged).mask)
