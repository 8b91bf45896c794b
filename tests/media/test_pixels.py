from __future__ import annotations

import shlex
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media import pixels, png


def colours(height: int = 24, width: int = 36) -> np.ndarray[Any, np.dtype[np.uint8]]:
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 7 % 256, y * 10 % 256, (x + y) * 4 % 256], axis=2).astype(np.uint8)


def save(path: Path, image: Image.Image, kind: str, **settings: Any) -> Path:
    image.save(path, kind, **settings)
    return path


def read(path: Path) -> np.ndarray[Any, Any]:
    return pixels.decode(pixels.open_picture(path))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "BMP"])
def test_exact_kinds(tmp_path: Path, kind: str) -> None:
    settings = {"lossless": True} if kind == "WEBP" else {}
    path = save(tmp_path / "a.bin", Image.fromarray(colours()), kind, **settings)
    assert np.array_equal(read(path), colours())
    assert pixels.open_picture(path).kind == kind.lower()


def test_jpeg_under_a_png_name(tmp_path: Path) -> None:
    smooth = cv2.GaussianBlur(colours(), (0, 0), 4)
    path = save(tmp_path / "a.png", Image.fromarray(smooth), "JPEG", quality=98, subsampling=0)
    assert np.abs(read(path).astype(int) - smooth).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_stands_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    tags = Image.Exif()
    tags[274] = orientation
    picture = np.zeros((20, 30, 3), np.uint8)
    picture[:5] = 255
    picture[:, :3] = (255, 0, 0)
    settings: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    path = save(tmp_path / "a", Image.fromarray(picture), kind, exif=tags, **settings)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert np.array_equal(read(path), expected)
    opened = pixels.open_picture(path)
    assert pixels.upright_size(opened) == (expected.shape[1], expected.shape[0])


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_deep_tiff_stands_upright(tmp_path: Path, orientation: int) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (10, 14, 3)).astype(np.uint16)
    tag = (274, "H", 1, orientation, True)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[tag])
    assert np.array_equal(read(tmp_path / "a.tif"), pixels.turn(deep, orientation))


def test_deep_png_is_rgb(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (8, 9, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep[..., ::-1])
    assert np.array_equal(read(tmp_path / "a.png"), deep)


def test_deep_grey(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (8, 9)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep)
    assert np.array_equal(read(tmp_path / "a.png"), deep)


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("1", (24, 36)), ("L", (24, 36)), ("LA", (24, 36, 2)), ("P", (24, 36, 3)),
     ("RGB", (24, 36, 3)), ("RGBA", (24, 36, 4))],
)  # fmt: skip
def test_modes(tmp_path: Path, mode: str, shape: tuple[int, ...]) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(colours()).convert(mode), "PNG")
    array = read(path)
    assert array.shape == shape
    assert pixels.to_rgb(array).shape == (24, 36, 3)
    assert pixels.to_grey(array).shape == (24, 36)


