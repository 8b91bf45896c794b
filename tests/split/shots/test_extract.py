from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.shots.config import ContentCuts, NoCuts, ShotsOptions
from multiplane.split.shots.cuts import Picture
from multiplane.split.shots.extract import Write, extract_shots, spread


def pictures(frames: list[np.ndarray]) -> Iterator[Picture]:
    for number, frame in enumerate(frames):
        yield Picture(number, number / 25, f"{number:06d}", frame)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(stem: str, frame: np.ndarray) -> tuple[str, Path]:
        path = tmp_path / f"{stem}.bin"
        path.write_bytes(frame.tobytes())
        return path.name, path

    return put


def stems(folder: Path) -> list[int]:
    return sorted(int(path.stem) for path in folder.glob("*.bin"))


@given(st.integers(1, 500), st.integers(1, 50))
def test_spread_is_even(count: int, most: int) -> None:
    places = spread(count, most)
    assert len(places) == min(count, most)
    assert places[0] >= 0
    assert places[-1] < count
    gaps = np.diff(places)
    assert len(gaps) == 0 or (gaps.min() >= 1 and gaps.max() - gaps.min() <= 1)


def test_every_frame_by_default(scene, write, tmp_path) -> None:
    shots = extract_shots(
        pictures(scene(1, 10) + scene(2, 7)), ContentCuts(), ShotsOptions(), write
    )
    assert [(s.first, s.length, len(s.taken)) for s in shots] == [(0, 10, 10), (10, 7, 7)]
    assert [t.file for t in shots[1].taken] == [f"{n:06d}.bin" for n in range(10, 17)]
    assert stems(tmp_path) == list(range(17))


def test_every_nth_counts_from_the_cut(scene, write, tmp_path) -> None:
    options = ShotsOptions(every_frames=4)
    shots = extract_shots(pictures(scene(1, 10) + scene(2, 7)), ContentCuts(), options, write)
    assert [[t.index for t in s.taken] for s in shots] == [[0, 4, 8], [10, 14]]
    assert stems(tmp_path) == [0, 4, 8, 10, 14]


@pytest.mark.parametrize("count", [3, 19, 80, 333])
def test_at_most_so_many_spread_evenly_and_the_rest_removed(scene, write, tmp_path, count) -> None:
    options = ShotsOptions(max_frames_per_shot=4)
    frames = [scene(1, 1)[0]] * count
    (shot,) = extract_shots(pictures(frames), NoCuts(), options, write)
    indices = [t.index for t in shot.taken]
    assert indices == stems(tmp_path)
    assert len(indices) == min(4, count)
    wanted = np.asarray(spread(count, 4))
    assert np.abs(wanted - indices).max() <= count / 4 / 8


def test_the_disk_holds_few_files_more_than_wanted(scene, tmp_path) -> None:
    most = 0

    def put(stem: str, frame: np.ndarray) -> tuple[str, Path]:
        nonlocal most
        path = tmp_path / f"{stem}.bin"
        path.touch()
        most = max(most, len(stems(tmp_path)))
        return path.name, path

    frames = [scene(1, 1)[0]] * 400
    extract_shots(pictures(frames), NoCuts(), ShotsOptions(max_frames_per_shot=3), put)
    assert most <= 8 * 3 + 8


def test_duplicates_are_dropped_on_demand_only(scene, write) -> None:
    on_twos = [frame for frame in scene(1, 40)[::8] for _ in range(2)]
    (kept,) = extract_shots(pictures(on_twos), NoCuts(), ShotsOptions(), write)
    assert len(kept.taken) == 10
    options = ShotsOptions(drop_duplicates=True, duplicate_bits=0)
    (dropped,) = extract_shots(pictures(on_twos), NoCuts(), options, write)
    assert [t.index for t in dropped.taken] == [0, 2, 4, 6, 8]
    assert dropped.duplicates == 5


def test_short_shots_join(scene, write) -> None:
    frames = scene(1, 12) + scene(2, 3) + scene(3, 12)
    shots = extract_shots(pictures(frames), ContentCuts(), ShotsOptions(), write, shortest=5)
    assert len(shots) == 2
    assert sum(shot.length for shot in shots) == 27


def test_memory_does_not_grow_with_the_source(write) -> None:
    def source(count: int) -> Iterator[Picture]:
        for number in range(count):
            frame = np.full((240, 320, 3), number % 256, np.uint8)
            yield Picture(number, None, f"{number % 5:06d}", frame)

    peaks = []
    for count in (40, 160):
        tracemalloc.start()
        extract_shots(source(count), NoCuts(), ShotsOptions(), write)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 5 * 240 * 320 * 3
