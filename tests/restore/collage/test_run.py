from __future__ import annotations

import io
import json
import pickle
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from multiplane.core.arrays import Frame
from multiplane.core.errors import DamagedFileError, InputError
from multiplane.core.items import Item, Record
from multiplane.media.images import read_frame, write_frame, write_mask
from multiplane.media.levels import write_levels
from multiplane.restore.collage.run import Collage, CollageOptions
from multiplane.restore.collage.view import chequers

Make = Callable[..., Item]


def run(item: Item, **options: Any) -> Record:
    return Collage().open(CollageOptions(**options)).work(item)


def collage_of(item: Item, record: Record) -> Frame:
    return read_frame(item.root / record.outputs[0].files["collages"][0])


def panel(collage: Frame, row: int, column: int) -> Frame:
    return collage[80 * row : 80 * row + 60, 110 * column : 110 * column + 90]


def test_it_makes_a_collage_and_a_page(make_item: Make, case: Any) -> None:
    item = make_item()
    record = run(item)
    (planes,) = record.outputs
    assert planes.files == {
        "collages": ("collage/collages/hall/wall/wall_collage.png",),
        "pages": ("collage/pages/hall/wall/wall.html",),
    }
    collage = collage_of(item, record)
    assert collage.shape == (3 * 60 + 2 * 20, 3 * 90 + 2 * 20, 3)
    for row, repaired in enumerate(case.restorations):
        assert np.array_equal(panel(collage, row, 0), case.original)
        assert np.array_equal(panel(collage, row, 2), repaired)
        assert (panel(collage, row, 1)[case.damage] == 255).all()
    assert record.figures["rows"] == [1, 2, 3]
    assert record.figures["collage_size"] == [310, 220]
    assert record.figures["notes"] == []
    assert record.figures["missing"] == ["Row 4 (diffusion) is missing: no memory (fix: buy)"]
    assert json.dumps(record.figures)


def test_the_same_work_gives_the_same_bytes(make_item: Make) -> None:
    item = make_item()

    def made() -> dict[str, bytes]:
        files = run(item, captions=True, difference=True).outputs[0].files
        return {name: (item.root / name).read_bytes() for (name,) in files.values()}

    assert made() == made()


def test_rows_may_stand_by_rank(make_item: Make, case: Any) -> None:
    item = make_item()
    record = run(item, order="rank", page=False)
    assert record.figures["rows"] == [2, 3, 1]
    assert set(record.outputs[0].files) == {"collages"}
    collage = collage_of(item, record)
    for row, number in enumerate((1, 2, 0)):
        assert np.array_equal(panel(collage, row, 2), case.restorations[number])


def test_sixteen_bits_are_shown_as_eight_and_the_profile_goes_along(
    make_item: Make, case: Any
) -> None:
    item = make_item()
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = np.random.default_rng(1).integers(-128, 129, case.original.shape)
    deep = np.clip(case.original.astype(np.int64) * 257 + noise, 0, 65535).astype(np.uint16)
    path = item.root / "wall.tif"
    tifffile.imwrite(path, deep, photometric="rgb", iccprofile=icc, metadata=None)
    item = replace(item, files={**item.files, "images": (str(path),)})
    record = run(item)
    assert np.array_equal(panel(collage_of(item, record), 0, 0), case.original)
    assert "16 bits" in str(record.figures["notes"])
    assert record.figures["bits"] == 16
    with Image.open(item.root / record.outputs[0].files["collages"][0]) as image:
        assert image.info["icc_profile"] == icc


