from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.motion.camera import still_path
from multiplane.split.segment.shot import Shot, shrink


class Disk(Sequence):
    """Frames that note each time they are read."""

    def __init__(self, count: int) -> None:
        self.read: list[int] = []
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index):
        self.read.append(index)
        return np.full((30, 40, 3), index % 256, np.uint8)


def test_a_shot_knows_its_length_and_size() -> None:
    shot = Shot(Disk(5))
    assert len(shot) == 5
    assert shot.size == (40, 30)
    assert shot.camera is None


def test_small_frames_are_made_once() -> None:
    disk = Disk(3)
    shot = Shot(disk)
    disk.read.clear()
    first = shot.small(1, (20, 15))
    assert first.shape == (15, 20, 3)
    assert (first == 1).all()
    assert shot.small(1, (20, 15)) is first
    assert disk.read == [1]
    shot.small(1, (10, 8))
    assert disk.read == [1, 1], "another size is another frame"


def test_only_so_many_small_frames_are_kept_the_latest_used() -> None:
    disk = Disk(6)
    shot = Shot(disk, keep=2)
    shot.small(0, (20, 15))
    shot.small(1, (20, 15))
    shot.small(0, (20, 15))
    shot.small(2, (20, 15))
    disk.read.clear()
    shot.small(0, (20, 15))
    assert disk.read == []
    shot.small(1, (20, 15))
    assert disk.read == [1]


def test_frames_are_read_when_they_are_asked_for() -> None:
    disk = Disk(1000)
    shot = Shot(disk)
    assert len(disk.read) == 1
    shot.frame(999)
    assert disk.read[-1] == 999
    assert len(disk.read) == 2


def test_what_was_made_elsewhere_is_remembered() -> None:
    disk = Disk(2)
    shot = Shot(disk)
    small = np.zeros((15, 20, 3), np.uint8)
    shot.remember(1, small)
    disk.read.clear()
    assert shot.small(1, (20, 15)) is small
    assert disk.read == []


@given(st.integers(1, 400), st.integers(1, 400), st.integers(64, 500))
def test_small_sizes_have_the_shape_of_the_frame(width: int, height: int, long_px: int) -> None:
    shot = Shot([np.zeros((height, width, 3), np.uint8)])
    small = shot.small_size(long_px)
    assert min(small) >= 1
    assert max(small) == min(long_px, max(width, height))
    scale = max(small) / max(width, height)
    assert abs(small[0] - max(1, scale * width)) <= 0.5
    assert abs(small[1] - max(1, scale * height)) <= 0.5


def test_shrinking_to_the_same_size_is_the_same_frame() -> None:
    frame = np.zeros((30, 40, 3), np.uint8)
    assert shrink(frame, (40, 30)) is frame
    assert shrink(frame, (20, 15)).shape == (15, 20, 3)


def test_no_frames_are_refused() -> None:
    with pytest.raises(InputError, match="without frames") as caught:
        Shot([])
    assert caught.value.fix == "leave the shot out"


def test_a_camera_of_another_length_is_refused() -> None:
    with pytest.raises(InputError, match="3 frames, the shot 2") as caught:
        Shot(Disk(2), still_path(3))
    assert caught.value.fix == "leave the camera out: it is found anew"


def test_frames_of_another_size_are_refused() -> None:
    shot = Shot([np.zeros((30, 40, 3), np.uint8), np.zeros((30, 41, 3), np.uint8)])
    with pytest.raises(InputError, match="frame 1 is 41x30, the shot 40x30") as caught:
        shot.frame(1)
    assert caught.value.fix == "split the pictures by size first: multiplane split shots"


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(InputError, match="uint8"):
        Shot([np.zeros((30, 40), np.uint8)])
