"""The recipe from the first file to the last, without any network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

import multiplane
from multiplane.core.arrays import Frame, Mask
from multiplane.core.items import Planes
from multiplane.media.images import write_frame, write_mask
from multiplane.media.levels import read_levels

OPTIONS = {
    "candidates.backend": {"kind": "patchmatch", "rounds": 1},
    "candidates.rows": 2,
    "candidates.seed": 7,
    "candidates.mask_mode": "black",
    "candidates.context_px": 16,
    "collage.spacing_h_px": 5,
    "collage.spacing_v_px": 3,
}
SIZE = (96, 72)


def _painting(seed: int) -> Frame:
    """Strokes in two colours over a slope of light."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    frame = np.zeros((height, width, 3), np.float32)
    frame += np.linspace(60, 190, width)[None, :, None] * [1.0, 0.9, 0.6]
    for _ in range(120):
        x, y = rng.integers(0, width), rng.integers(0, height)
        colour = rng.uniform(-40, 40, 3) + frame[y, x]
        cv2.line(frame, (int(x), int(y)), (int(x) + 9, int(y) + 3), colour.tolist(), 2)
    return np.clip(frame, 0, 255).astype(np.uint8)


def _damage() -> Mask:
    mask = np.zeros(SIZE[::-1], np.uint8)
    cv2.ellipse(mask, (30, 30), (9, 6), 20, 0, 360, 1, -1)
    cv2.line(mask, (50, 71), (95, 40), 1, 2)
    return mask > 0


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An 8-bit PNG, a 16-bit TIFF with a profile, a JPEG that its EXIF turns; black masks."""
    root = tmp_path_factory.mktemp("artworks")
    for name in ("imgs/hall", "masks"):
        (root / name).mkdir(parents=True)
    write_frame(root / "imgs" / "wall.png", _painting(1))
    deep = _painting(2).astype(np.uint16) * 257 + np.random.default_rng(3).integers(
        0, 256, (*SIZE[::-1], 3), np.uint16
    )
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tifffile.imwrite(
        root / "imgs" / "hall" / "icon.tif", np.minimum(deep, 65535), photometric="rgb",
        iccprofile=profile, metadata=None,
    )  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.ascontiguousarray(np.rot90(_painting(4)))
    Image.fromarray(stored).save(root / "imgs" / "turned.jpg", exif=exif, quality=95)
    for name in ("wall", "icon", "turned"):
        write_mask(root / "masks" / f"{name}.png", ~_damage())
    return root


@pytest.fixture(scope="module")
def done(inputs: Path) -> Path:
    pairs = multiplane.pictures(inputs / "imgs", inputs / "masks")
    report = multiplane.run("restore-artwork", pairs, inputs / "out", options=OPTIONS)
    assert report.exit_status == 0, report.failures
    return inputs / "out"


def _files(done: Path, plane: str, pattern: str) -> list[Path]:
    return sorted((done / "candidates" / plane).rglob(pattern))


@pytest.mark.parametrize(("name", "original"), [
    ("wall", "imgs/wall.png"), ("icon", "imgs/hall/icon.tif"), ("turned", "imgs/turned.jpg"),
])  # fmt: skip
def test_layers_over_the_original_are_the_restorations(
    done: Path, inputs: Path, name: str, original: str
) -> None:
    source = read_levels(inputs / original)
    most = int(np.iinfo(source.levels.dtype).max)
    candidates = _files(done, "candidates", f"{name}_*")
    layers = _files(done, "layers", f"{name}_*")
    assert len(candidates) == len(layers) == 2
    for candidate, layer in zip(candidates, layers, strict=True):
        result, over = read_levels(candidate).levels, read_levels(layer)
        assert over.alpha is not None
        share = over.alpha.astype(np.uint64)[..., None]
        mixed = source.levels * (most - share) + over.levels * share
        expected = (2 * mixed + most) // (2 * most)
        assert result.dtype == source.levels.dtype
        np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(result[~_damage()], source.levels[~_damage()])
        assert (result[_damage()] != source.levels[_damage()]).any()


def test_the_profile_stays(done: Path) -> None:
    for path in _files(done, "candidates", "icon_*.tif"):
        with Image.open(path) as picture:
            assert picture.info["icc_profile"]


def test_records_say_what_was_made_up(done: Path) -> None:
    for path in _files(done, "records", "*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        assert [row["seed"] for row in record["rows"]] == [7, 8]
        assert {row["by"] for row in record["rows"]} == {"patchmatch"}
        assert sorted(row["rank"] for row in record["rows"]) == [1, 2]
        assert record["mask"]["pixels"] == int(_damage().sum())
        assert record["mask"]["mode"] == "black"


def test_collages_show_original_damage_and_restoration(done: Path, inputs: Path) -> None:
    (path,) = (done / "collage" / "collages").rglob("wall_collage.png")
    collage = _pixels(path)
    width, height = SIZE
    assert collage.shape == (2 * height + 3, 3 * width + 2 * 5, 3)
    original = _pixels(inputs / "imgs" / "wall.png")
    white = np.where(_damage()[..., None], 255, original)
    for row, candidate in enumerate(_files(done, "candidates", "wall_*")):
        top = row * (height + 3)
        panels = (original, white, _pixels(candidate))
        for column, panel in enumerate(panels):
            left = column * (width + 5)
            shown = collage[top : top + height, left : left + width]
            np.testing.assert_array_equal(shown, panel)


def test_pages_need_nothing_beside_them(done: Path) -> None:
    pages = sorted((done / "collage" / "pages").rglob("*.html"))
    assert [page.stem for page in pages] == ["icon", "turned", "wall"]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "data:image/" in text
        assert 'src="http' not in text


def test_running_again_does_nothing_and_gives_the_same(done: Path, inputs: Path) -> None:
    pairs = multiplane.pictures(inputs / "imgs", inputs / "masks")
    report = multiplane.run("restore-artwork", pairs, done, options=OPTIONS)
    assert report.reused == report.done == 6


def test_the_same_seed_gives_the_same_bytes(done: Path, inputs: Path, tmp_path: Path) -> None:
    pairs = [p for p in multiplane.pictures(inputs / "imgs", inputs / "masks") if p.id == "wall"]
    multiplane.run("restore-artwork", pairs, tmp_path / "again", options=OPTIONS)
    ours = sorted(p for p in (tmp_path / "again" / "candidates").rglob("wall*") if p.is_file())
    assert len(ours) == 6
    for path in ours:
        assert path.read_bytes() == (done / path.relative_to(tmp_path / "again")).read_bytes()


def test_a_bad_picture_costs_only_itself(inputs: Path, tmp_path: Path) -> None:
    images = tmp_path / "imgs"
    images.mkdir()
    shutil.copy(inputs / "imgs" / "wall.png", images / "wall.png")
    (images / "cut.png").write_bytes((inputs / "imgs" / "wall.png").read_bytes()[:200])
    files = [("wall", "wall.png"), ("cut", "cut.png")]
    mask = str(inputs / "masks" / "wall.png")
    planes = [
        Planes(name, {"images": (str(images / file),), "masks": (mask,)}) for name, file in files
    ]
    report = multiplane.run("restore-artwork", planes, tmp_path / "out", options=OPTIONS)
    assert report.exit_status == 3
    assert [failure.item for failure in report.failures] == ["cut"]
    assert list((tmp_path / "out" / "collage" / "collages").rglob("wall_collage.png"))


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))
