from __future__ import annotations

from pathlib import Path

import av
import pytest
from hand_made_movie import box, movie
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, MultiplaneError
from multiplane.media.clip import open_clip
from multiplane.media.vr180 import matroska
from multiplane.media.vr180.inject import inject_spherical
from multiplane.media.vr180.layout import detect_layout
from multiplane.media.vr180.matroska import read_matroska
from multiplane.media.vr180.sidecar import find_spherical
from multiplane.media.vr180.spherical import (
    projection_box,
    stereo_box,
    vr180_boxes,
)


def element(name: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = (len(body) | 1 << 28).to_bytes(4, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + body


def webm(*video: bytes, kind: int = 1) -> bytes:
    track = element(0xAE, element(0x83, bytes([kind])), element(0xE0, *video))
    tracks = element(0x1654AE6B, track)
    return element(0x1A45DFA3) + element(0x18538067, element(0xEC, bytes(9)), tracks)


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.webm"
    path.write_bytes(data)
    return path


def remuxed(source: Path) -> Path:
    """FFmpeg turns the boxes of an MP4 into Matroska's own words."""
    path = source.with_suffix(".mkv")
    with av.open(str(source)) as given, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return path


def test_what_ffmpeg_wrote_is_read(make_clip) -> None:
    source = make_clip("source.mp4", 3)
    inject_spherical(source, vr180_boxes())
    path = remuxed(source)
    found = read_matroska(path)
    assert found
    assert (found.stereo_mode, found.half, found.source) == (2, True, "Matroska")
    assert found.sv3d[-60:] == vr180_boxes().sv3d[-60:]
    assert found == find_spherical(path)
    layout = detect_layout(open_clip(path))
    assert (layout.kind, layout.projection, layout.swapped) == ("sbs", "half_equirect", False)


def test_meshes_are_told_and_kept(tmp_path: Path) -> None:
    body = bytes(4) + b"any mesh at all"
    private = element(0x7672, body)
    path = written(tmp_path, webm(element(0x7670, element(0x7671, b"\3"), private)))
    found = read_matroska(path)
    assert found
    assert found.projection == "mesh"
    assert found.sv3d == projection_box(b"mshp", body, (0, 0, 0), "Matroska")


@pytest.mark.parametrize(
    ("mode", "wanted", "swapped"),
    [(0, 0, False), (1, 2, False), (2, 1, True), (3, 1, False), (11, 2, True)],
)
def test_modes(tmp_path: Path, mode: int, wanted: int, swapped: bool) -> None:
    found = read_matroska(written(tmp_path, webm(element(0x53B8, bytes([mode])))))
    assert found
    assert (found.st3d, found.sv3d) == (stereo_box(wanted), b"")
    assert (found.stereo_mode, found.swapped) == (wanted, swapped)


def test_pose_and_bounds(tmp_path: Path) -> None:
    yaw = element(0x7673, bytes.fromhex("c1480000"))  # -12.5
    roll = element(0x7675, bytes.fromhex("4066800000000000"))  # 180
    projection = element(0x7670, element(0x7671, b"\1"), yaw, roll)
    found = read_matroska(written(tmp_path, webm(projection)))
    assert found
    assert (found.pose_deg, found.whole, found.stereo_mode) == ((-12.5, 0, 180), True, None)
    strange = element(0x7670, element(0x7671, b"\1"), element(0x7673, bytes.fromhex("7f800000")))
    found = read_matroska(written(tmp_path, webm(strange)))
    assert found
    assert found.pose_deg == (0, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        webm(),
        webm(element(0x53B8, b"\1"), kind=2),
        webm(element(0x53B8, b"\x0d")),
        webm(element(0x7670, element(0x7671, b"\0"))),
        element(0x1A45DFA3),
        element(0x1A45DFA3) + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 6 + b"\xfe",
        b"",
        movie(box(b"avcC")),
    ],
)
def test_those_that_say_nothing(tmp_path: Path, data: bytes) -> None:
    assert read_matroska(written(tmp_path, data)) is None


def test_impossible_bounds_are_refused(tmp_path: Path) -> None:
    private = element(0x7672, bytes(4) + b"\xff" * 16)
    path = written(tmp_path, webm(element(0x7670, element(0x7671, b"\1"), private)))
    with pytest.raises(DamagedFileError, match=r"a\.webm: the box equi leaves nothing") as caught:
        read_matroska(path)
    assert "vr180_boxes()" in caught.value.fix


def test_huge_ones_are_not_read(tmp_path: Path, monkeypatch) -> None:
    private = element(0x7672, bytes(100))
    path = written(tmp_path, webm(element(0x7670, element(0x7671, b"\1"), private)))
    monkeypatch.setattr(matroska, "MAX_BYTES", 50)
    with pytest.raises(DamagedFileError, match="has 100 bytes, wanted at most 50"):
        read_matroska(path)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_torn_files_never_crash(tmp_path: Path, data: st.DataObject) -> None:
    private = element(0x7672, bytes(20))
    parts = element(0x53B8, b"\1"), element(0x7670, element(0x7671, b"\1"), private)
    whole = bytearray(webm(*parts))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = written(tmp_path, bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    try:
        read_matroska(path)
    except MultiplaneError as error:
        assert error.fix
