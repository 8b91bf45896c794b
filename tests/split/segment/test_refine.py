from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.measure.mask import iou
from multiplane.split.segment.refine import grab_cut, guided_belief, select


def disc(radius: int = 28, size: tuple[int, int] = (120, 160)) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    cv2.circle(mask, (size[1] // 2, size[0] // 2), radius, 1, -1)
    return mask > 0


def picture(mask: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    colour = np.where(mask[..., None], [200, 120, 60], [40, 90, 140])
    return np.clip(colour + rng.normal(0, 6, (*mask.shape, 3)), 0, 255).astype(np.uint8)


def signed(mask: np.ndarray) -> np.ndarray:
    return np.where(mask, 1, -1).astype(np.float32)


@pytest.mark.parametrize("shape", [(120, 160), (60, 80), (30, 40), (31, 41)])
def test_a_belief_comes_to_the_size_of_the_frame(shape: tuple[int, int]) -> None:
    mask = disc()
    small = cv2.resize(signed(mask), shape[::-1], interpolation=cv2.INTER_AREA)
    full = guided_belief(small, picture(mask))
    assert full.shape == mask.shape
    assert full.dtype == np.float32
    assert iou(full > 0, mask) > 0.9


def test_a_belief_that_is_too_wide_is_drawn_to_the_edge() -> None:
    mask, wide = disc(28), disc(31)
    full = guided_belief(cv2.GaussianBlur(signed(wide), (0, 0), 3), picture(mask))
    assert iou(full > 0, mask) > iou(wide, mask)


@settings(max_examples=20, deadline=None)
@given(st.floats(-1, 1), st.integers(0, 2**32 - 1))
def test_one_belief_everywhere_stays_what_it_is(value: float, seed: int) -> None:
    frame = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    belief = np.full((12, 16), value, np.float32)
    assert np.abs(guided_belief(belief, frame) - value).max() < 2e-3


def test_a_frame_of_one_colour_does_no_harm() -> None:
    mask = disc()
    full = guided_belief(signed(mask), np.full((120, 160, 3), 90, np.uint8))
    assert np.isfinite(full).all()
    assert iou(full > 0, mask) > 0.9


def test_what_nobody_strongly_believes_is_left_out() -> None:
    belief = np.full((60, 80), -0.5, np.float32)
    belief[10:30, 10:30] = 0.2
    belief[20, 20] = 0.9
    belief[40:50, 50:60] = 0.2
    expected = np.zeros((60, 80), bool)
    expected[10:30, 10:30] = True
    assert np.array_equal(select(belief), expected)


def test_small_holes_are_closed_unless_background_is_surely_there() -> None:
    belief = np.full((200, 200), -1.0, np.float32)
    belief[20:180, 20:180] = 1.0
    belief[40:43, 40:43] = -0.2
    belief[80:83, 80:83] = -1.0
    belief[120:150, 120:150] = -0.2
    mask = select(belief)
    assert mask[41, 41]
    assert not mask[81, 81]
    assert not mask[130, 130]


@pytest.mark.parametrize(("value", "answer"), [(-1.0, False), (0.0, False), (1.0, True)])
def test_nothing_and_everything(value: float, answer: bool) -> None:
    assert (select(np.full((20, 30), value, np.float32)) == answer).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 6), st.floats(-0.5, 0.5))
def test_a_mask_holds_all_that_is_strong_and_no_part_without(
    seed: int, sigma: float, bias: float
) -> None:
    noise = np.random.default_rng(seed).normal(size=(96, 128)).astype(np.float32)
    belief = cv2.GaussianBlur(noise, (0, 0), sigma)
    belief = belief / belief.std() * 0.6 + np.float32(bias)
    mask = select(belief)
    assert mask.dtype == np.bool_
    assert mask[belief > 0.5].all()
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    assert set(np.unique(labels[belief > 0.5])) == set(range(1, count))
    filled = (mask & (belief <= 0)).astype(np.uint8)
    stats = cv2.connectedComponentsWithStats(filled, connectivity=4)[2]
    assert (stats[1:, cv2.CC_STAT_AREA] <= 4e-4 * mask.size).all()


def test_the_edge_is_redrawn_where_the_colours_change() -> None:
    mask = disc(28)
    for radius in (26, 30):
        rough = disc(radius)
        belief = cv2.GaussianBlur(signed(rough), (0, 0), 3)
        redrawn = grab_cut(picture(mask), belief, rough, 4)
        assert iou(redrawn, mask) > 0.97 > iou(rough, mask)


def test_far_from_the_old_edge_nothing_changes() -> None:
    rng = np.random.default_rng(3)
    frame = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    mask, band = disc(26), 4
    before = mask.copy()
    redrawn = grab_cut(frame, signed(mask) * np.float32(0.5), mask, band)
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    outside = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    far = np.maximum(inside, outside) > band + 1.5
    assert np.array_equal(redrawn[far], mask[far])
    assert np.array_equal(mask, before)
    assert np.array_equal(
        redrawn, grab_cut(frame, signed(mask) * np.float32(0.5), mask, band)
    )  # fmt: skip


def test_two_apart_are_redrawn_each_by_its_own_surround() -> None:
    mask = np.zeros((120, 160), bool)
    mask[20:60, 15:55] = True
    mask[60:100, 105:145] = True
    rough = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    redrawn = grab_cut(picture(mask), signed(rough) * np.float32(0.5), rough, 4)
    assert iou(redrawn, mask) > iou(rough, mask)
    assert cv2.connectedComponents(redrawn.astype(np.uint8))[0] == 3


@pytest.mark.parametrize("mask", [np.zeros((30, 40), bool), np.ones((30, 40), bool), disc(2)])
def test_where_there_is_too_little_to_learn_from_the_mask_stays(mask: np.ndarray) -> None:
    assert np.array_equal(grab_cut(picture(mask), signed(mask), mask, 2), mask)
