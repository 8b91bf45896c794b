from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, JpegImagePlugin

from multiplane.media import images, pixels, preserve

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SMOOTH = cv2.GaussianBlur(
    np.random.default_rng(1).integers(0, 256, (40, 60, 3)).astype(np.uint8), (0, 0), 4
)


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[274], tags[271] = orientation, "a maker"
    return tags


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"),
                                            ("WEBP", "a.webp"), ("TIFF", "a.tif")])  # fmt: skip
def test_same_kind_keeps_exif_and_profile(tmp_path: Path, kind: str, name: str) -> None:
    source, result = tmp_path / name, tmp_path / f"new-{name}"
    Image.fromarray(SMOOTH).save(source, kind, exif=exif(6), icc_profile=SRGB, dpi=(200, 200))
    frame = images.read_frame(source)
    images.write_frame(result, frame, like=source)
    assert np.abs(images.read_frame(result).astype(int) - frame).mean() < 2
    with Image.open(result) as image:
        image.load()
        assert image.format == kind
        assert image.size == (40, 60)
        assert image.info["icc_profile"] == SRGB
        assert image.getexif()[271] == "a maker"
        assert image.getexif().get(274, 1) == 1
        if kind != "WEBP":
            assert round(image.info["dpi"][0]) == 200


def test_jpeg_keeps_its_tables_and_size(tmp_path: Path) -> None:
    source, result = tmp_path / "a.jpg", tmp_path / "b.jpg"
    Image.fromarray(SMOOTH).save(source, "JPEG", quality=60, subsampling="4:2:0")
    images.write_frame(result, images.read_frame(source), like=source)
    with Image.open(source) as old, Image.open(result) as new:
        assert isinstance(old, JpegImagePlugin.JpegImageFile)
        assert isinstance(new, JpegImagePlugin.JpegImageFile)
        assert old.quantization == new.quantization
        assert JpegImagePlugin.get_sampling(old) == JpegImagePlugin.get_sampling(new)
    assert result.stat().st_size < 1.2 * source.stat().st_size


def test_profile_travels_to_another_kind(tmp_path: Path) -> None:
    source, result = tmp_path / "a.jpg", tmp_path / "b.png"
    Image.fromarray(SMOOTH).save(source, "JPEG", exif=exif(1), icc_profile=SRGB)
    images.write_frame(result, images.read_frame(source), like=source)
    with Image.open(result) as image:
        assert image.info["icc_profile"] == SRGB


def test_cmyk_profile_does_not(tmp_path: Path) -> None:
    source, result = tmp_path / "a.jpg", tmp_path / "b.png"
    fake = SRGB[:16] + b"CMYK" + SRGB[20:]
    Image.new("CMYK", (8, 8)).save(source, "JPEG", icc_profile=fake)
    images.write_frame(result, images.read_frame(source), like=source)
    with Image.open(result) as image:
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_untouched_deep_pixels_come_back(tmp_path: Path, name: str) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    images.write_deep(tmp_path / name, deep)
    frame = images.read_frame(tmp_path / name)
    frame[:5] = 7
    images.write_frame(tmp_path / f"b-{name}", frame, like=tmp_path / name)
    back = images.read_deep(tmp_path / f"b-{name}")
    assert np.array_equal(back[5:], deep[5:])
    assert (back[:5] == 7 * 257).all()
    assert pixels.open_picture(tmp_path / f"b-{name}").bits == 16


