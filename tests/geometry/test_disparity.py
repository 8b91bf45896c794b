import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stereo_scene import Card, Flaws, Scene, drawn_person, people_scene, stands

from multiplane.core.errors import InputError
from multiplane.geometry.disparity import EyePair
from multiplane.geometry.equirect import directions
from multiplane.geometry.plane import Plane
from multiplane.geometry.rectification import Angles, Rectification


def seen(x, z, size_px, flaws=None):
    return Scene(size_px, [Card(1, stands(x, z), drawn_person(1))], flaws, samples=1).pair(0.3)


@functools.cache
def eyes(x=0.5, z=1.0, size_px=256):
    return seen(x, z, size_px)


def plain_person(t):
    picture = drawn_person(1)(t).copy()
    picture[..., :3] = (120, 90, 70)
    return picture


def overlap(a, b):
    return float(np.minimum(a, b).sum() / np.maximum(a, b).sum())


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("x", "z"), [(0.0, 0.7), (0.5, 1.0), (-1.0, 0.6)])
def test_a_person_of_one_eye_is_found_in_the_other(x, z, side):
    left, right = eyes(x, z)
    pair = EyePair(256)
    mask = (left if side == "left" else right).alphas[1] >= 0.5
    plane = pair.plane(left.frame, right.frame, mask, side)
    assert plane is not None
    assert plane.found_by == "texture"
    assert plane.agreeing > 0.5
    assert overlap(left.alphas[1], right.alphas[1]) < 0.75
    assert overlap(pair.transfer(left.alphas[1], plane, "right"), right.alphas[1]) > 0.93
    assert overlap(pair.transfer(right.alphas[1], plane, "left"), left.alphas[1]) > 0.93


def test_the_plane_is_the_one_the_person_stands_in():
    left, right = eyes(0.5, 1.0, 384)
    plane = EyePair(384).plane(left.frame, right.frame, left.ids == 1)
    assert plane is not None
    facing = np.array([0.5, 0, 1.0]) / np.hypot(0.5, 1)
    away = np.array([0.532, -0.35, 1.0])
    wrong = directions(384)[left.ids == 1] @ (plane.normal - facing * 0.064 / (away @ facing))
    assert np.abs(wrong).max() * 384 / np.pi < 0.6
    assert np.abs(wrong).mean() * 384 / np.pi < 0.25
    # at the height of the eyes the card is 1.16 m away, seen 27 degrees to the side
    assert plane.disparity_deg == pytest.approx(np.degrees(0.064 / 1.16 * 0.88), abs=0.4)
    assert plane.residual_deg < 180 / 384


@pytest.mark.parametrize("work_px", [192, 256])
def test_a_plane_found_small_moves_the_full_mask(work_px):
    left, right = eyes(0.5, 1.0, 384)
    small, beside = eyes(0.5, 1.0, work_px)
    plane = EyePair(work_px).plane(small.frame, beside.frame, small.ids == 1)
    assert plane is not None
    there = EyePair(work_px).transfer(left.ids == 1, plane, "right")
    assert there.dtype == np.bool_
    assert overlap(there, right.ids == 1) > 0.96


def test_light_that_differs_between_the_eyes_does_not_matter():
    left, right = seen(0.5, 1.0, 256, Flaws(gain=(1, 0.75), gamma=(1.2, 1)))
    plane = EyePair(256).plane(left.frame, right.frame, left.ids == 1)
    assert plane is not None
    assert overlap(EyePair(256).transfer(left.alphas[1], plane, "right"), right.alphas[1]) > 0.93


def test_turned_eyes_agree_once_the_rig_is_known():
    flaws = Flaws(roll_deg=(-0.8, 0.8), pitch_deg=(1, -1))
    left, right = seen(0.5, 1.0, 256, flaws)
    rig = Rectification(Angles(1, 0, -0.8), Angles(-1, 0, 0.8))
    got = []
    for pair in (EyePair(256), EyePair(256, rig)):
        plane = pair.plane(left.frame, right.frame, left.ids == 1)
        moved = (
            left.alphas[1] * 0 if plane is None else pair.transfer(left.alphas[1], plane, "right")
        )
        got.append(overlap(moved, right.alphas[1]))
    assert got[1] > 0.93
    assert got[0] < got[1] - 0.02


