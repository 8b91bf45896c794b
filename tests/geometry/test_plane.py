import json
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from multiplane.geometry.plane import (
    Plane,
    normal_of_left,
    normal_of_right,
    seen_by_left,
    seen_by_right,
)
from multiplane.geometry.poles import polar_angles

part = st.floats(-0.2, 0.2)
APART_M = 0.064


@given(part, part, st.floats(0.01, 0.2), st.floats(-3, 3), st.floats(-3, 3))
def test_a_point_on_the_plane_is_seen_where_geometry_says(a, b, c, x, y):
    normal = np.array([a, b, c])
    away = np.array([x, y, 2.0]) / np.linalg.norm([x, y, 2.0])
    assume(normal @ away > 1e-3)
    point = away / (normal @ away) * APART_M  # metres, the left eye at the origin
    right = point - [APART_M, 0, 0]
    there = seen_by_right(away, normal)
    assert np.cross(there, right) == pytest.approx(0, abs=1e-9 + 1e-9 * np.abs(right).max())
    assert seen_by_left(there, normal) == pytest.approx(away, abs=1e-9)


@given(part, part, part)
def test_the_normal_goes_to_the_right_eye_and_back(a, b, c):
    normal = np.array([a, b, c])
    assert normal_of_left(normal_of_right(normal)) == pytest.approx(normal, abs=1e-12)


@given(part, part, part, st.floats(-1, 1), st.floats(-1, 1))
def test_disparity_is_linear_in_the_angles_about_the_baseline(a, b, c, x, y):
    normal, seen = np.array([a, b, c]), np.array([x, y, 1.0])
    (alpha, phi), (beside, same) = polar_angles(seen), polar_angles(seen_by_right(seen, normal))
    assert phi == pytest.approx(same)
    wanted = normal @ [np.tan(alpha), np.sin(phi), np.cos(phi)]
    assert np.tan(alpha) - np.tan(beside) == pytest.approx(wanted, abs=1e-9)


def test_infinity_changes_nothing():
    seen = np.array([[0.3, 0.2, 0.9]], np.float32)
    assert np.array_equal(seen_by_right(seen, np.zeros(3)), seen)
    assert np.array_equal(seen_by_left(seen, np.zeros(3)), seen)


def test_a_plane_says_how_far_it_is_and_goes_into_json():
    plane = Plane((0.0, 0.0, 0.032), "texture", math.degrees(math.atan(0.032)), 0.9, 120, 0.01)
    assert plane.distance_m() == pytest.approx(2.0)
    assert Plane((0.0, 0.0, 0.0)).distance_m() == math.inf
    written = json.loads(json.dumps(plane.to_json()))
    assert written["plane"] == [0.0, 0.0, 0.032]
    assert written["found_by"] == "texture"