def test_palette_with_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(colours()).quantize(16)
    path = save(tmp_path / "a.png", image, "PNG", transparency=bytes([0] * 8 + [255] * 8))
    assert read(path).shape == (24, 36, 4)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_a_transparent_grey(tmp_path: Path, bits: int) -> None:
    levels = np.arange(4).repeat(2) % 2**bits  # eight pixels a row
    key = int(levels[2])
    packed = "".join(f"{level:0{bits}b}" for level in levels)
    row = b"\0" + int(packed, 2).to_bytes(bits, "big")
    header = struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0)
    named = ((b"IHDR", header), (b"tRNS", struct.pack(">H", key)), (b"IDAT", zlib.compress(row)),
             (b"IEND", b""))  # fmt: skip
    data = b"".join(png.chunk(name, body) for name, body in named)
    (tmp_path / "a.png").write_bytes(png.SIGNATURE + data)
    array = read(tmp_path / "a.png")
    most = np.iinfo(array.dtype).max
    alpha = pixels.alpha_of(array)
    assert alpha is not None
    assert np.array_equal(alpha, np.where(levels == key, 0, most)[None])
    assert np.array_equal(pixels.to_grey(array), (levels * (most // (2**bits - 1)))[None])


@pytest.mark.parametrize("depth", [8, 16])
def test_a_transparent_colour(tmp_path: Path, depth: int) -> None:
    picture = colours().astype(f"u{depth // 8}")
    key = tuple(int(number) for number in picture[3, 4])
    data = png.encode_png(picture)
    start = data.index(b"IDAT") - 4
    chunk = png.chunk(b"tRNS", struct.pack(">HHH", *key))
    (tmp_path / "a.png").write_bytes(data[:start] + chunk + data[start:])
    array = read(tmp_path / "a.png")
    clear = (picture == picture[3, 4]).all(axis=2)
    assert np.array_equal(array[..., :3], picture)
    assert np.array_equal(array[..., 3], np.where(clear, 0, np.iinfo(picture.dtype).max))


def test_cmyk(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG")
    assert read(path).shape == (8, 8, 3)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_cut_off(tmp_path: Path, kind: str, kept: float) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(colours()), kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(DamagedFileError) as caught:
        read(path)
    assert "copy or export it again" in caught.value.fix or "export it as PNG" in caught.value.fix


def test_cut_off_deep(tmp_path: Path) -> None:
    deep = np.random.default_rng(0).integers(0, 65536, (40, 40, 3)).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "a.png"), deep)
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(DamagedFileError, match="damaged PNG"):
        read(tmp_path / "a.png")


def test_a_flipped_byte(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(colours()), "PNG")
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(DamagedFileError, match="damaged PNG"):
        read(path)


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    with pytest.raises(DamagedFileError, match="is empty") as caught:
        read(tmp_path / "a.png")
    assert "copy or export it again" in caught.value.fix


def test_a_fix_can_be_typed_whatever_the_name(tmp_path: Path) -> None:
    path = tmp_path / "it's a.png"
    path.touch()
    with pytest.raises(DamagedFileError) as caught:
        read(path)
    command = caught.value.fix.partition("remove it: ")[2]
    assert shlex.split(command) == ["rm", str(path)]


def test_text_called_png(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello, I am a text\n")
    with pytest.raises(DamagedFileError, match=r"not a picture.*hello") as caught:
        read(tmp_path / "a.png")
    assert "export it as PNG" in caught.value.fix


def test_absent_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist") as caught:
        read(tmp_path / "no.png")
    assert caught.value.fix == f"ls '{tmp_path}'"
    with pytest.raises(InputError, match="is a directory") as caught:
        read(tmp_path)
    assert "give the path of a picture file" in caught.value.fix


def bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(3 * width + 1) * 8)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows)
            + chunk(b"IEND", b""))  # fmt: skip


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(bomb(30000, 30000))
    with pytest.raises(InputError, match="900 megapixels") as caught:
        pixels.open_picture(tmp_path / "a.png")
    assert "max_pixels=900000000" in caught.value.fix


@pytest.mark.parametrize("head", [b"", b"\x89PNG\r\n\x1a\n", b"II*\0"])
def test_a_huge_file_is_not_taken_in(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(200 * 2**30)  # takes no place on the disk
    with pytest.raises(InputError, match="has 214748 MB" if head else "not a picture") as caught:
        pixels.open_picture(path)
    assert "export it" in caught.value.fix


def test_tiffs_are_bounded_by_us_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile.imwrite(tmp_path / "a.tif", colours(), photometric="rgb", compression="zlib")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 24 * 36 // 3)  # Pillow warns, then refuses
    assert np.array_equal(pixels.decode(pixels.open_picture(tmp_path / "a.tif")), colours())


def test_a_webp_beyond_the_bound_of_pillow_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "a.webp", Image.fromarray(colours()), "WEBP")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 24 * 36 // 3)
    with pytest.raises(InputError, match="more pixels than are read") as caught:
        pixels.open_picture(path)
    assert caught.value.fix == "scale it down first, or export it as PNG or TIFF"


def test_the_bound_can_be_moved(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", Image.fromarray(colours()), "PNG")
    assert pixels.open_picture(path, max_pixels=24 * 36)
    with pytest.raises(InputError, match="megapixels"):
        pixels.open_picture(path, max_pixels=24 * 36 - 1)


def test_float_pictures_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8), np.float32))
    with pytest.raises(InputError, match="32 bits a channel") as caught:
        read(tmp_path / "a.tif")
    assert "export it with 8 or 16 bits" in caught.value.fix


def test_alpha_of() -> None:
    rgba = np.dstack([colours(), np.full((24, 36), 9, np.uint8)])
    alpha = pixels.alpha_of(rgba)
    assert alpha is not None
    assert (alpha == 9).all()
    assert pixels.alpha_of(colours()) is None


@given(st.integers(0, 255))
def test_eight_to_sixteen_and_back(value: int) -> None:
    eight = np.full((2, 2), value, np.uint8)
    assert np.array_equal(pixels.to_eight(pixels.to_sixteen(eight)), eight)


def test_sixteen_rounds_to_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "_BAND_NUMBERS", 700)
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    off = pixels.to_eight(levels).astype(np.int64) * 257 - levels
    assert np.abs(off).max() == 128
    for shape in ((0, 5), (3, 0, 3), (7,)):
        assert pixels.to_eight(np.zeros(shape, np.uint16)).shape == shape


@pytest.fixture(scope="module")
def fuzz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@given(st.binary(max_size=400))
def test_any_bytes_end_in_our_own_error(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.png"
    good = BytesIO()
    Image.fromarray(colours(6, 6)).save(good, "PNG")
    path.write_bytes(good.getvalue()[:33] + tail)
    with pytest.raises(InputError):
        read(path)