@pytest.mark.parametrize("z", [1.2, 2.5])
def test_somebody_the_other_eye_does_not_see_has_no_plane(z):
    left, right = seen(0.5, z, 256, Flaws(hidden={"right": frozenset([1])}))
    assert EyePair(256).plane(left.frame, right.frame, left.ids == 1) is None


def test_somebody_plain_before_a_plain_wall_is_found_by_the_outlines():
    left, right = Scene(256, [Card(1, stands(0.4, 1.0), plain_person)], samples=1).pair(0.3)
    grey = np.full((256, 256, 3), 100, np.uint8)
    pair = EyePair(256)
    assert pair.plane(grey, grey, left.ids == 1) is None
    for side, mine, others in (("left", left, right), ("right", right, left)):
        plane = pair.plane(grey, grey, mine.ids == 1, side, other=others.ids == 1)
        assert plane is not None
        assert plane.found_by == "silhouettes"
        moved = pair.transfer(left.alphas[1], plane, "right")
        assert overlap(moved, right.alphas[1]) > 0.94
    # outlines of two different people lie on no plane that a person has
    elsewhere = np.roll(right.ids == 1, 90, axis=1)
    assert pair.plane(grey, grey, left.ids == 1, other=elsewhere) is None


def test_nobody_and_a_few_pixels_have_no_plane():
    left, right = eyes()
    mask = np.zeros((256, 256), np.bool_)
    assert EyePair(256).plane(left.frame, right.frame, mask) is None
    mask[100:103, 100:103] = True
    assert EyePair(256).plane(left.frame, right.frame, mask) is None


def test_each_of_two_people_has_their_own_plane():
    left, right = people_scene(384, 2, samples=1).pair(0.3)
    pair = EyePair(384)
    near, far = (pair.plane(left.frame, right.frame, left.ids == k) for k in (1, 2))
    assert near is not None
    assert far is not None
    assert near.disparity_deg > far.disparity_deg * 1.3
    swapped = overlap(pair.transfer(left.alphas[2], near, "right"), right.alphas[2])
    assert overlap(pair.transfer(left.alphas[2], far, "right"), right.alphas[2]) > swapped + 0.05


@settings(deadline=None, max_examples=15)
@given(st.floats(-0.01, 0.01), st.floats(-0.01, 0.01), st.floats(0.0, 0.12))
def test_left_to_right_to_left_is_the_same_person(a, b, c):
    left, _ = eyes()
    pair, plane = EyePair(256), Plane((a, b, c))
    back = pair.transfer(pair.transfer(left.alphas[1], plane, "right"), plane, "left")
    assert overlap(back, left.alphas[1]) > 0.9  # drawn between pixels twice


def test_straight_eyes_see_all_of_each_other_and_turned_ones_do_not():
    plane = Plane((0.0, 0.0, 0.05))
    assert EyePair(64).visible(plane, "right").all()
    rig = Rectification(Angles(0, 4, 0), Angles(0, -4, 0))
    for to, lost in (("right", 0), ("left", -1)):
        seen = EyePair(64, rig).visible(plane, to)
        assert not seen[32, lost]
        assert seen[32, 10:-10].all()


def test_eyes_of_another_size_and_impossible_disparities_are_refused():
    left, right = eyes()
    with pytest.raises(InputError) as caught:
        EyePair(128).plane(left.frame, right.frame, left.ids == 1)
    assert caught.value.fix == "EyePair((256, 256))"
    with pytest.raises(InputError) as caught:
        EyePair(128, max_disparity_deg=90)
    assert caught.value.fix == "max_disparity_deg=12"
    with pytest.raises(InputError):
        EyePair(256).plane(left.frame, right.frame, left.ids)
