import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stereo_scene import Flaws, people_scene

from multiplane.core.errors import InputError
from multiplane.geometry.equirect import rotation_of
from multiplane.geometry.rectification import (
    Angles,
    Rectification,
    estimate_rectification,
    rectification_of,
)

TIMES = (0.2,)
LEFT_M = np.array([0.032, 0, 0])


def seen(flaws, size_px=256, baseline_m=0.064):
    scene = people_scene(size_px, 2, flaws, samples=1)
    scene.baseline_m = baseline_m
    return [(left.frame, right.frame) for left, right in map(scene.pair, TIMES)]


@pytest.mark.parametrize(
    "flaws",
    [
        Flaws(roll_deg=(0, 0.7), pitch_deg=(0, 0.4)),
        Flaws(roll_deg=(0.7, 0), pitch_deg=(0.4, 0)),
        Flaws(roll_deg=(-0.3, 0.5), pitch_deg=(0.2, -0.3), yaw_deg=(0.4, -0.5)),
        Flaws(roll_deg=(0, 3), pitch_deg=(0, 2), gain=(1, 0.8), gamma=(1, 1.3)),
    ],
    ids=["right", "left", "all", "much and dark"],
)
def test_how_the_eyes_are_turned_is_found(flaws):
    found = estimate_rectification(seen(flaws))
    wanted = [right - left for left, right in (flaws.pitch_deg, flaws.yaw_deg, flaws.roll_deg)]
    assert found.against_deg == pytest.approx(wanted, abs=0.1)
    assert {"pitch", "roll", "yaw"} <= set(found.told)
    assert found.after_px < 0.06
    assert found.after_px < 0.15 * found.before_px
    assert not found.swapped
    assert not found.identity


def test_straight_eyes_are_left_alone():
    found = estimate_rectification(seen(Flaws()))
    assert np.abs([*found.left_deg, *found.right_deg]).max() < 0.1
    assert found.identity
    assert np.array_equal(found.left, np.eye(3))
    assert "straight" in found.why
    assert found.matches > 200
    assert found.disparity_deg > 0.3


@pytest.mark.parametrize("flaws", [Flaws(), Flaws(roll_deg=(0.5, -0.3), pitch_deg=(0, 0.4))])
def test_swapped_eyes_are_told_by_the_sign_of_disparity(flaws):
    found = estimate_rectification(seen(flaws, baseline_m=-0.064))
    assert found.swapped
    assert found.disparity_deg < -0.3
    again = found.exchanged()
    assert not again.swapped
    assert again.left_deg == found.right_deg
    assert again.disparity_deg == -found.disparity_deg


def rays_of(points):
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize(("high_deg", "told"), [(60, True), (1.5, False)])
def test_yaw_is_told_in_the_corners_and_not_in_a_level_strip(high_deg, told):
    # Near the horizon yaw moves things along rows, as distance does.
    noise = np.random.default_rng(5)
    lon, lat = noise.uniform(-1, 1, (2, 400)) * np.radians([[60], [high_deg]])
    where = np.stack([np.cos(lat) * np.sin(lon), np.sin(lat), np.cos(lat) * np.cos(lon)], 1)
    points = where * noise.uniform(1, 6, (400, 1))
    left = rays_of(points + LEFT_M)
    right = rays_of(points - LEFT_M) @ rotation_of(0, 1.0, 0)
    right = rays_of(right + noise.normal(0, 3e-4, right.shape))
    found = rectification_of(left, right, 1024)
    assert ("yaw" in found.told) == told
    assert ("cannot be told from disparity" in found.why) != told
    assert found.against_deg.yaw_deg == pytest.approx(1.0 if told else 0.0, abs=0.1)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6))
def test_any_small_turn_of_either_eye_is_found_despite_false_matches(turns):
    noise = np.random.default_rng(8)
    lon, lat = noise.uniform(-1, 1, (2, 600)) * np.radians([[65], [65]])
    where = np.stack([np.cos(lat) * np.sin(lon), np.sin(lat), np.cos(lat) * np.cos(lon)], 1)
    points = where * noise.uniform(0.6, 5, (600, 1))
    eyes = [Angles(*turns[:3]), Angles(*turns[3:])]
    left, right = (
        rays_of(points + sign * LEFT_M) @ rotation_of(*turn)
        for sign, turn in zip((1, -1), eyes, strict=True)
    )
    left, right = (rays_of(rays + noise.normal(0, 1e-4, rays.shape)) for rays in (left, right))
    right[:120] = rays_of(noise.normal((0, 0, 1), 1, (120, 3)))
    found = rectification_of(left, right, 1024)
    wanted = [b - a for a, b in zip(*eyes, strict=True)]
    assert found.against_deg == pytest.approx(wanted, abs=0.1)
    assert found.after_px < 0.15
    assert not found.swapped


def test_with_nothing_to_see_nothing_is_turned():
    grey = np.full((128, 128, 3), 90, np.uint8)
    found = estimate_rectification([(grey, grey)])
    assert found.identity
    assert found.matches < 60
    assert "60 are needed" in found.why
    assert estimate_rectification([]).identity


def test_eyes_that_see_different_things_agree_with_no_rotation():
    noise = np.random.default_rng(3).integers(0, 255, (2, 64, 64, 3), np.uint8)
    left, right = (np.kron(eye, np.ones((4, 4, 1), np.uint8)) for eye in noise)
    found = estimate_rectification([(left, right)])
    assert found.identity
    assert found.why


def test_it_goes_to_json_and_back():
    found = estimate_rectification(seen(Flaws(roll_deg=(0, 0.7))))
    written = json.loads(json.dumps(found.to_json()))
    again = Rectification.from_json(written)
    assert again.to_json() == written
    assert np.allclose(again.right, found.right, atol=1e-5)


def test_eyes_of_different_sizes_are_refused():
    with pytest.raises(InputError) as caught:
        estimate_rectification([(np.zeros((8, 8, 3), np.uint8), np.zeros((9, 8, 3), np.uint8))])
    assert caught.value.fix == "resize the right to 8x8 first"
