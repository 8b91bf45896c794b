from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.split.stereo.edges_levels import believed


def upright(edge_px: int = 4) -> np.ndarray:
    """Foreground on the left, background on the right, the band between."""
    trimap = np.zeros((40, 60), np.uint8)
    trimap[:, :30] = 255
    trimap[:, 30 - edge_px : 30 + edge_px] = 128
    return trimap


def ramp(low: float = 0.0, high: float = 1.0) -> np.ndarray:
    row = np.interp(np.arange(60), [26, 33], [high, low]).astype(np.float32)
    return np.repeat(row[None], 40, axis=0)


def test_who_is_right_about_what_is_known_is_believed() -> None:
    found = believed(ramp(), upright(), 4, 2.0)
    assert np.abs(found - ramp()).max() < 1e-6


def test_a_veil_over_what_is_known_is_taken_off_the_band() -> None:
    found = believed(ramp(0.2, 0.9), upright(), 4, 2.0)
    assert np.abs(found - ramp()).max() < 0.01


def test_clutter_is_told_from_hair_by_what_it_does_beside() -> None:
    rng = np.random.default_rng(0)
    trimap = upright()
    noise = 0.25 * rng.random(trimap.shape).astype(np.float32)
    outside = np.zeros(trimap.shape, np.bool_)
    outside[:, 31:34] = True
    leaves = np.where(trimap == 255, 1, noise).astype(np.float32)
    hair = np.where(trimap == 0, 0, leaves).astype(np.float32)
    assert believed(leaves, trimap, 4, 2.0)[outside].mean() < 0.15 * leaves[outside].mean()
    assert believed(hair, trimap, 4, 2.0)[outside].mean() > 0.95 * hair[outside].mean()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 99), edge_px=st.integers(1, 8), doubt=st.floats(0, 10))
def test_it_is_an_alpha_and_what_is_known_stays_known(
    seed: int, edge_px: int, doubt: float
) -> None:
    rng = np.random.default_rng(seed)
    trimap = rng.choice([0, 128, 255], (20, 30)).astype(np.uint8)
    found = believed(rng.random((20, 30)).astype(np.float32), trimap, edge_px, doubt)
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()
    assert (found[trimap == 255] == 1).all()
    assert (found[trimap == 0] == 0).all()


def test_more_doubt_leaves_less() -> None:
    rng = np.random.default_rng(1)
    noisy = np.clip(ramp() + 0.2 * rng.random((40, 60)).astype(np.float32), 0, 1)
    soft = [np.count_nonzero(believed(noisy, upright(), 4, d) % 1) for d in (0.0, 1.0, 3.0)]
    assert soft == sorted(soft, reverse=True)
    assert soft[0] > soft[2]


def test_where_nothing_is_known_beside_the_answer_stands() -> None:
    trimap = np.full((20, 20), 128, np.uint8)
    found = np.random.default_rng(2).random((20, 20)).astype(np.float32)
    assert np.array_equal(believed(found, trimap, 3, 2.0), found)
