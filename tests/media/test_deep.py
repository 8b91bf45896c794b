from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media import deep, pixels

DEEP = np.random.default_rng(0).integers(0, 65536, (40, 52, 4)).astype(np.uint16)


def read(path: Path) -> np.ndarray[Any, Any]:
    return pixels.decode(pixels.open_picture(path))


@pytest.mark.parametrize(
    "settings",
    [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}, {"tile": (16, 32)},
     {"rowsperstrip": 7}, {"byteorder": ">"}, {"bigtiff": True}, {"rowsperstrip": 40}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("planes", [False, True])
def test_colour_however_it_lies(
    tmp_path: Path, planes: bool, channels: int, settings: dict[str, Any]
) -> None:
    numbers = DEEP[..., :channels].astype(settings.get("byteorder", "=") + "u2")
    tifffile.imwrite(
        tmp_path / "a.tif", numbers.transpose(2, 0, 1) if planes else numbers, photometric="rgb",
        planarconfig="separate" if planes else "contig", metadata=None,
        extrasamples=["unassalpha"] * (channels - 3), **settings,
    )  # fmt: skip
    assert np.array_equal(read(tmp_path / "a.tif"), DEEP[..., :channels])


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize(
    "settings", [{"rowsperstrip": 7}, {"tile": (16, 32)}, {"compression": "zlib"}], ids=str
)
def test_a_few_rows_at_a_time_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], planes: bool
) -> None:
    monkeypatch.setattr(deep, "_BAND_ROWS", 9)
    settings = {"rowsperstrip": 3, **settings} if "tile" not in settings else settings
    tifffile.imwrite(
        tmp_path / "a.tif", DEEP.transpose(2, 0, 1) if planes else DEEP, photometric="rgb",
        planarconfig="separate" if planes else "contig", extrasamples=["unassalpha"], **settings,
    )  # fmt: skip
    assert np.array_equal(read(tmp_path / "a.tif"), DEEP)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_planes_stand_upright(tmp_path: Path, orientation: int) -> None:
    planes = DEEP[..., :3].transpose(2, 0, 1)
    tag = (274, "H", 1, orientation, True)
    tifffile.imwrite(
        tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate", extratags=[tag]
    )
    picture = pixels.open_picture(tmp_path / "a.tif")
    upright = pixels.turn(DEEP[..., :3], orientation)
    assert pixels.upright_size(picture) == (upright.shape[1], upright.shape[0])
    assert np.array_equal(pixels.decode(picture), upright)


def test_a_channel_without_a_meaning_is_left_out(tmp_path: Path) -> None:
    for name, numbers in (("deep.tif", DEEP), ("eight.tif", DEEP.astype(np.uint8))):
        tifffile.imwrite(
            tmp_path / name, numbers, photometric="rgb", extrasamples=["unspecified"]
        )  # fmt: skip
        assert np.array_equal(read(tmp_path / name), numbers[..., :3])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_may_be_zero(tmp_path: Path, dtype: Any) -> None:
    grey = DEEP[..., 0].astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", grey, photometric="miniswhite")
    assert np.array_equal(read(tmp_path / "a.tif"), np.iinfo(dtype).max - grey)


@pytest.mark.parametrize(
    ("dtype", "named"),
    [("f2", "16 bits a channel as floating point"), ("f4", "32 bits a channel as floating point"),
     ("f8", "64 bits a channel as floating point"), ("u4", "32 bits a channel as unsigned"),
     ("u8", "64 bits a channel as unsigned"), ("i1", "8 bits a channel as signed"),
     ("i2", "16 bits a channel as signed"), ("c8", "64 bits a channel as complex")],
)  # fmt: skip
@pytest.mark.parametrize("colour", [False, True])
def test_measurements_are_refused(tmp_path: Path, colour: bool, dtype: str, named: str) -> None:
    numbers = DEEP[..., :3] & 127 if colour else DEEP[..., 0] & 127
    photometric = "rgb" if colour else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", numbers.astype(dtype), photometric=photometric)
    with pytest.raises(InputError, match=named) as caught:
        read(tmp_path / "a.tif")
    assert not isinstance(caught.value, DamagedFileError)
    assert caught.value.fix == "export it with 8 or 16 bits a channel, as unsigned integers"


@pytest.mark.parametrize(
    ("photometric", "channels", "named"),
    [("separated", 4, "CMYK"), ("cielab", 3, "CIELAB"), ("minisblack", 2, "grey in 2 channels")],
)
def test_colours_of_other_kinds_are_refused_at_16_bits(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], photometric: str, channels: int, named: str
) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", DEEP[..., :channels], photometric=photometric, planarconfig="contig"
    )
    with pytest.raises(InputError, match=f"is {named} with 16 bits a channel") as caught:
        read(tmp_path / "a.tif")
    assert not isinstance(caught.value, DamagedFileError)
    assert caught.value.fix == "export it as RGB, or with 8 bits a channel"
    assert capfd.readouterr().err == ""


def test_cmyk_is_read_at_8_bits(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEEP.astype(np.uint8), photometric="separated")
    assert read(tmp_path / "a.tif").shape == (40, 52, 3)


@pytest.mark.parametrize("planes", [False, True])
def test_a_cut_off_one_is_damaged(tmp_path: Path, planes: bool) -> None:
    numbers = DEEP[..., :3]
    tifffile.imwrite(
        tmp_path / "a.tif", numbers.transpose(2, 0, 1) if planes else numbers, photometric="rgb",
        planarconfig="separate" if planes else "contig",
    )  # fmt: skip
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(DamagedFileError, match="damaged TIFF"):
        read(tmp_path / "a.tif")


def test_pieces_that_overlap_are_not_copied(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEEP[..., :3], photometric="rgb", rowsperstrip=1)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        tag = file.pages[0].tags["StripByteCounts"]
    kind = "H" if tag.dtype == 3 else "I"
    struct.pack_into(f"<{tag.count}{kind}", data, tag.valueoffset, *[len(data) // 3] * tag.count)
    with pytest.raises(ValueError, match="overlap"):
        deep.decode_tiff(bytes(data))


@pytest.mark.parametrize("side", [322, 323])
def test_tiles_without_a_width_or_height_are_no_pixels(tmp_path: Path, side: int) -> None:
    tifffile.imwrite(tmp_path / "a.tif", DEEP[..., 0], tile=(16, 16), metadata=None)
    data = bytearray((tmp_path / "a.tif").read_bytes())
    entry = data.index(struct.pack("<H", side), struct.unpack_from("<I", data, 4)[0])
    data[entry + 8 : entry + 12] = bytes(4)
    with pytest.raises(ValueError, match="cannot be decoded"):
        deep.decode_tiff(bytes(data))


def test_png_goes_the_same_way(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), cv2.cvtColor(DEEP, cv2.COLOR_RGBA2BGRA))
    assert np.array_equal(deep.decode((tmp_path / "a.png").read_bytes()), DEEP)


def test_lzw_is_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tif"), DEEP[..., 2::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    assert np.array_equal(read(tmp_path / "a.tif"), DEEP[..., :3])
