from __future__ import annotations

import numpy as np

from multiplane.motion.camera import CameraPath, still_path
from multiplane.split.segment.registration import (
    camera_figures,
    find_camera,
    salience_to_bytes,
    small_homographies,
    spread,
)
from multiplane.split.segment.shot import Shot


def test_a_pan_is_found_and_small_frames_are_kept(make_scene) -> None:
    scene = make_scene(5, pan_px=4)
    camera = find_camera(Shot(scene.frames), (96, 72), threads=1)
    assert abs(camera.between(0, 4)[0, 2] + 16) < 1
    assert camera_figures(camera)["unregistered_frames"] == []


def test_a_known_camera_is_taken_and_one_frame_needs_none(scene) -> None:
    camera = still_path(3)
    assert find_camera(Shot(scene.frames[:3], camera), (96, 72)) is camera
    assert len(find_camera(Shot(scene.frames[:1]), (96, 72))) == 1


def test_homographies_in_small_pixels() -> None:
    move = np.array([[1.0, 0, 8], [0, 1, 4], [0, 0, 1]])
    camera = CameraPath([np.eye(3), move], 0, [9, 9], [0.0, 0.0])
    still, small = small_homographies(camera, (192, 144), (96, 72))
    assert np.array_equal(still, np.eye(3))
    assert np.allclose(small, [[1, 0, 4], [0, 1, 2], [0, 0, 1]])


def test_frames_are_spread_evenly() -> None:
    assert spread([0, 1, 2, 3, 5, 6, 7, 8], 3) == [0, 5, 8]
    assert spread([0, 4, 8], 99) == [0, 4, 8]
    assert spread([7], 5) == [7]


def test_frames_that_were_not_registered_are_named() -> None:
    camera = CameraPath([np.eye(3)] * 3, 0, [9, 0, 9], [0.0] * 3)
    assert camera_figures(camera)["unregistered_frames"] == [1]


def test_salience_as_bytes() -> None:
    assert salience_to_bytes(np.float32([[0, 0.5, 1]])).tolist() == [[0, 128, 255]]
