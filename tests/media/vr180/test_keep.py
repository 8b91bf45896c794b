from __future__ import annotations

import dataclasses
import struct
from pathlib import Path
from typing import Any

import pytest
from hand_made_movie import box, packets

from multiplane.core.errors import DamagedFileError
from multiplane.media.vr180.inject import inject_spherical
from multiplane.media.vr180.keep import keep_spherical
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.sidecar import find_spherical, read_sidecar, sidecar_of, write_sidecar
from multiplane.media.vr180.spherical import Spherical, read_spherical, stereo_box, vr180_boxes

SBS = Layout.of("sbs", (128, 64), projection="half_equirect")
EYE = Layout.of("mono", (64, 64), projection="half_equirect")
FLAT = Layout.of("mono", (96, 64))
CAMERA = vr180_boxes(source="a camera of its own")


@pytest.fixture
def source(make_clip: Any) -> Path:
    path: Path = make_clip("source.mp4", 3)
    inject_spherical(path, CAMERA)
    return path


def test_an_mp4_keeps_them_to_the_byte(source: Path, make_clip) -> None:
    result = make_clip("matte.mp4", 3, audio="aac")
    before = packets(result, "video"), packets(result, "audio")
    notes = keep_spherical(source, result, SBS)
    assert read_spherical(result) == CAMERA
    assert (packets(result, "video"), packets(result, "audio")) == before
    assert notes == ["matte.mp4 has the boxes of its source, byte for byte"]
    assert not sidecar_of(result).exists()


@pytest.mark.parametrize("name", ["matte.mov", "matte.mkv"])
def test_others_get_a_sidecar(source: Path, make_clip, name: str) -> None:
    result = make_clip(name, 3)
    before = result.read_bytes()
    notes = keep_spherical(source, result, SBS)
    assert result.read_bytes() == before
    assert read_sidecar(result) == CAMERA
    assert f"stand in {name}.spherical.json" in notes[0]


def test_folders_get_a_sidecar_and_it_is_a_source(source: Path, make_clip, tmp_path) -> None:
    folder = tmp_path / "cutouts"
    folder.mkdir()
    keep_spherical(source, folder, SBS)
    assert find_spherical(folder) == CAMERA
    result = make_clip("again.mp4", 3)
    keep_spherical(folder, result, SBS)
    assert read_spherical(result) == CAMERA


def test_a_source_without_any_gets_new_ones(make_clip) -> None:
    source, result = make_clip("source.mp4", 3), make_clip("matte.mp4", 3)
    notes = keep_spherical(source, result, SBS)
    assert read_spherical(result) == vr180_boxes()
    assert "source.mp4 has no VR180 boxes" in notes[0]
    plain = make_clip("plain.mp4", 3)
    assert keep_spherical(source, plain, FLAT) == []
    assert read_spherical(plain) is None


def test_an_eye_alone_says_so(source: Path, make_clip) -> None:
    result = make_clip("left.mp4", 3)
    notes = keep_spherical(source, result, EYE)
    found = read_spherical(result)
    assert found
    assert (found.st3d, found.sv3d) == (stereo_box(0), CAMERA.sv3d)
    assert "that of the source: stereo mode 2" in notes[0]


def test_a_mesh_is_kept(make_clip) -> None:
    source, result = make_clip("source.mp4", 3), make_clip("matte.mp4", 3)
    mesh = box(b"sv3d", box(b"svhd", bytes(5)), box(b"proj", box(b"mshp", struct.pack(">I", 9))))
    inject_spherical(source, Spherical.read(stereo_box(3), mesh))
    keep_spherical(source, result, dataclasses.replace(SBS, projection="flat"))
    assert read_spherical(result) == Spherical.read(stereo_box(3), mesh)


def test_nothing_is_said_of_fisheye(source: Path, make_clip) -> None:
    result = make_clip("matte_fisheye190_LR_alpha.mp4", 3)
    notes = keep_spherical(source, result, SBS, fisheye=True)
    assert "players read its name" in notes[0]
    assert read_spherical(result) is None
    assert keep_spherical(result, result, SBS, fisheye=True) == []


def test_swapped_eyes_are_noted(source: Path, make_clip) -> None:
    swapped = dataclasses.replace(SBS, swapped=True)
    notes = keep_spherical(source, make_clip("matte.mp4", 3), swapped)
    assert "_RL" in notes[0]


def test_the_file_counts_before_its_sidecar(source: Path) -> None:
    write_sidecar(source, vr180_boxes())
    assert find_spherical(source) == CAMERA


def test_damaged_boxes_of_a_source_are_an_error(make_clip, tmp_path: Path) -> None:
    source = make_clip("source.mp4", 3)
    inject_spherical(source, CAMERA)
    data = bytearray(source.read_bytes())
    data[data.index(b"st3d") + 8] = 9
    source.write_bytes(data)
    with pytest.raises(DamagedFileError, match=r"source\.mp4: the box st3d") as caught:
        keep_spherical(source, make_clip("matte.mp4", 3), SBS)
    assert "vr180_boxes()" in caught.value.fix
