from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hand_made_movie import SPATIAL, box, movie
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, MultiplaneError
from multiplane.media.vr180 import spherical
from multiplane.media.vr180.spherical import Spherical, read_spherical, stereo_box, vr180_boxes


def sv3d(*parts: bytes, source: bytes = b"Me\0") -> bytes:
    return box(b"sv3d", box(b"svhd", bytes(4), source), box(b"proj", *parts))


def prhd(yaw: float = 0, pitch: float = 0, roll: float = 0) -> bytes:
    return box(
        b"prhd", bytes(4), struct.pack(">iii", *(round(a * 65536) for a in (yaw, pitch, roll)))
    )


def equi(*bounds: int) -> bytes:
    return box(b"equi", bytes(4), struct.pack(">IIII", *bounds))


def test_ours_are_those_of_the_specification() -> None:
    made = vr180_boxes(source="Multiplane")
    assert made.st3d.hex() == "0000000d" + b"st3d".hex() + "00000000" + "02"
    svhd = "00000017" + b"svhd".hex() + "00000000" + b"Multiplane".hex() + "00"
    assert made.sv3d[8:31].hex() == svhd
    assert made.sv3d[31:39].hex() == "0000003c" + b"proj".hex()
    assert len(made.sv3d) == 8 + 23 + 8 + 24 + 28
    assert made.sv3d[-28:] == equi(0, 0, 0x40000000, 0x40000000)
    assert made.sv3d[-52:-28] == prhd()
    assert len(prhd()) == 24
    assert (made.stereo_mode, made.projection, made.half) == (2, "equirectangular", True)
    assert made.bounds == (0, 0, 0.25, 0.25)
    assert "half a sphere" in made.words()
    assert Spherical.read(made.st3d, made.sv3d) == made


def test_pose_bounds_and_source_are_read() -> None:
    raw = sv3d(prhd(-12.5, 3, 180), equi(0x10000000, 0, 0x20000000, 0))
    read = Spherical.read(b"", raw)
    assert read.pose_deg == (-12.5, 3, 180)
    assert read.bounds == (1 / 16, 0, 1 / 8, 0)
    assert (read.half, read.whole, read.stereo_mode, read.source) == (False, False, None, "Me")
    assert "yaw -12.5" in read.words()
    assert Spherical.read(b"", sv3d(prhd(), equi(0, 0, 0, 0))).whole


def test_meshes_and_cubes_are_told() -> None:
    mesh = Spherical.read(stereo_box(3), sv3d(prhd(), box(b"mshp", bytes(40))))
    assert (mesh.projection, mesh.bounds, mesh.stereo_mode) == ("mesh", None, 3)
    assert Spherical.read(b"", sv3d(box(b"cbmp", bytes(8)))).projection == "cubemap"
    assert Spherical.read(b"", b"").words() == "nothing"


@pytest.mark.parametrize(
    ("st3d", "raw", "told"),
    [
        (box(b"st3d", bytes(4)), b"", "the stereo mode nothing"),
        (box(b"st3d", bytes(4), b"\x09"), b"", "the stereo mode 9"),
        (box(b"sv3d", bytes(5)), b"", "st3d is not one whole box"),
        (stereo_box(2) + b"x", b"", "st3d is not one whole box"),
        (b"", box(b"sv3d"), "has no proj"),
        (b"", sv3d(prhd()), "names no projection"),
        (b"", sv3d(box(b"prhd"), equi(0, 0, 0, 0)), "prhd has 0 bytes"),
        (b"", sv3d(box(b"equi", bytes(19))), "equi has 19 bytes"),
        (b"", sv3d(equi(0, 0, 2**31, 2**31)), "leaves nothing of the sphere"),
    ],
)
def test_strange_boxes_are_refused(st3d: bytes, raw: bytes, told: str) -> None:
    with pytest.raises(DamagedFileError, match=told) as caught:
        Spherical.read(st3d, raw)
    assert "vr180_boxes()" in caught.value.fix


def test_huge_boxes_are_refused(monkeypatch, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(movie(box(b"sv3d", bytes(2000))))
    monkeypatch.setattr(spherical, "MAX_BYTES", 1000)
    with pytest.raises(DamagedFileError, match=r"a\.mp4: the box sv3d has 2008 bytes"):
        read_spherical(path)
    with pytest.raises(DamagedFileError, match="sv3d has 2008 bytes"):
        Spherical.read(b"", box(b"sv3d", bytes(2000)))


def test_they_are_found_in_a_file(tmp_path: Path) -> None:
    made = vr180_boxes()
    path = tmp_path / "a.mov"
    path.write_bytes(movie(box(b"avcC"), made.st3d, made.sv3d, box(b"pasp")))
    assert read_spherical(path) == made
    path.write_bytes(movie(box(b"avcC")))
    assert read_spherical(path) is None
    path.write_bytes(movie(kind=b"soun"))
    assert read_spherical(path) is None
    path.write_bytes(b"RIFF of something else")
    assert read_spherical(path) is None


@given(st.sampled_from(["st3d", "sv3d"]), st.data())
def test_damaged_boxes_never_crash(which: str, data: st.DataObject) -> None:
    made = vr180_boxes()
    raw = {"st3d": made.st3d, "sv3d": made.sv3d}
    torn = bytearray(raw[which])
    for _ in range(data.draw(st.integers(0, 3))):
        torn[data.draw(st.integers(0, len(torn) - 1))] = data.draw(st.integers(0, 255))
    raw[which] = bytes(torn[: data.draw(st.integers(0, len(torn)))])
    try:
        read = Spherical.read(**raw)
    except MultiplaneError as error:
        assert error.fix
    else:
        assert (read.st3d, read.sv3d) == (raw["st3d"], raw["sv3d"])
        assert read.words()


@given(*([st.integers(0, 2**30)] * 4), st.text(max_size=9), st.integers(0, 3))
def test_what_is_made_is_read(top, bottom, left, right, source, mode) -> None:
    name = source.replace("\0", "")
    raw = sv3d(prhd(), equi(top, bottom, left, right), source=name.encode("utf-8", "replace"))
    read = Spherical.read(stereo_box(mode), raw)
    assert read.bounds == tuple(v / 2**32 for v in (top, bottom, left, right))
    assert read.stereo_mode == mode
    assert read.source.encode() == name.encode("utf-8", "replace")


@pytest.mark.skipif(not SPATIAL.exists(), reason="needs the shared media")
def test_real_files_without_any() -> None:
    assert all(read_spherical(path) is None for path in SPATIAL.iterdir())
