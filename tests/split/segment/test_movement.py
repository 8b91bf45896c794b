from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.split.segment.movement import camera_flow, moves_alone, moving_now


def test_camera_flow_is_what_the_homography_does() -> None:
    way = np.array([[1.0, 0, 3], [0, 1, -2], [0, 0, 1]])
    assert np.allclose(camera_flow(20, 10, way), [3, -2])
    zoom = np.diag([1.1, 1.1, 1.0])
    assert camera_flow(20, 10, zoom)[9, 19] == pytest.approx([1.9, 0.9])


def test_the_camera_alone_moves_nothing() -> None:
    rng = np.random.default_rng(1)
    wide = cv2.resize(rng.integers(0, 256, (16, 24, 3), dtype=np.uint8), (192, 128))
    first, second = wide[:, 4:164], wide[:, 0:160]
    way = np.array([[1.0, 0, 4], [0, 1, 0], [0, 0, 1]])
    assert np.median(moves_alone(first, second, way)) < 0.3
    assert np.median(moves_alone(first, second, np.eye(3))) > 3


def test_bleeding_flow_without_change_is_left_out() -> None:
    apart = np.full((60, 112), 5, np.float32)
    change = np.zeros((60, 112), np.float32)
    change[20:40, 30:50] = 1
    moving = moving_now(apart, change)
    assert moving[25:35, 35:45].min() == 1
    assert moving[:, 70:].max() == 0
