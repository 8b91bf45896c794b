from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.matte_video import MatteWriter, read_mattes, write_mattes
from multiplane.media.writer import write_video


def mattes(count: int, size: tuple[int, int] = (47, 33)) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, size[::-1]).astype(np.uint8) for _ in range(count)]


@pytest.mark.parametrize("size", [(47, 33), (64, 32), (8, 8)])
def test_exact_there_and_back(tmp_path: Path, size: tuple[int, int]) -> None:
    wanted = mattes(5, size)
    with write_mattes(tmp_path / "a.mkv", size, 24) as writer:
        for matte in wanted:
            writer.write(matte)
    found = list(read_mattes(tmp_path / "a.mkv"))
    assert [pts for pts, _ in found] == [0, 1, 2, 3, 4]
    assert all(np.array_equal(a, b) for (_, a), b in zip(found, wanted, strict=True))


def test_the_clock_of_the_source_is_kept_where_matroska_rounds(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", [0, 17, 33, 250]))
    assert clip.time_base < Fraction(1, 1000)
    stamps = [frame.pts for frame in clip.frames()]
    with MatteWriter(tmp_path / "m.mkv", (8, 8), clip) as writer:
        for pts in stamps:
            writer.write(np.zeros((8, 8), np.uint8), pts)
    assert [pts for pts, _ in read_mattes(tmp_path / "m.mkv")] == stamps
    with av.open(str(tmp_path / "m.mkv")) as file:  # and any player sees them to its millisecond
        times = [float(frame.time) for frame in file.decode(video=0)]
    assert times == pytest.approx([0, 0.017, 0.033, 0.25], abs=0.0006)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=6))
def test_any_timestamps_come_back(tmp_path_factory, stamps: list[int]) -> None:
    path = tmp_path_factory.mktemp("mattes") / "a.mkv"
    with MatteWriter(path, (8, 8), Fraction(90000)) as writer:
        for pts in stamps:
            writer.write(np.full((8, 8), pts % 251, np.uint8), pts)
    found = list(read_mattes(path))
    assert [pts for pts, _ in found] == stamps
    assert [int(matte[0, 0]) for _, matte in found] == [pts % 251 for pts in stamps]


def test_floats_are_rounded_to_255ths(tmp_path: Path) -> None:
    alpha = (np.arange(256, dtype=np.float32) / 255).reshape(16, 16)
    with MatteWriter(tmp_path / "a.mkv", (16, 16), 25) as writer:
        writer.write(alpha)
        writer.write(alpha * np.float32(0.999))
        alpha[:] = 0  # may be reused
    (_, first), (_, second) = read_mattes(tmp_path / "a.mkv")
    assert np.array_equal(first.ravel(), np.arange(256))
    assert np.abs(second.astype(int) - first).max() == 0


def test_from_a_later_matte_on(tmp_path: Path) -> None:
    with MatteWriter(tmp_path / "a.mkv", (47, 33), 24) as writer:
        for matte in mattes(20):
            writer.write(matte)
    found = list(read_mattes(tmp_path / "a.mkv", start=17))
    assert [pts for pts, _ in found] == [17, 18, 19]
    assert np.array_equal(found[0][1], mattes(20)[17])


def test_closing_early_lets_go_of_the_file(tmp_path: Path) -> None:
    with MatteWriter(tmp_path / "a.mkv", (47, 33), 24) as writer:
        for matte in mattes(12):
            writer.write(matte)
    units: Any = read_mattes(tmp_path / "a.mkv")
    assert next(units)[0] == 0
    units.close()


def test_frames_are_not_mattes(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"wanted uint8 \(H, W\)") as caught,
        MatteWriter(tmp_path / "a.mkv", (8, 8), 25) as writer,
    ):
        writer.write(np.zeros((8, 8, 3), np.uint8))
    assert "pixel_format: gray" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_another_container_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="mattes were to be written to") as caught:
        MatteWriter(tmp_path / "a.mp4", (8, 8), 25)
    assert "name it a.mkv" in caught.value.fix


def test_another_video_is_refused(make_clip) -> None:
    with pytest.raises(InputError, match="holds h264 in yuv420p, wanted ffv1 in gray") as caught:
        list(read_mattes(make_clip("a.mp4", 2)))
    assert "MatteWriter" in caught.value.fix


def test_grey_of_another_program_keeps_the_times_of_its_container(tmp_path: Path) -> None:
    options = VideoOptions(codec="ffv1", pixel_format="gray")
    write_video(tmp_path / "a.mkv", mattes(3), 25, options)
    assert [pts for pts, _ in read_mattes(tmp_path / "a.mkv")] == [0, 40, 80]


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_file(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.mkv"
    with MatteWriter(path, (47, 33), 24) as writer:
        for matte in mattes(6):
            writer.write(matte)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    if damage == "cut":
        del data[middle:]
    else:
        data[middle] ^= 1
    path.write_bytes(data)
    found = []
    with pytest.raises(DamagedFileError, match="is damaged after") as caught:
        for _, matte in read_mattes(path):
            found.append(matte)
    assert "made anew" in caught.value.fix
    assert all(np.array_equal(a, b) for a, b in zip(found, mattes(6), strict=False))
    assert 0 < len(found) < 6
