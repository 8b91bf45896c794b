from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hand_made_movie import SPATIAL, box, movie
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.vr180.boxes import MAX_BOXES, find_picture, is_movie, walk

NAMES = st.sampled_from([b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"free", b"hdlr"])


def kinds(data: bytes, **how: bool) -> list[bytes]:
    return [found.kind for found in walk(io.BytesIO(data), 0, len(data), **how)]


def test_boxes_follow_one_another() -> None:
    data = box(b"free") + box(b"mdat", bytes(5), long=True) + box(b"skip", b"x")
    assert kinds(data) == [b"free", b"mdat", b"skip"]
    first, long, last = walk(io.BytesIO(data), 0, len(data))
    assert (first.body, long.body - long.start, long.size_bytes) == (8, 16, 8)
    assert (long.stop, last.stop) == (last.start, len(data))


def test_the_last_of_a_file_may_have_no_size() -> None:
    data = box(b"free") + struct.pack(">I4s", 0, b"mdat") + bytes(30)
    assert kinds(data, top=True) == [b"free", b"mdat"]
    with pytest.raises(DamagedFileError, match="box b'mdat' says it has 0 bytes"):
        kinds(data)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">I4s", 7, b"free"),
        struct.pack(">I4s", 9, b"free"),
        struct.pack(">I4s", 2**32 - 1, b"free"),
        struct.pack(">I4sQ", 1, b"free", 2**64 - 1),
        struct.pack(">I4sQ", 1, b"free", 15),
        struct.pack(">I4s", 1, b"free"),
        b"free",
        box(b"free") + b"x",
    ],
)
def test_impossible_sizes_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedFileError, match="at byte") as caught:
        kinds(data)
    assert "copy or export the file again" in caught.value.fix


def test_zeros_may_follow_where_quicktime_pads() -> None:
    assert kinds(box(b"pasp") + bytes(4), padded=True) == [b"pasp"]
    assert kinds(box(b"pasp") + bytes(12), padded=True) == [b"pasp"]


def test_far_too_many_boxes_are_refused() -> None:
    with pytest.raises(DamagedFileError, match=f"more than {MAX_BOXES} boxes"):
        kinds(box(b"free") * (MAX_BOXES + 1))


def test_the_picture_is_found_behind_the_sound() -> None:
    sound, picture = (movie(kind=kind) for kind in (b"soun", b"vide"))
    traks = b"".join(data[len(box(b"ftyp", b"isom")) + 8 :] for data in (sound, picture))
    found = find_picture(io.BytesIO(box(b"moov", traks)))
    assert found
    assert [parent.kind.decode() for parent in found.parents] == [
        "moov", "trak", "mdia", "minf", "stbl", "stsd"]  # fmt: skip
    assert found.parents[1].start > 8
    assert find_picture(io.BytesIO(box(b"moov", traks[: len(traks) // 2]))) is None


def test_entries_and_their_boxes() -> None:
    data = movie(box(b"avcC", b"xx"), box(b"pasp"), tail=bytes(4), entries=2)
    found = find_picture(io.BytesIO(data))
    assert found
    assert len(found.entries) == 2
    first, _ = found.entries
    assert [inner.kind for inner in first.boxes] == [b"avcC", b"pasp"]
    assert first.stop == first.box.stop - 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (box(b"ftyp"), "no moov"),
        (box(b"moov", box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), b"vide")))), "no minf"),
        (movie(entries=0), "0 descriptions"),
        (movie(entries=65), "65 descriptions"),
        (movie().replace(b"avc1", b"avc1")[:-20], "says it has"),
    ],
)
def test_what_lacks_is_said(data: bytes, message: str) -> None:
    with pytest.raises(DamagedFileError, match=message):
        find_picture(io.BytesIO(data))


def test_entries_that_are_not_there() -> None:
    entry = box(b"avc1", bytes(78))
    for count, message, inner in ((2, "1 of 2", entry), (1, "too short", box(b"avc1", bytes(77)))):
        stsd = box(b"stsd", bytes(4), struct.pack(">I", count), inner)
        hdlr = box(b"hdlr", bytes(8), b"vide")
        mdia = box(b"mdia", hdlr, box(b"minf", box(b"stbl", stsd)))
        with pytest.raises(DamagedFileError, match=message):
            find_picture(io.BytesIO(box(b"moov", box(b"trak", mdia))))


@given(st.binary(max_size=200))
def test_garbage_never_crashes(data: bytes) -> None:
    _look(data)


@given(st.data())
def test_torn_movies_never_crash(data: st.DataObject) -> None:
    whole = bytearray(movie(box(b"avcC", b"xx"), box(b"pasp")))
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(whole) - 4))
        whole[place : place + 4] = data.draw(st.binary(min_size=4, max_size=4) | NAMES)
    _look(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


class Small(io.BytesIO):
    """Refuses to read more than a header or a few entries at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert 0 <= size <= 64
        return super().read(size)


def _look(data: bytes) -> None:
    try:
        find_picture(Small(data))
    except DamagedFileError as error:
        assert error.fix


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        is_movie(tmp_path / "none.mp4")
    assert "ls -l" in caught.value.fix
    (tmp_path / "a.mp4").write_bytes(b"\x1a\x45\xdf\xa3 and more")
    assert not is_movie(tmp_path / "a.mp4")


@pytest.mark.skipif(not SPATIAL.exists(), reason="needs the shared media")
@pytest.mark.parametrize(("name", "kind"), [("testsrc_320x240_h264.mp4", b"avc1"),
                         ("testsrc_320x240_vp9.mp4", b"vp09"),
                         ("testsrc_32x24_prores.mov", b"ap4h")])  # fmt: skip
def test_real_files(name: str, kind: bytes) -> None:
    with (SPATIAL / name).open("rb") as file:
        found = find_picture(file)
    assert found
    assert found.entries[0].box.kind == kind
    assert b"pasp" in [inner.kind for inner in found.entries[0].boxes]
