from __future__ import annotations

import io
import shutil
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hand_made_movie import SPATIAL, box, movie, packets, pictures
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, InputError, MultiplaneError, OutputError
from multiplane.media.vr180 import inject
from multiplane.media.vr180.boxes import find_picture, walk
from multiplane.media.vr180.inject import edited, inject_spherical, plan
from multiplane.media.vr180.spherical import Spherical, read_spherical, vr180_boxes

NONE = Spherical(b"", b"", None, None)
MADE = vr180_boxes()


@pytest.fixture(params=[True, False], ids=["moov first", "moov last"])
def mp4(request: pytest.FixtureRequest, make_clip: Any) -> Path:
    path: Path = make_clip("clip.mp4", 6, audio="aac", front=request.param)
    data = path.read_bytes()
    assert (data.index(b"moov") < data.index(b"mdat")) == request.param
    return path


def result(data: bytes, spherical: Spherical) -> bytes:
    file = io.BytesIO(data)
    return b"".join(edited(file, plan(file, spherical)))


def order(data: bytes) -> list[bytes]:
    found = find_picture(io.BytesIO(data))
    assert found
    for parent in (found.parents[0], found.parents[4], found.parents[5]):
        start = parent.body + (8 if parent.kind == b"stsd" else 0)
        assert list(walk(io.BytesIO(data), start, parent.stop))
    return [inner.kind for inner in found.entries[0].boxes]


def same_media(path: Path, before: Path) -> None:
    for kind in ("video", "audio"):
        assert packets(path, kind) == packets(before, kind)
    assert all(map(np.array_equal, pictures(path), pictures(before)))


def test_picture_and_sound_stay(mp4: Path, tmp_path: Path) -> None:
    before = shutil.copy(mp4, tmp_path / "before.mp4")
    assert inject_spherical(mp4, MADE)
    assert read_spherical(mp4) == MADE
    assert mp4.stat().st_size == before.stat().st_size + len(MADE.st3d) + len(MADE.sv3d)
    same_media(mp4, before)
    assert not inject_spherical(mp4, MADE)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert inject_spherical(mp4, NONE)
    assert mp4.read_bytes() == before.read_bytes()


def test_ffmpeg_reads_what_we_wrote(mp4: Path) -> None:
    inject_spherical(mp4, MADE)
    with av.open(str(mp4)) as container:
        frame = next(container.decode(video=0))
        found = {str(side.type).rpartition(".")[2]: bytes(side) for side in frame.side_data}
    assert struct.unpack("<I", found["STEREO3D"][:4])[0] == 1  # AV_STEREO3D_SIDEBYSIDE
    said = struct.unpack("<IiiiIIII", found["SPHERICAL"][:32])
    assert said[0] == 2  # AV_SPHERICAL_EQUIRECTANGULAR_TILE
    assert said[4:] == (0x40000000, 0, 0x40000000, 0)  # left, top, right, bottom


def test_places_that_no_longer_fit_get_wider_tables(mp4, tmp_path, monkeypatch) -> None:
    before = shutil.copy(mp4, tmp_path / "before.mp4")
    front = mp4.read_bytes().index(b"moov") < mp4.read_bytes().index(b"mdat")
    places = tables(mp4.read_bytes())
    monkeypatch.setattr(inject, "_LIMIT", max(max(found) for _, found in places) + 5)
    monkeypatch.setattr(inject, "_resized", wide_sizes)
    inject_spherical(mp4, MADE)
    widened = tables(mp4.read_bytes())
    assert b"co64" in {kind for kind, _ in widened} if front else widened == places
    assert read_spherical(mp4) == MADE
    same_media(mp4, before)
    inject_spherical(mp4, NONE)  # out of a file with co64
    same_media(mp4, before)


def wide_sizes(parent: Any, edits: Any, resized: Any = inject._resized) -> Any:
    """The limit is lowered for places only."""
    inject._LIMIT, kept = 2**32, inject._LIMIT
    try:
        return resized(parent, edits)
    finally:
        inject._LIMIT = kept


def tables(data: bytes) -> list[tuple[bytes, tuple[int, ...]]]:
    found = []
    for kind, letter in ((b"stco", "I"), (b"co64", "Q")):
        at = data.find(kind)
        while at >= 0:
            count = struct.unpack(">I", data[at + 8 : at + 12])[0]
            width = 8 if kind == b"co64" else 4
            raw = data[at + 12 : at + 12 + count * width]
            if data[at - 4 : at] == struct.pack(">Q", 16 + count * width)[4:]:  # not just letters
                found.append((kind, struct.unpack(f">{count}{letter}", raw)))
            at = data.find(kind, at + 4)
    return found


