from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.camera import still_path
from multiplane.split.segment.shot import Shot, shrink


class Counting(list):
    """Counts how often a frame is fetched."""

    fetched = 0

    def __getitem__(self, index):
        self.fetched += 1
        return super().__getitem__(index)


def test_small_frames_are_remembered_up_to_a_bound() -> None:
    frames = Counting(np.full((40, 60, 3), value, np.uint8) for value in range(5))
    shot = Shot(frames, keep=2)
    size = shot.small_size(30)
    assert size == (30, 20)
    before = frames.fetched
    for index in (0, 1, 0, 1):
        assert shot.small(index, size).shape == (20, 30, 3)
    assert frames.fetched == before + 2
    shot.small(2, size)
    shot.small(0, size)
    assert frames.fetched == before + 4


def test_frames_never_grow() -> None:
    shot = Shot([np.zeros((10, 20, 3), np.uint8)])
    assert shot.small_size(480) == (20, 10)
    assert shrink(shot.frame(0), (20, 10)).shape == (10, 20, 3)


def test_no_frames_another_size_another_camera() -> None:
    frame = np.zeros((10, 20, 3), np.uint8)
    with pytest.raises(InputError, match="leave the shot out"):
        Shot([])
    with pytest.raises(InputError, match="split shots"):
        Shot([frame, frame[:5]]).frame(1)
    with pytest.raises(InputError, match="leave the camera out"):
        Shot([frame], still_path(2))
