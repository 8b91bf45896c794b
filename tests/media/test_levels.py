from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, TiffImagePlugin

from multiplane.core.errors import InputError
from multiplane.media import inks, xmp
from multiplane.media.levels import read_levels, write_levels

SRGB = inks.srgb_profile()
RANDOM = np.random.default_rng(0)
DEEP = RANDOM.integers(0, 65536, (20, 30, 4)).astype(np.uint16)
EIGHT = RANDOM.integers(0, 256, (20, 30, 4)).astype(np.uint8)
STATED = {"seed": 7, "prompt": "a <wall> & \x07 more", "xmp:CreatorTool": "Multiplane"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("levels")


@st.composite
def pictures(draw: st.DrawFn) -> tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    suffix = draw(st.sampled_from([".png", ".tif", ".bmp", ".webp"]))
    deep = suffix in {".png", ".tif"} and draw(st.booleans())
    dtype = np.uint16 if deep else np.uint8
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    channels = draw(st.sampled_from([1, 3]))
    colour = draw(arrays(dtype, (height, width, channels)))
    alpha = (
        draw(arrays(dtype, (height, width))) if suffix != ".bmp" and draw(st.booleans()) else None
    )
    return suffix, np.repeat(colour, 3, axis=2) if channels == 1 else colour, alpha


@settings(deadline=None)
@given(pictures())
def test_what_is_written_reads_back_to_the_bit(
    place: Path, picture: tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any] | None]
) -> None:
    suffix, colour, alpha = picture
    write_levels(place / f"a{suffix}", colour, alpha)
    found = read_levels(place / f"a{suffix}")
    write_levels(place / f"b{suffix}", found.levels, found.alpha, found)  # perhaps grey now
    for one in (found, read_levels(place / f"b{suffix}")):
        assert np.array_equal(one.levels, colour)
        assert (one.alpha is None) == (alpha is None)
        assert alpha is None or np.array_equal(one.alpha, alpha)
        assert one.bits == 8 * colour.dtype.itemsize


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_depth_grey_and_alpha_stay(tmp_path: Path, name: str, deep: bool, mode: str) -> None:
    full = DEEP if deep else EIGHT
    colour = np.repeat(full[..., :1], 3, axis=2) if mode[0] == "L" else full[..., :3]
    alpha = full[..., 3] if mode[-1] == "A" else None
    like = tmp_path / "like.png"
    Image.fromarray(EIGHT[..., 0] if mode[0] == "L" else EIGHT[..., :3]).save(like)
    write_levels(tmp_path / name, colour, alpha, like)
    kept = mode == "L" or (mode == "LA" and not (deep and name == "a.tif"))  # that is written RGBA
    one = read_levels(tmp_path / name)
    assert (one.bits, one.grey) == (16 if deep else 8, kept)
    write_levels(tmp_path / f"b-{name}", one.levels, one.alpha, tmp_path / name)
    two = read_levels(tmp_path / f"b-{name}")
    assert np.array_equal(two.levels, colour)
    assert (two.alpha is None) == (alpha is None)
    assert alpha is None or np.array_equal(two.alpha, alpha)
    assert (two.bits, two.grey, two.levels.dtype) == (one.bits, one.grey, full.dtype)


