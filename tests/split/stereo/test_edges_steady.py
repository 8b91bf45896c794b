from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.split.stereo.edges_steady import SteadyEdges

ALL = [(0, 0, 48, 40)]


def still(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def edge(column: float) -> np.ndarray:
    """Foreground to the left of a column, one pixel soft."""
    row = np.clip(column - np.arange(48, dtype=np.float32), 0, 1)
    return np.repeat(row[None], 40, axis=0)


def test_an_edge_that_flickers_before_a_still_picture_calms_down() -> None:
    rng, steady = np.random.default_rng(1), SteadyEdges(0.6, 6)
    picture, raw, held = still(), [], []
    for _ in range(40):
        noisy = np.clip(picture + rng.normal(0, 1, picture.shape), 0, 255).astype(np.uint8)
        alpha = edge(20 + rng.normal(0, 1))
        raw.append(alpha.copy())
        steady.hold(noisy, alpha, ALL)
        held.append(alpha)
    change = [np.abs(np.diff(run, axis=0)).mean() for run in (np.array(raw), np.array(held))]
    assert change[1] < 0.5 * change[0]


def test_what_moves_leaves_no_trail() -> None:
    steady = SteadyEdges(0.9, 6)
    for step in range(10):
        alpha = edge(4 + 4 * step)
        picture = np.full((20, 24, 3), 40, np.uint8)
        picture[:, : 2 + 2 * step] = 200
        true = alpha.copy()
        steady.hold(picture, alpha, ALL)
        assert np.array_equal(alpha, true)


def test_half_the_picture_moves_and_half_does_not() -> None:
    steady, picture = SteadyEdges(0.5, 6), still()
    steady.hold(picture, edge(30), ALL)
    changed = picture.copy()
    changed[10:] = 255 - changed[10:]
    alpha = edge(10)
    steady.hold(changed, alpha, ALL)
    assert np.allclose(alpha[:12, 15:25], 0.5, atol=0.01)
    assert (alpha[24:, 15:] == 0).all()


def test_what_is_gone_fades_out_for_good() -> None:
    steady, picture = SteadyEdges(0.5, 6), still()
    steady.hold(picture, edge(30), ALL)
    for _ in range(12):
        alpha = np.zeros((40, 48), np.float32)
        steady.hold(picture, alpha, ALL)
    assert (alpha == 0).all()


def test_outside_of_the_boxes_nothing_is_changed() -> None:
    steady, picture = SteadyEdges(0.5, 6), still()
    steady.hold(picture, edge(30), [])
    alpha = edge(10)
    steady.hold(picture, alpha, [(0, 0, 48, 20)])
    assert np.array_equal(alpha[20:], edge(10)[20:])
    assert (alpha[:20, 12:28] > 0.4).all()


def test_it_begins_anew_when_asked_and_at_another_size() -> None:
    steady, picture = SteadyEdges(0.9, 6), still()
    steady.hold(picture, edge(30), ALL)
    steady.reset()
    alpha = edge(10)
    steady.hold(picture, alpha, ALL)
    assert np.array_equal(alpha, edge(10))
    other = np.ones((20, 24), np.float32)
    steady.hold(picture, other, [(0, 0, 24, 20)])
    assert (other == 1).all()
    alpha = edge(10)
    steady.hold(picture[:10], alpha, ALL)
    assert np.array_equal(alpha, edge(10))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), strength=st.floats(0, 0.95))
def test_it_stays_between_now_and_before(seed: int, strength: float) -> None:
    rng, picture = np.random.default_rng(seed), still(seed)
    first, second = (rng.random((40, 48)).astype(np.float32) for _ in range(2))
    steady = SteadyEdges(strength, 6)
    steady.hold(picture, first, ALL)
    found = second.copy()
    steady.hold(picture, found, ALL)
    low, high = np.minimum(first, second) - 0.003, np.maximum(first, second) + 0.003
    assert ((found >= low) & (found <= high)).all()
