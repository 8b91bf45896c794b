import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.geometry.equirect import (
    directions,
    directions_at,
    pixels_of,
    rotation_map,
    rotation_of,
    turned,
    width_height,
)

sizes = st.one_of(st.integers(1, 48), st.tuples(st.integers(1, 48), st.integers(1, 48)))
angles = st.floats(-20, 20)


@given(sizes)
@settings(deadline=None)
def test_pixels_look_somewhere_and_are_found_there(size):
    seen = directions(size)
    width, height = width_height(size)
    assert seen.shape == (height, width, 3)
    assert seen.dtype == np.float32
    assert np.allclose(np.linalg.norm(seen, axis=-1), 1, atol=1e-6)
    x, y = pixels_of(seen, size)
    assert x.dtype == y.dtype == np.float32
    assert np.allclose(x, np.arange(width), atol=2e-3)
    assert np.allclose(y, np.arange(height)[:, None], atol=1e-3)


def test_axes_are_right_up_forward():
    seen = directions(181)
    assert seen[90, 90] == pytest.approx([0, 0, 1], abs=1e-6)
    assert seen[90, 180, 0] > 0.99
    assert seen[0, 90, 1] > 0.99
    lon, lat = math.radians(30), math.radians(40)
    where = np.array([math.cos(lat) * math.sin(lon), math.sin(lat), math.cos(lat) * math.cos(lon)])
    x, y = pixels_of(where * 7, 360)
    assert float(x) == pytest.approx(360 * (0.5 + 30 / 180) - 0.5, abs=1e-3)
    assert float(y) == pytest.approx(360 * (0.5 - 40 / 180) - 0.5, abs=1e-3)


def test_what_lies_behind_comes_out_beyond_the_border():
    x, _ = pixels_of(np.array([[-0.3, 0, -1.0], [0.3, 0, -1.0]]), 64)
    assert x[0] < -0.5
    assert x[1] > 63.5


def test_a_part_is_the_same_as_the_whole():
    part = directions_at(np.arange(3, 9), np.arange(5, 7), (20, 10))
    assert np.allclose(part, directions((20, 10))[5:7, 3:9], atol=1e-7)


@given(angles, angles, angles)
def test_rotations_turn_and_turn_back(pitch, yaw, roll):
    turn = rotation_of(pitch, yaw, roll)
    assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    seen = directions(9)
    assert np.allclose(turned(turned(seen, turn), turn.T), seen, atol=1e-6)
    assert turned(seen, turn).dtype == np.float32


def test_angles_are_down_right_and_to_the_right_ear():
    ahead, right = np.array([0, 0, 1.0]), np.array([1.0, 0, 0])
    assert (rotation_of(5, 0, 0) @ ahead)[1] < 0
    assert (rotation_of(0, 5, 0) @ ahead)[0] > 0
    assert (rotation_of(0, 0, 5) @ right)[1] < 0


@settings(deadline=None, max_examples=10)
@given(st.floats(-8, 8), st.floats(-8, 8), st.floats(-8, 8))
def test_a_picture_is_turned_there_and_back(pitch, yaw, roll):
    turn = rotation_of(pitch, yaw, roll)
    x, y = directions(64)[..., :2].transpose(2, 0, 1)
    picture = (np.sin(4 * x) + np.cos(3 * y)).astype(np.float32)
    there = cv2.remap(picture, *rotation_map(64, turn), cv2.INTER_CUBIC)
    back = cv2.remap(there, *rotation_map(64, turn.T), cv2.INTER_CUBIC)
    assert np.abs(back - picture)[16:48, 16:48].max() < 0.02


def test_what_was_seen_ahead_is_seen_where_the_rotation_takes_it():
    picture = np.zeros((181, 181), np.float32)
    picture[89:92, 89:92] = 1
    turn = rotation_of(0, 20, 0)
    there = cv2.remap(picture, *rotation_map(181, turn), cv2.INTER_LINEAR)
    assert there[90, 110] == pytest.approx(1)
    assert there[90, 90] == 0


def test_maps_in_strips_are_the_whole_map():
    x, y = rotation_map((6, 600), np.eye(3))
    assert np.allclose(x, np.arange(6), atol=1e-3)
    assert np.allclose(y, np.arange(600)[:, None], atol=1e-2)


@pytest.mark.parametrize("size", [0, (3, 0), 40000])
def test_sizes_no_eye_has_are_refused(size):
    with pytest.raises(InputError) as caught:
        directions(size)
    assert "3072x3072" in caught.value.fix
