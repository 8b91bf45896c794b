from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media import png
from multiplane.media.images import picture_size, read_frame

shapes = st.tuples(st.integers(1, 40), st.integers(1, 17), st.sampled_from([1, 3, 4]))
pictures = shapes.flatmap(lambda s: arrays(np.uint8, s if s[2] > 1 else s[:2]))
LINE = b"\2\5"  # filter up, one grey pixel of 5


def made_of(*parts: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks behind the header of one grey pixel."""
    every = [header(1, 1), *parts, (b"IEND", b"")]
    return png.SIGNATURE + b"".join(png.chunk(name, body) for name, body in every)


@given(pictures)
def test_what_is_written_is_what_pillow_and_we_read(array: np.ndarray[Any, Any]) -> None:
    data = png.encode_png(array)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), array)
    ours = png.decode_plain(data)
    assert ours is not None
    assert ours.shape == array.shape
    assert np.array_equal(ours, array)
    assert ours.flags.c_contiguous
    assert ours.flags.writeable


@given(st.sampled_from([(5, 7), (5, 7, 3), (5, 7, 4)]).flatmap(lambda s: arrays(np.uint16, s)))
def test_sixteen_bits_are_written_and_left_to_others_to_read(array: np.ndarray[Any, Any]) -> None:
    data = png.encode_png(array)
    seen = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert seen is not None
    order = {2: slice(None), 3: [2, 1, 0], 4: [2, 1, 0, 3]}[array.shape[2] if array.ndim > 2 else 2]
    assert np.array_equal(seen[..., order] if array.ndim > 2 else seen.reshape(5, 7), array)
    assert png.decode_plain(data) is None


def test_a_view_is_written_as_it_looks() -> None:
    array = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)[::-1, ::2]
    assert np.array_equal(png.decode_plain(png.encode_png(array)), array)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
def test_pngs_of_another_make_are_left_to_pillow(mode: str) -> None:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (9, 9), np.uint8)
    Image.fromarray(pixels).convert("RGB").convert(mode).save(buffer, "PNG")
    assert png.decode_plain(buffer.getvalue()) is None


def test_a_pixel_by_hand() -> None:
    seen = png.decode_plain(made_of((b"IDAT", zlib.compress(LINE))))
    assert seen is not None
    assert seen.tolist() == [[5]]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(((b"IDAT", zlib.compress(b"\0\5")),), id="another filter"),
        pytest.param(((b"IDAT", zlib.compress(b"\2")),), id="too few bytes"),
        pytest.param(((b"IDAT", zlib.compress(LINE + bytes(10_000_000))),), id="too many bytes"),
        pytest.param(((b"IDAT", zlib.compress(LINE)[:-1]),), id="cut off"),
        pytest.param(((b"IDAT", zlib.compress(LINE)[:-1] + b"x"),), id="a wrong checksum"),
        pytest.param(((b"IDAT", b"not deflated at all"),), id="no stream"),
        pytest.param((), id="no pixels"),
        pytest.param(((b"IDAT", zlib.compress(LINE)), (b"tRNS", b"\0\5")), id="transparency"),
        pytest.param(((b"IDAT", zlib.compress(LINE)), (b"eXIf", b"II*\0")), id="perhaps turned"),
    ],
)
def test_what_is_odd_or_damaged_is_left_to_pillow(parts: tuple[tuple[bytes, bytes], ...]) -> None:
    assert png.decode_plain(made_of(*parts)) is None


@given(data=st.data())
def test_a_changed_byte_is_always_noticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    array = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    file = bytearray(png.encode_png(array))
    file[data.draw(st.integers(0, len(file) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "changed.png"
    path.write_bytes(file)
    with pytest.raises((DamagedFileError, InputError)):
        read_frame(path)


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([header(20000, 20000), header(1, 1)], id="two headers"),
        pytest.param([(b"bKGD", header(20000, 20000)[1]), header(1, 1)], id="not the first"),
        pytest.param([(b"IHDR", b"\0\0\0\1")], id="short"),
        pytest.param([], id="none"),
    ],
)
def test_a_header_that_could_promise_two_sizes_is_refused(
    parts: list[tuple[bytes, bytes]], tmp_path: Path
) -> None:
    every = [*parts, (b"IDAT", zlib.compress(LINE)), (b"IEND", b"")]
    path = tmp_path / "bomb.png"
    path.write_bytes(png.SIGNATURE + b"".join(png.chunk(name, body) for name, body in every))
    for read in (read_frame, picture_size):
        with pytest.raises(DamagedFileError, match="header"):
            read(path, max_pixels=1000)


def test_a_tag_may_turn_a_picture() -> None:
    plain = made_of((b"IDAT", zlib.compress(LINE)))
    assert not png.may_be_turned(plain)
    assert png.may_be_turned(made_of((b"IDAT", zlib.compress(LINE)), (b"eXIf", b"II*\0")))
    assert png.may_be_turned(made_of((b"tEXt", b"Raw profile type exif\0"), (b"IDAT", LINE)))


def test_the_end_is_missed() -> None:
    data = made_of((b"IDAT", zlib.compress(LINE)))
    for length in range(8, len(data)):
        with pytest.raises(EOFError, match="truncated"):
            list(png.chunks(data[:length]))
    assert [name for name, _, _ in png.chunks(data)] == [b"IHDR", b"IDAT", b"IEND"]
