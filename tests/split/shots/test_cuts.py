from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from multiplane.split.shots.config import AdaptiveCuts, ContentCuts, NoCuts
from multiplane.split.shots.cuts import Picture, join_short, mark_cuts

WAYS = [AdaptiveCuts(), ContentCuts()]


def pictures(frames: list[np.ndarray]) -> Iterator[Picture]:
    for number, frame in enumerate(frames):
        yield Picture(number, None, str(number), frame)


def starts(frames: list[np.ndarray], way: AdaptiveCuts | ContentCuts | NoCuts) -> list[int]:
    marks = list(mark_cuts(pictures(frames), way))
    assert [mark.picture.index for mark in marks] == list(range(len(frames)))
    return [mark.picture.index for mark in marks if mark.begins]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
def test_cuts_are_found_exactly(scene, way) -> None:
    frames = scene(1, 12) + scene(2, 9) + scene(3, 15)
    assert starts(frames, way) == [0, 12, 21]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.kind)
def test_what_only_moves_is_no_cut(scene, way) -> None:
    assert starts(scene(1, 30), way) == [0]


def test_no_cuts_on_demand(scene) -> None:
    assert starts(scene(1, 5) + scene(2, 5), NoCuts()) == [0]


@pytest.mark.parametrize("way", [*WAYS, NoCuts()], ids=lambda way: way.kind)
def test_another_size_begins_a_shot(scene, way) -> None:
    smaller = [np.ascontiguousarray(frame[:40]) for frame in scene(1, 7)]
    frames = [*scene(1, 6), *smaller, *scene(1, 6)]
    marks = [mark for mark in mark_cuts(pictures(frames), way) if mark.begins]
    assert [mark.picture.index for mark in marks] == [0, 6, 13]
    assert all(math.isinf(mark.unlike) for mark in marks)


def test_frames_are_held_back_no_longer_than_the_window(scene) -> None:
    taken = 0

    def source() -> Iterator[Picture]:
        nonlocal taken
        for picture in pictures(scene(1, 30)):
            taken += 1
            yield picture

    marks = mark_cuts(source(), AdaptiveCuts(window_frames=3))
    next(marks)
    assert taken == 4


def test_short_segments_join_the_neighbour_they_are_more_alike() -> None:
    assert join_short([20, 2, 30], [math.inf, 50, 10], 5) == [[0], [1, 2]]
    assert join_short([20, 2, 30], [math.inf, 10, 50], 5) == [[0, 1], [2]]


def test_a_change_of_size_is_never_joined() -> None:
    assert join_short([20, 2, 30], [math.inf, math.inf, math.inf], 5) == [[0], [1], [2]]


def test_many_short_ones_join_until_they_are_long_enough() -> None:
    groups = join_short([2, 2, 2, 2], [math.inf, 9, 8, 9], 4)
    assert [number for group in groups for number in group] == [0, 1, 2, 3]
    assert all(2 * len(group) >= 4 for group in groups)


def test_the_detector_library_loads_without_a_warning() -> None:
    code = "import multiplane.split.shots.cuts"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=False)
    assert done.returncode == 0