def test_grey_stays_grey_and_alpha_stays(tmp_path: Path) -> None:
    Image.fromarray(SMOOTH[..., 0]).save(tmp_path / "grey.png")
    images.write_frame(
        tmp_path / "g.png", images.read_frame(tmp_path / "grey.png"), tmp_path / "grey.png"
    )
    rgba = np.dstack([SMOOTH, SMOOTH[..., 0]])
    Image.fromarray(rgba).save(tmp_path / "rgba.png")
    images.write_frame(tmp_path / "r.png", SMOOTH, tmp_path / "rgba.png")
    with Image.open(tmp_path / "g.png") as grey, Image.open(tmp_path / "r.png") as colour:
        assert grey.mode == "L"
        assert np.array_equal(np.asarray(colour), rgba)


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_grey_with_alpha_stays_both(tmp_path: Path, name: str) -> None:
    grey, alpha = SMOOTH[..., 0], SMOOTH[..., 1]
    profile = SRGB[:16] + b"GRAY" + SRGB[20:]
    Image.fromarray(np.dstack([grey, alpha])).save(tmp_path / name, icc_profile=profile)
    new = 255 - images.read_frame(tmp_path / name)
    images.write_frame(tmp_path / f"b-{name}", new, like=tmp_path / name)
    with Image.open(tmp_path / f"b-{name}") as image:
        assert image.mode == "LA"
        assert np.array_equal(np.asarray(image), np.dstack([255 - grey, alpha]))
        assert image.info["icc_profile"] == profile
    images.write_frame(tmp_path / f"c-{name}", SMOOTH, like=tmp_path / name)
    with Image.open(tmp_path / f"c-{name}") as image:
        assert np.array_equal(np.asarray(image), np.dstack([SMOOTH, alpha]))
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("deep", [False, True])
def test_a_transparent_grey_stays_transparent(tmp_path: Path, deep: bool) -> None:
    grey = np.array([[10, 50, 200], [50, 0, 255]], np.uint8)
    scale = 257 if deep else 1
    stored = grey.astype(np.uint16) * 257 if deep else grey
    Image.fromarray(stored).save(tmp_path / "a.png", transparency=50 * scale)
    images.write_frame(
        tmp_path / "b.png", images.read_frame(tmp_path / "a.png"), tmp_path / "a.png"
    )
    assert np.array_equal(images.read_alpha(tmp_path / "b.png"), grey != 50)
    assert np.array_equal(images.read_deep(tmp_path / "b.png")[..., 0], grey * np.uint16(257))


def test_deep_tiff_keeps_profile_and_resolution(tmp_path: Path) -> None:
    deep = np.zeros((8, 8, 3), np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", deep, photometric="rgb", iccprofile=SRGB, resolution=(300, 300),
        resolutionunit="INCH",
    )  # fmt: skip
    images.write_frame(tmp_path / "b.tif", np.zeros((8, 8, 3), np.uint8), tmp_path / "a.tif")
    with Image.open(tmp_path / "b.tif") as image:
        assert image.info["icc_profile"] == SRGB
        assert float(image.info["dpi"][0]) == 300


@pytest.mark.parametrize("order", ["<", ">"])
def test_upright_changes_one_number(order: str) -> None:
    head: Any = b"II*\0" if order == "<" else b"MM\0*"
    endian = "little" if order == "<" else "big"

    def num(value: int, size: int) -> bytes:
        return value.to_bytes(size, endian)  # type: ignore[arg-type]

    body = head + num(8, 4) + num(1, 2) + num(274, 2) + num(3, 2) + num(1, 4)
    turned = body + num(6, 2) + bytes(6)
    assert preserve.upright(turned) == body + num(1, 2) + bytes(6)
    assert preserve.upright(turned[:12]) == turned[:12]
    assert preserve.upright(b"junk") == b"junk"


def test_a_damaged_exif_tag_is_left_out_and_the_others_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = tmp_path / "a.tif"
    made = [(305, "2I", 1, (1, 2), True), (271, "s", 0, "a maker", True)]  # half a text
    tifffile.imwrite(source, SMOOTH, extratags=made, software=False, metadata=None)
    picture = pixels.open_picture(source)
    tags = preserve.tags_of(picture)
    assert b"a maker" in tags.exif
    assert "EXIF tag 305 is damaged" in caplog.text


@pytest.mark.parametrize("dots", [(300, "many"), (300, float("nan")), (0, 300), (5e6, 300), 300])
def test_a_resolution_that_is_none_is_left_out(tmp_path: Path, dots: Any) -> None:
    source = tmp_path / "a.tif"
    Image.fromarray(SMOOTH).save(source)
    picture = pixels.open_picture(source)
    picture.image.info["dpi"] = dots
    assert preserve.tags_of(picture).dpi is None
    picture.image.info["dpi"] = (300, 72.5)
    assert preserve.tags_of(picture).dpi == (300, 72.5)
