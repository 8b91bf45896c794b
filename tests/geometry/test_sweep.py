import math

import cv2
import numpy as np
import pytest

from multiplane.geometry.equirect import rotation_of
from multiplane.geometry.sweep import Cut, Matcher, cut_round

STRAIGHT = np.eye(3)


def texture(shape, seed=2):
    noise = np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)
    return (128 + 200 * cv2.GaussianBlur(noise, (0, 0), 1.2)).astype(np.float32)


def matcher_of(shift_px, sign=1, gain=1.0):
    """A texture and the same moved along its rows, on a narrow cut where pixels are all alike."""
    cut = Cut(np.arange(-30, 31) / 2000, np.arange(25, -26, -1) / 2000, 2000.0)
    wide = cut.widened(20 / 2000, 20 / 2000)
    there = texture((len(wide.phi), len(wide.alpha)))
    columns, rows = np.meshgrid(np.arange(61, dtype=np.float32), np.arange(51, dtype=np.float32))
    here = cv2.remap(there, columns + 20 - sign * np.float32(shift_px), rows, cv2.INTER_CUBIC)
    mask = np.zeros(here.shape, np.bool_)
    mask[8:-8, 10:-10] = True
    return Matcher(cut, here * gain + 9, mask, (wide, there), sign)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("shift", [0.0, 3.3, 7.75])
def test_a_shift_is_found_to_a_part_of_a_pixel_whatever_the_light(shift, sign):
    matcher = matcher_of(shift, sign, gain=0.6)
    scores, samples = matcher.sweep(np.zeros(3), np.arange(-3.0, 12))
    pixels = samples.disparity / samples.per_px
    assert len(pixels) > 0.8 * matcher.usable
    assert np.median(pixels) == pytest.approx(shift, abs=0.1)
    assert int(matcher.agreement(scores).argmax()) - 3 == pytest.approx(shift, abs=0.51)


def test_a_sweep_beside_a_plane_finds_the_rest():
    matcher = matcher_of(5.0)
    near = np.array([0, 0, 4.0 / 2000])
    _, samples = matcher.sweep(near, np.arange(-2.0, 2.5, 0.5))
    assert np.median(samples.disparity / samples.per_px) == pytest.approx(5.0, abs=0.1)


def test_something_else_in_the_other_eye_does_not_match():
    matcher = matcher_of(5.0)
    cut = Cut(np.arange(-30, 31) / 2000, np.arange(25, -26, -1) / 2000, 2000.0)
    wide = cut.widened(0.01, 0.01)
    mask = np.ones((51, 61), np.bool_)
    stranger = Matcher(
        cut, texture((51, 61), 7), mask, (wide, texture((51, len(wide.alpha)), 8)), 1
    )
    _, wrong = stranger.sweep(np.zeros(3), np.arange(-2.0, 11))
    _, right = matcher.sweep(np.zeros(3), np.arange(-2.0, 11))
    assert len(wrong.weight) / stranger.usable < 0.5
    assert len(right.weight) / matcher.usable > 0.8


def test_a_plain_person_has_no_usable_pixels():
    cut = Cut(np.arange(20) / 500, np.arange(20)[::-1] / 500, 500.0)
    plain = np.full((20, 20), 70, np.float32)
    matcher = Matcher(cut, plain, np.ones((20, 20), np.bool_), (cut, plain), 1)
    assert matcher.usable == 0
    scores, samples = matcher.sweep(np.zeros(3), np.arange(-1.0, 3))
    assert not len(samples.weight)
    assert not matcher.agreement(scores).any()


@pytest.mark.parametrize("turn", [STRAIGHT, rotation_of(1, 2, -3)])
def test_a_cut_holds_the_whole_mask_and_little_more(turn):
    mask = np.zeros((180, 180), np.bool_)
    mask[60:120, 100:130] = True
    cut = cut_round(mask, turn, 400)
    assert cut is not None
    drawn = cut.draw(mask.astype(np.uint8) * 255, turn) >= 128
    assert not drawn[[0, -1]].any()
    assert not drawn[:, [0, -1]].any()
    assert cut.density == pytest.approx(180 / math.pi)
    assert drawn.mean() > 0.5


def test_a_cut_is_no_finer_than_asked_and_none_where_there_is_nothing():
    mask = np.zeros((300, 300), np.bool_)
    assert cut_round(mask, STRAIGHT, 100) is None
    mask[50:250, 120:180] = True
    cut = cut_round(mask, STRAIGHT, 50)
    assert cut is not None
    assert max(len(cut.alpha), len(cut.phi)) <= 60
    mask[:] = False
    mask[148:152, :3] = True
    assert cut_round(mask, STRAIGHT, 100) is None


def test_widening_keeps_the_columns_within_the_hemisphere():
    cut = Cut(np.radians(np.arange(80, 85)), np.zeros(1), math.degrees(1))
    wide = cut.widened(math.radians(3), math.radians(30))
    assert np.degrees(wide.alpha[[0, -1]]) == pytest.approx([77, 89], abs=0.1)
