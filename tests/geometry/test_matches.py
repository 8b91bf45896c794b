import numpy as np
import pytest
from stereo_scene import Flaws, people_scene

from multiplane.geometry.matches import match_eyes
from multiplane.geometry.poles import polar_angles


@pytest.mark.parametrize("flaws", [Flaws(), Flaws(gain=(1, 0.7), gamma=(1.2, 1))])
def test_matches_lie_in_one_epipolar_plane_and_nearer_things_differ_more(flaws):
    left, right = people_scene(256, 2, flaws).pair(0.4)
    here, there = match_eyes(left.frame, right.frame)
    assert len(here) == len(there) > 200
    assert np.allclose(np.linalg.norm(here, axis=1), 1)
    (alpha, phi), (beside, other) = polar_angles(here), polar_angles(there)
    px = 256 / np.pi
    assert np.median(np.abs(phi - other) * np.cos(alpha)) * px < 0.05
    # the room is at most 5 m deep and nothing is nearer than 1 m
    disparity = np.tan(alpha) - np.tan(beside)
    assert np.percentile(disparity, 10) > 0.064 / 6
    assert np.percentile(disparity, 90) < 0.064 / 1.0


def test_a_plain_picture_has_no_matches():
    plain = np.full((96, 96, 3), 80, np.uint8)
    here, there = match_eyes(plain, plain)
    assert here.shape == there.shape == (0, 3)


def test_eyes_need_not_be_square():
    left, right = people_scene(256, 1).pair(0.4)
    here, there = match_eyes(left.frame[:, ::2], right.frame[:, ::2])
    (alpha, phi), (_, other) = polar_angles(here), polar_angles(there)
    assert len(here) > 100
    assert np.median(np.abs(phi - other) * np.cos(alpha)) * 256 / np.pi < 0.1