def test_one_overflow_may_bring_another() -> None:
    """The growth of the first table moves the second over the edge."""
    grown = len(MADE.st3d + MADE.sv3d)
    stco = [(2**32 - 1,) * 50, (2**32 - 1 - grown,)]
    more = box(b"stco", bytes(4), struct.pack(">I", 1), struct.pack(">I", *stco[1]))
    data = movie(box(b"avcC"), places=stco[0], more=more) + box(b"mdat")
    after = result(data, MADE)
    moved = grown + 4 * 51
    assert tables(after) == [(b"co64", (2**32 - 1 + moved,) * 50),
                             (b"co64", (2**32 - 1 - grown + moved,))]  # fmt: skip
    assert len(after) == len(data) + moved
    order(after)


def test_places_before_moov_stay() -> None:
    data = movie(box(b"avcC"), places=(3, 2**31), table=b"co64") + box(b"mdat")
    grown = len(MADE.st3d + MADE.sv3d)
    assert tables(result(data, MADE)) == [(b"co64", (3, 2**31 + grown))]
    last = movie(box(b"avcC"), places=(3, 2**31))
    assert tables(result(last, MADE)) == [(b"stco", (3, 2**31))]


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ([b"avcC", b"colr", b"pasp", b"btrt"],
         [b"avcC", b"colr", b"st3d", b"sv3d", b"pasp", b"btrt"]),
        ([b"hvcC", b"clap", b"pasp"], [b"hvcC", b"st3d", b"sv3d", b"clap", b"pasp"]),
        ([b"pasp", b"avcC"], [b"pasp", b"avcC", b"st3d", b"sv3d"]),
        ([b"avcC"], [b"avcC", b"st3d", b"sv3d"]),
        ([], [b"st3d", b"sv3d"]),
        ([b"st3d", b"avcC", b"sv3d", b"pasp"], [b"avcC", b"st3d", b"sv3d", b"pasp"]),
    ],
)  # fmt: skip
def test_where_they_go(inner: list[bytes], wanted: list[bytes]) -> None:
    data = movie(*(box(kind, b"x") for kind in inner), tail=bytes(4), entries=2)
    after = result(data, MADE)
    assert order(after) == wanted
    found = find_picture(io.BytesIO(after))
    assert found
    assert [[b.kind for b in entry.boxes] for entry in found.entries] == [wanted, wanted]
    assert plan(io.BytesIO(after), MADE) == []


def test_long_sizes_and_none_are_mended() -> None:
    short = movie(box(b"avcC"))
    ftyp, moov = short[:12], short[20:]
    for data in (ftyp + box(b"moov", moov, long=True),
                 ftyp + struct.pack(">I4s", 0, b"moov") + moov):  # fmt: skip
        assert order(result(data, MADE)) == [b"avcC", b"st3d", b"sv3d"]


def test_fragmented_files_are_refused(make_clip, tmp_path: Path) -> None:
    path = tmp_path / "pieces.mp4"
    with av.open(str(make_clip(times=4))) as source:
        options = {"movflags": "frag_keyframe+empty_moov"}
        with av.open(str(path), "w", options=options) as output:
            stream = output.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = stream
                    output.mux(packet)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"pieces\.mp4: it is a fragmented MP4") as caught:
        inject_spherical(path, MADE)
    assert "ffmpeg -i IN -map 0 -c copy -movflags +faststart OUT" in caught.value.fix
    assert path.read_bytes() == before
    assert read_spherical(path) is None


@pytest.mark.parametrize("where", ["saio", "iloc", "top iloc"])
def test_places_we_do_not_know_are_refused(where: str) -> None:
    data = movie(box(b"avcC"), more=box(b"saio", bytes(12)) if where == "saio" else b"")
    if where == "iloc":
        inner = data[20:] + box(b"meta", bytes(4), box(b"hdlr", bytes(20)), box(b"iloc"))
        data = data[:12] + box(b"moov", inner)
    data += box(b"mdat")
    if where == "top iloc":
        data += box(b"meta", box(b"hdlr", bytes(20)), box(b"iloc"))
    with pytest.raises(InputError, match=where[-4:]) as caught:
        plan(io.BytesIO(data), MADE)
    assert "write_sidecar" in caught.value.fix


def test_other_files_are_refused(tmp_path: Path, make_clip) -> None:
    path = make_clip("a.mkv", times=2)
    with pytest.raises(InputError, match="not an MP4 or MOV file with a picture") as caught:
        inject_spherical(path, MADE)
    assert "write_sidecar" in caught.value.fix
    (tmp_path / "a.m4a").write_bytes(movie(kind=b"soun"))
    with pytest.raises(InputError, match="with a picture"):
        inject_spherical(tmp_path / "a.m4a", MADE)
    with pytest.raises(InputError, match="cannot be read"):
        inject_spherical(tmp_path / "none.mp4", MADE)


