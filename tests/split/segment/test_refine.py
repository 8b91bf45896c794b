from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.split.segment.refine import grab_cut, guided_belief, select


@pytest.fixture(scope="module")
def disc():
    mask = np.zeros((160, 200), np.uint8)
    cv2.circle(mask, (100, 80), 45, 1, -1)
    rng = np.random.default_rng(4)
    frame = np.where(mask[..., None] > 0, (200, 120, 60), (50, 90, 60))
    frame = np.clip(frame + rng.normal(0, 6, frame.shape), 0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 5)
    belief = cv2.resize(2 * soft - 1, (100, 80), interpolation=cv2.INTER_AREA)
    return frame, mask > 0, belief


def test_a_belief_follows_the_edges_of_the_frame(disc, overlap) -> None:
    frame, mask, belief = disc
    full = guided_belief(belief, frame)
    assert full.shape == mask.shape
    assert overlap(full > 0, mask) > 0.97
    again = guided_belief(cv2.resize(belief, (200, 160)), frame)
    assert overlap(again > 0, mask) > 0.95


def test_grab_cut_finds_an_edge_that_was_missed(disc, overlap) -> None:
    frame, mask, _ = disc
    rough = cv2.erode(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    belief = np.where(rough, 0.5, -0.5).astype(np.float32)
    drawn = grab_cut(frame, belief, rough, 6)
    assert overlap(drawn, mask) > 0.98
    assert np.array_equal(drawn, grab_cut(frame, belief, rough, 6))


def test_far_from_the_edge_nothing_changes(disc) -> None:
    frame, mask, _ = disc
    belief = np.where(mask, 0.5, -0.5).astype(np.float32)
    odd = mask.copy()
    odd[70:90, 90:110] = True
    far = cv2.dilate(odd.astype(np.uint8), np.ones((21, 21), np.uint8)) == 0
    assert not grab_cut(frame, belief, odd, 4)[far].any()


def test_only_what_hangs_on_something_sure_is_selected() -> None:
    belief = np.full((100, 120), -1, np.float32)
    belief[10:30, 10:30] = 0.3
    belief[50:80, 50:80] = 0.3
    belief[60:62, 60:62] = 0.9
    belief[70:72, 70:72] = -0.2  # a small hole
    selected = select(belief, 5)
    assert not selected[10:30, 10:30].any()
    assert selected[50:80, 50:80].all()
    assert not select(np.full((5, 5), -1, np.float32), 5).any()


def test_what_is_thinner_than_the_band_is_not_cut_through() -> None:
    frame = np.full((80, 120, 3), 60, np.uint8)
    frame[20:70, 10:50] = 200
    frame[40:47, 40:110] = 200
    frame[40:47, 65:90] = 60  # here the arm looks just like what is behind it
    mask = np.zeros((80, 120), np.bool_)
    mask[20:70, 10:50] = mask[40:47, 40:110] = True
    belief = np.where(mask, 0.3, -1.0).astype(np.float32)
    drawn = grab_cut(frame, belief, mask, 5)
    assert drawn[43, 40:108].all()
