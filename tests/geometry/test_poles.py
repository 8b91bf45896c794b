import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stereo_scene import people_scene

from multiplane.geometry.equirect import directions, rotation_of
from multiplane.geometry.poles import (
    from_poles_map,
    polar_angles,
    polar_directions,
    to_poles_map,
)


@given(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5))
def test_angles_and_directions_are_each_others_inverse(alpha, phi):
    seen = polar_directions(np.array([alpha]), np.array([phi]))
    assert np.linalg.norm(seen) == pytest.approx(1, abs=1e-6)
    again = polar_angles(seen.astype(np.float64))
    assert [float(part[0, 0]) for part in again] == pytest.approx([alpha, phi], abs=2e-5)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.3, 9), st.floats(-0.5, 0.5))
def test_both_eyes_see_a_point_in_one_row(x, y, z, apart):
    eyes = np.array([[x + apart, y, z], [x - apart, y, z]])
    alpha, phi = polar_angles(eyes)
    assert phi[0] == pytest.approx(phi[1], abs=1e-12)
    difference = np.tan(alpha[0]) - np.tan(alpha[1])
    assert difference == pytest.approx(2 * apart / np.hypot(y, z), abs=1e-9)


@pytest.mark.parametrize("turn", [None, rotation_of(1, -2, 3)])
@pytest.mark.parametrize("size", [64, (64, 48)])
def test_there_and_back_is_the_same_picture(turn, size):
    seen = directions(size)
    picture = np.sin(5 * seen[..., 0]) + np.cos(4 * seen[..., 1]).astype(np.float32)
    there = cv2.remap(picture, *to_poles_map(size, turn), cv2.INTER_CUBIC)
    back = cv2.remap(there, *from_poles_map(size, turn), cv2.INTER_CUBIC)
    inner = slice(12, -12)
    assert np.abs(back - picture)[inner, inner].max() < 0.03


def test_up_and_down_become_left_and_right():
    x, y = to_poles_map(90)
    assert x[45, 0] == pytest.approx(0, abs=1)
    assert np.ptp(y[:, 0]) < 3  # the whole left column looks at one place: the left
    assert abs(x[0, 45] - 45) < 46
    assert y[0, 45] == pytest.approx(0, abs=1)


def bad(left, right, truth):
    matcher = cv2.StereoSGBM.create(
        0, 32, 5, P1=200, P2=800, uniquenessRatio=5, mode=cv2.StereoSGBM_MODE_HH
    )
    greys = [cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY) for eye in (left, right)]
    found = matcher.compute(*greys).astype(np.float32) / 16
    aside = np.s_[90:200, 380:450]  # 44 to 68 degrees to the right, 20 to 58 up
    return float(np.mean(~(np.abs(found - truth)[aside] <= 1)))


def test_matching_along_rows_works_once_the_poles_are_turned():
    left, right = people_scene(512, 0, samples=1).pair(0)
    size = 512
    maps = to_poles_map(size)
    turned = [cv2.remap(eye.frame, *maps, cv2.INTER_LINEAR) for eye in (left, right)]
    places = ((np.arange(size) + 0.5) / size - 0.5) * np.pi
    depth = cv2.remap(left.depth_m, *maps, cv2.INTER_NEAREST)
    moved = polar_directions(places, -places) * depth[..., None] - [0.064, 0, 0]
    truth = (places - polar_angles(moved)[0]) * size / np.pi
    assert bad(*turned, truth) < 0.01
    seen = directions(size) * left.depth_m[..., None] - [0.064, 0, 0]
    lon = np.arctan2(seen[..., 0], seen[..., 2])
    assert bad(left.frame, right.frame, (places - lon) * size / np.pi) > 0.15