def test_cut_off_files_are_left_alone(mp4: Path) -> None:
    data = mp4.read_bytes()[:-5]
    mp4.write_bytes(data)
    with pytest.raises(DamagedFileError, match="clip"):
        inject_spherical(mp4, MADE)
    assert mp4.read_bytes() == data


def test_a_full_disk_leaves_the_file(mp4: Path, monkeypatch, tmp_path: Path) -> None:
    data = mp4.read_bytes()

    def full(*_: object) -> Any:
        yield b"half"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(inject, "edited", full)
    with pytest.raises(OutputError, match="no space left"):
        inject_spherical(mp4, MADE)
    assert mp4.read_bytes() == data
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".part")] == []


def test_files_are_never_held_in_memory(monkeypatch) -> None:
    monkeypatch.setattr(inject, "_BLOCK", 200)
    data = movie(box(b"avcC")) + box(b"mdat", bytes(5000))
    file = io.BytesIO(data)
    assert max(map(len, edited(file, plan(file, MADE)))) <= 200


@pytest.mark.parametrize("table", [b"stco", b"co64"])
def test_tables_that_lie_about_their_length_are_refused(table: bytes) -> None:
    data = bytearray(movie(box(b"avcC"), places=(2**31,), table=table) + box(b"mdat"))
    at = data.index(table) + 8
    data[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(DamagedFileError, match="4294967295 places, 1 are there"):
        plan(io.BytesIO(data), MADE)


def test_what_is_too_large_is_refused(monkeypatch) -> None:
    data = movie(box(b"avcC"))
    monkeypatch.setattr(inject, "MAX_BYTES", 10)
    with pytest.raises(DamagedFileError, match="boxes of more than 10 bytes"):
        plan(io.BytesIO(data), MADE)
    monkeypatch.setattr(inject, "MAX_MOOV", 100)
    monkeypatch.setattr(inject, "MAX_BYTES", 1000)
    with pytest.raises(InputError, match="its moov has") as caught:
        plan(io.BytesIO(data), MADE)
    assert "cut the file" in caught.value.fix


KINDS = st.sampled_from([b"avcC", b"colr", b"pasp", b"clap", b"btrt", b"st3d", b"sv3d", b"free"])


@given(
    st.lists(st.tuples(KINDS, st.binary(max_size=20)), max_size=6),
    st.lists(st.integers(0, 2**32 - 1), max_size=5),
    st.integers(0, 12),
)
def test_boxes_go_in_and_come_out(inner, places, padding) -> None:
    data = movie(*(box(*parts) for parts in inner), places=tuple(places), tail=bytes(padding))
    data += box(b"mdat", bytes(9))
    after = result(data, MADE)
    path = io.BytesIO(after)
    found = find_picture(path)
    assert found
    ours = [b for b in found.entries[0].boxes if b.kind in {b"st3d", b"sv3d"}]
    assert b"".join(after[b.start : b.stop] for b in ours) == MADE.st3d + MADE.sv3d
    rest = [(b.kind, after[b.body : b.stop]) for b in found.entries[0].boxes if b not in ours]
    assert rest == [parts for parts in inner if parts[0] not in {b"st3d", b"sv3d"}]
    kind, moved = tables(after)[0]
    stop = found.parents[0].stop
    grown = len(after) - len(data)
    assert [place - grown * (place >= stop) for place in moved] == places
    assert kind == (b"co64" if max(moved, default=0) >= 2**32 else b"stco")


@given(st.data())
def test_torn_movies_never_crash(data: st.DataObject) -> None:
    whole = bytearray(movie(box(b"avcC", b"xx"), MADE.st3d, MADE.sv3d, box(b"pasp"),
                            places=(2**31,)) + box(b"mdat", bytes(9)))  # fmt: skip
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    torn = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        after = result(torn, NONE)
    except MultiplaneError as error:
        assert error.fix
    else:
        assert len(after) <= len(torn)


@pytest.mark.skipif(not SPATIAL.exists(), reason="needs the shared media")
@pytest.mark.parametrize("name", ["testsrc_320x240_h264.mp4", "testsrc_320x240_vp9.mp4",
                                  "testsrc_32x24_prores.mov"])  # fmt: skip
def test_real_files(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes((SPATIAL / name).read_bytes())
    before = path.read_bytes()
    frames = pictures(path)
    assert inject_spherical(path, MADE)
    assert read_spherical(path) == MADE
    assert order(path.read_bytes()).index(b"sv3d") < order(path.read_bytes()).index(b"pasp")
    assert all(map(np.array_equal, pictures(path), frames))
    assert inject_spherical(path, NONE)
    assert path.read_bytes() == before
