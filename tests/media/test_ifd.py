from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from multiplane.media.ifd import Value, order_of, pack_directory, read_directory, without_thumbnail


def whole(directory: dict[int, object], order: str) -> bytes:
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return head + pack_directory(directory, order, 8)  # type: ignore[arg-type]


values = st.builds(lambda data: Value(7, len(data), data), st.binary(min_size=1, max_size=12))
tags = st.integers(256, 30000)


@settings(deadline=None)
@given(st.dictionaries(tags, values), st.dictionaries(tags, values, min_size=1),
       st.sampled_from("<>"))  # fmt: skip
def test_a_directory_comes_back(
    outer: dict[int, Value], inner: dict[int, Value], order: str
) -> None:
    directory = {**outer, 34665: inner}
    packed = whole(directory, order)
    assert read_directory(packed) == directory
    assert order_of(packed) == order


@pytest.mark.parametrize("order", ["<", ">"])
def test_pillow_reads_it(order: str) -> None:
    rational = struct.pack(order + "II", 1, 125)
    exif = Image.Exif()
    exif.load(whole({271: Value(2, 8, b"a maker\0"), 34665: {33434: Value(5, 1, rational)}}, order))
    assert exif[271] == "a maker"
    assert exif.get_ifd(34665)[33434] == 1 / 125


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"):
        assert isinstance(read_directory(head + data), dict)
        assert len(without_thumbnail(head + data)) == len(head + data)


def test_overlapping_values_are_copied_no_more_than_there_are_bytes() -> None:
    entries = b"".join(struct.pack("<HHII", 300 + n, 7, 4000, 26) for n in range(400))
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 400) + entries + bytes(4)
    found = read_directory(data)
    assert sum(len(value.data) for value in found.values()) <= len(data)  # type: ignore[union-attr]
    assert found


def test_directories_that_point_to_themselves_end() -> None:
    entry = struct.pack("<HHII", 34665, 4, 1, 8)
    assert read_directory(b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + entry + bytes(4)) == {}


def test_a_preview_is_no_longer_pointed_to() -> None:
    packed = bytearray(whole({271: Value(2, 8, b"a maker\0")}, "<"))
    link = 8 + 2 + 12
    packed[link : link + 4] = struct.pack("<I", len(packed))
    data = bytes(packed) + pack_directory({259: Value(3, 1, b"\6\0")}, "<", len(packed))
    before, after = Image.Exif(), Image.Exif()
    before.load(data)
    after.load(without_thumbnail(data))
    assert before.get_ifd(ExifTags.IFD.IFD1)[259] == 6
    assert after.get_ifd(ExifTags.IFD.IFD1) == {}
    assert after[271] == "a maker"
