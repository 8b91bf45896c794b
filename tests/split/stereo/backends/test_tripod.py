from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_objects import RED, Thing, draw

from multiplane.split.stereo.backends.tripod import camera_of, stands_still

GROUND = cv2.GaussianBlur(
    np.random.default_rng(0).integers(0, 255, (140, 220, 3)).astype(np.uint8), (0, 0), 2
)


def test_people_and_light_come_and_go() -> None:
    scene = draw([Thing(RED, lambda i: (10 + 9 * i, 50), 24)], 12)
    assert stands_still(scene.frames)
    dimmed = [cv2.convertScaleAbs(f, alpha=1 - 0.02 * i) for i, f in enumerate(scene.frames)]
    assert stands_still([np.asarray(frame, np.uint8) for frame in dimmed])
    path = camera_of(scene.frames)
    assert path is not None
    assert len(path) == 12
    assert path.static


def test_a_plain_wall() -> None:
    wall = np.full((100, 160, 3), 120, np.uint8)
    frames = []
    for index in range(6):
        frame = wall.copy()
        frame[30:, 10 + 12 * index : 40 + 12 * index] = GROUND[:70, :30]
        frames.append(frame)
    assert stands_still(frames)


@pytest.mark.parametrize("step", [1, 3, 9])
def test_a_camera_that_pans(step: int) -> None:
    frames = [GROUND[10:110, step * i : step * i + 100] for i in range(8)]
    assert not stands_still(frames)
    assert camera_of(frames) is None


def test_nothing_to_go_by() -> None:
    flat = [np.full((50, 50, 3), 90, np.uint8)] * 3
    assert stands_still(flat)
    assert stands_still(flat[:1])
    assert stands_still([frame[:1, :1] for frame in flat])