def tagged(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[274], tags[271], tags[34665] = orientation, "a maker", {33434: (1, 125), 42036: "a lens"}
    loaded = Image.Exif()
    loaded.load(tags.tobytes())
    return loaded


SOURCES = [("JPEG", "a.jpg"), ("PNG", "a.png"), ("TIFF", "a.tif"), ("WEBP", "a.webp")]


@pytest.mark.parametrize(("kind", "name"), SOURCES)
@pytest.mark.parametrize("result", ["b.png", "b.tif", "b.webp"])
@pytest.mark.parametrize("deep", [False, True])
def test_what_a_picture_says_is_carried_over(
    tmp_path: Path, kind: str, name: str, result: str, deep: bool
) -> None:
    if deep and result == "b.webp":
        pytest.skip("WebP holds 8 bits")
    Image.fromarray(EIGHT[..., :3]).save(
        tmp_path / name, kind, exif=tagged(6), icc_profile=SRGB, dpi=(200, 100)
    )
    found = read_levels(tmp_path / name)
    assert found.levels.shape == (30, 20, 3)
    assert (found.turned, found.stored_size) == (6, (30, 20))
    assert found.profile_name == "sRGB built-in"
    new = found.levels.astype(np.uint16) * 257 if deep else found.levels
    assert write_levels(tmp_path / result, new, like=tmp_path / name, xmp=STATED) == ()
    again = read_levels(tmp_path / result)
    assert np.array_equal(again.levels, new)
    assert (again.turned, again.profile_name, again.notes) == (1, found.profile_name, ())
    with Image.open(tmp_path / result) as image:
        image.load()
        assert image.info["icc_profile"] == SRGB
        exif = image.getexif()
        assert exif[271] == "a maker"
        assert exif.get_ifd(34665)[42036] == "a lens"
        if kind != "WEBP" and result != "b.webp":
            assert [round(d) for d in image.info["dpi"]] == [200, 100]
        assert b"a &lt;wall&gt; &amp;" in image.info["xmp"]


def test_text_is_shown_by_readers_of_png(tmp_path: Path) -> None:
    told = {"Description": "plain", "Prompt": "墙 wall", "Odd\0key" * 30: "a\0b"}
    write_levels(tmp_path / "a.png", EIGHT[..., :3], text={"Description": "before", "Kept": "yes"})
    write_levels(tmp_path / "b.png", EIGHT[..., :3], like=tmp_path / "a.png", text=told)
    with Image.open(tmp_path / "b.png") as image:
        shown = dict(image.text)
    assert shown["Description"] == "plain"
    assert shown["Prompt"] == "墙 wall"
    assert shown["Kept"] == "yes"
    assert len(shown) == 4
    data = (tmp_path / "b.png").read_bytes()
    assert data.count(b"Description\0") == 1


def test_orientation_stated_in_xmp_alone_turns_once(tmp_path: Path) -> None:
    turned = b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    packet = xmp.build({}).replace(b"</rdf:RDF>", turned + b"</rdf:RDF>")
    Image.fromarray(EIGHT[..., :3]).save(tmp_path / "a.jpg", xmp=packet)
    found = read_levels(tmp_path / "a.jpg")
    assert (found.turned, found.levels.shape[:2]) == (6, (30, 20))
    for name in ("b.png", "b.tif"):
        write_levels(tmp_path / name, found.levels, like=tmp_path / "a.jpg", xmp=STATED)
        assert np.array_equal(read_levels(tmp_path / name).levels, found.levels)
    write_levels(tmp_path / "c.png", found.levels, like=tmp_path / "b.png", xmp=STATED)
    assert np.array_equal(read_levels(tmp_path / "c.png").levels, found.levels)
    assert (tmp_path / "c.png").read_bytes().count(b"XML:com.adobe.xmp") == 1
    assert len(xmp.read_restorations(tmp_path / "c.png")) == 2


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("TIFF", "a.tif")])
def test_inks_without_a_profile_are_converted_plainly(tmp_path: Path, kind: str, name: str) -> None:
    fake = SRGB[:16] + b"CMYK" + SRGB[20:]
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / name, kind, icc_profile=fake)
    found = read_levels(tmp_path / name)
    assert np.abs(found.levels[8, 8].astype(int) - (255, 0, 0)).max() < 4  # inverted: cyan
    assert found.notes == (
        "converted from CMYK to RGB by the plain rule: it has no profile that fits",
    )
    assert found.converted == found.notes[0]
    assert found.profile_name is None
    write_levels(tmp_path / "b.png", found.levels, like=found)
    with Image.open(tmp_path / "b.png") as image:
        assert "icc_profile" not in image.info


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    red = Image.new("LAB", (8, 8))
    red.frombytes(bytes([round(54.3 * 2.55), 81, 70]) * 64)
    red.save(tmp_path / "a.tif")
    found = read_levels(tmp_path / "a.tif")
    assert np.abs(found.levels[0, 0].astype(int) - (255, 0, 0)).max() < 6
    assert found.notes == ("converted from CIELAB to sRGB",)
    assert found.profile_name == "sRGB built-in"
    write_levels(tmp_path / "b.png", found.levels, like=tmp_path / "a.tif")
    with Image.open(tmp_path / "b.png") as image:
        assert image.info["icc_profile"] == SRGB