def test_transparent_pictures_stand_on_a_ground(make_item: Make, case: Any) -> None:
    item = make_item()
    alpha = np.full((60, 90), 255, np.uint8)
    alpha[30:40, 50:70], alpha[40:50, 50:70] = 0, 128
    for path, frame in zip(
        [*item.paths("images"), *item.paths("candidates")],
        [case.original, *case.restorations],
        strict=True,
    ):
        write_levels(path, frame, alpha)
    record = run(item)
    shown = panel(collage_of(item, record), 0, 0)
    assert np.array_equal(shown[alpha == 255], case.original[alpha == 255])
    ground = chequers((90, 60), slice(0, 60))
    assert np.array_equal(shown[30:40, 50:70], ground[30:40, 50:70, None].repeat(3, axis=2))
    middle = (case.original[45, 60].astype(int) + ground[45, 60]) / 2
    assert np.abs(shown[45, 60] - middle).max() <= 1.5
    assert "chequered" in str(record.figures["notes"])


def test_inks_are_shown_as_they_were_read(make_item: Make, case: Any) -> None:
    item = make_item()
    path = item.root / "wall.tif"
    Image.fromarray(case.original).convert("CMYK").save(path)
    item = replace(item, files={**item.files, "images": (str(path),), "layers": ()})
    record = run(item)
    assert "CMYK" in str(record.figures["notes"])
    shown = panel(collage_of(item, record), 0, 0).astype(int)
    assert np.abs(shown - case.original).max() <= 2


def test_what_is_too_large_is_drawn_smaller_and_told(make_item: Make) -> None:
    item = make_item()
    record = run(item, max_megapixels=0.02, page_megapixels=0.1)
    width, height = record.figures["collage_size"]  # type: ignore[misc]
    assert width * height <= 20_000
    assert collage_of(item, record).shape[1::-1] == (width, height)
    assert record.figures["collage_shrink"] < 1  # type: ignore[operator]
    assert "max_megapixels is 0.02" in str(record.figures["notes"])


def test_what_changed_outside_of_the_layer_is_told(make_item: Make, case: Any) -> None:
    def spoil(root: Path) -> None:
        spoiled = case.restorations[1].copy()
        spoiled[0, :3] ^= 255
        write_frame(root / "candidates/candidates/wall_2.png", spoiled)

    told = run(make_item(change=spoil)).figures["notes"]
    assert told == ["row 2 differs from the original in 3 pixels outside of its layer"]


def test_every_picture_of_a_batch_has_its_own_size(make_item: Make, case: Any) -> None:
    first = make_item()
    second = make_item("other")
    for path in [*second.paths("images"), *second.paths("candidates")]:
        write_frame(path, read_frame(path)[:, :40])
    write_mask(second.paths("damage")[0], case.damage[:, :40])
    second = replace(second, files={**second.files, "layers": ()})
    assert run(second).figures["size"] == [40, 60]
    assert [*second.root.glob("collage/collages/hall/other/*")]
    with pytest.raises(InputError, match="90x60"):
        run(first)  # its restorations were overwritten


def test_a_run_without_pictures_says_what_is_missing(make_item: Make, record: Any) -> None:
    item = make_item()
    without = replace(item, files={**item.files, "images": ()})
    with pytest.raises(InputError, match="0 files of images") as caught:
        run(without)
    assert "restore-artwork" in caught.value.fix
    item.paths("records")[0].write_text("[]")
    with pytest.raises(DamagedFileError) as damaged:
        run(item)
    assert "restore-artwork" in damaged.value.fix
    assert not (item.root / "collage").exists()


def test_a_failed_restoration_leaves_no_half_collage(make_item: Make) -> None:
    def cut(root: Path) -> None:
        path = root / "candidates/candidates/wall_3.png"
        path.write_bytes(path.read_bytes()[:300])

    item = make_item(change=cut)
    with pytest.raises(DamagedFileError):
        run(item)
    assert [path for path in (item.root / "collage").rglob("*") if path.is_file()] == []


def test_the_stage_can_travel(make_item: Make) -> None:
    stage = pickle.loads(pickle.dumps(Collage()))
    assert stage.fingerprint(CollageOptions()) == ""
    page = make_item()
    text = (page.root / run(page).outputs[0].files["pages"][0]).read_text(encoding="utf-8")
    assert len(re.findall("data:image/webp", text)) >= 5
    assert io.StringIO(text).readline() == "<!doctype html>\n"