def test_several_pages_are_told(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(EIGHT[..., :3], photometric="rgb")
        writer.write(DEEP[..., :3], photometric="rgb")
    found = read_levels(tmp_path / "a.tif")
    assert np.array_equal(found.levels, EIGHT[..., :3])
    assert found.notes == ("the first of its 2 pictures was taken",)
    assert not found.converted


@pytest.mark.parametrize("deep", [False, True])
def test_premultiplied_colour_becomes_straight(tmp_path: Path, deep: bool) -> None:
    most = 65535 if deep else 255
    array = np.full((4, 4, 4), most // 5 * 2, np.uint16 if deep else np.uint8)
    array[..., 0] //= 2
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", extrasamples=["assocalpha"])
    found = read_levels(tmp_path / "a.tif")
    assert np.abs(found.levels[0, 0] / most - (0.5, 1, 1)).max() < 0.005
    assert found.notes == ("its colour was multiplied by its alpha, and was divided by it",)
    assert found.converted == found.notes[0]


def test_a_grey_picture_that_got_colour_loses_its_profile_and_says_so(tmp_path: Path) -> None:
    grey = SRGB[:16] + b"GRAY" + SRGB[20:]
    Image.fromarray(EIGHT[..., 0]).save(tmp_path / "a.png", icc_profile=grey)
    found = read_levels(tmp_path / "a.png")
    assert found.grey
    notes = write_levels(tmp_path / "b.png", EIGHT[..., :3], like=found)
    assert notes == ("its profile for grey was left out, as it is written as colour",)
    assert read_levels(tmp_path / "b.png").profile_name is None
    assert write_levels(tmp_path / "c.png", found.levels, like=found) == ()


def test_layers_of_what_it_was_are_forgotten(tmp_path: Path) -> None:
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[37724] = b"Adobe Photoshop Document Data Block" * 100
    info[271] = "a maker"
    Image.fromarray(EIGHT[..., :3]).save(tmp_path / "a.tif", tiffinfo=info)
    write_levels(tmp_path / "b.tif", EIGHT[..., :3], like=tmp_path / "a.tif")
    assert b"Data Block" in (tmp_path / "a.tif").read_bytes()
    data = (tmp_path / "b.tif").read_bytes()
    assert b"Data Block" not in data
    assert b"a maker" in data


@pytest.mark.parametrize(
    ("name", "dtype", "alpha"),
    [("a.jpg", np.uint8, False), ("a.bmp", np.uint16, False), ("a.bmp", np.uint8, True),
     ("a.webp", np.uint16, False), ("a.gif", np.uint8, False)],
)  # fmt: skip
def test_what_cannot_hold_it_is_refused(
    tmp_path: Path, name: str, dtype: type, alpha: bool
) -> None:
    colour = np.zeros((4, 5, 3), dtype)
    with pytest.raises(InputError, match="to the bit") as caught:
        write_levels(tmp_path / name, colour, colour[..., 0] if alpha else None)
    assert caught.value.fix == "name it a.png"


def test_arrays_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="float32") as caught:
        write_levels(tmp_path / "a.png", np.zeros((4, 5, 3), np.float32))
    assert "astype(np.uint8)" in caught.value.fix
    with pytest.raises(InputError, match="alpha is uint8") as caught:
        write_levels(tmp_path / "a.png", DEEP[..., :3], EIGHT[..., 0])
    assert "iinfo" in caught.value.fix
    with pytest.raises(InputError, match="levels is 30x20, alpha is 29x20"):
        write_levels(tmp_path / "a.png", DEEP[..., :3], DEEP[:, 1:, 0])


def test_a_profile_nobody_can_read_is_told(tmp_path: Path) -> None:
    broken = SRGB[:16] + b"RGB " + bytes(200)
    Image.fromarray(EIGHT[..., :3]).save(tmp_path / "a.png", icc_profile=broken)
    found = read_levels(tmp_path / "a.png")
    assert found.profile_name is None
    assert found.notes == ("its colour profile cannot be read; it was carried over unread",)
