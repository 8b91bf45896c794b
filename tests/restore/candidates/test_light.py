from __future__ import annotations

import numpy as np
import pytest

from multiplane.restore.candidates import light

Y, X = np.mgrid[:120, :140].astype(np.float32)
GROUND = np.repeat((50 + 0.8 * X)[..., None], 3, axis=2).astype(np.float32)
HOLE = (np.hypot(X - 60, Y - 60) <= 30)  # fmt: skip


def test_a_coarse_membrane_is_as_a_fine_one(monkeypatch: pytest.MonkeyPatch) -> None:
    painted = GROUND + np.stack([0.2 * X, 10 - 0.1 * Y, 0 * X - 5], 2)
    whole = light.membrane(GROUND, painted, HOLE, ~HOLE)
    monkeypatch.setattr(light, "_LARGEST_PX", HOLE.size // 8)
    monkeypatch.setattr(light, "_SAMPLES", 1000)
    coarse = light.membrane(GROUND, painted, HOLE, ~HOLE)
    assert whole is not None
    assert coarse is not None
    assert coarse.shape == whole.shape == (int(HOLE.sum()), 3)
    assert np.abs(coarse - whole).max() < 1
    assert np.abs(whole - (GROUND - painted)[HOLE]).max() < 1.5


def test_a_band_elsewhere_says_nothing() -> None:
    assert light.membrane(GROUND, GROUND, HOLE, X > 130) is None


def test_each_piece_has_its_own_step() -> None:
    two = HOLE | (X > 110) & (X < 130) & (Y > 30) & (Y < 90)
    painted = GROUND + np.where(X > 100, 20, -6)[..., None].astype(np.float32)
    found = light.steps(GROUND, painted, two, ~two)
    left = X[two] < 100
    assert np.abs(found[left] - 6).max() < 1
    assert np.abs(found[~left] + 20).max() < 1


def test_tiles_see_the_same_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    texture = np.random.default_rng(0).normal(0, 4, GROUND.shape).astype(np.float32)
    whole = light.steps(GROUND + texture, GROUND + 9, HOLE, ~HOLE)
    monkeypatch.setattr(light, "_TILE_PX", 25)
    assert np.abs(whole + 9).max() < 2
    assert np.allclose(light.steps(GROUND + texture, GROUND + 9, HOLE, ~HOLE), whole, atol=1e-3)


@pytest.mark.parametrize("known", [X >= 0, X > 60])
def test_a_slope_is_no_step(known: np.ndarray) -> None:
    """Also where only one side of the hole is known."""
    assert not light.steps(GROUND, GROUND, HOLE, known & ~HOLE).any()


def test_a_little_or_a_doubtful_step_stays() -> None:
    assert not light.steps(GROUND, GROUND + 1.5, HOLE, ~HOLE).any()
    wild = np.random.default_rng(0).uniform(0, 255, (15, 18, 3)).astype(np.float32)
    wild = wild.repeat(8, axis=0).repeat(8, axis=1)[:120, :140]
    assert not light.steps(wild, wild + 5, HOLE, ~HOLE).any()


def test_one_channel_does_not_go_alone() -> None:
    texture = np.random.default_rng(0).normal(0, 12, GROUND.shape).astype(np.float32)
    off = np.array([12, 5, 0], np.float32)
    found = light.steps(GROUND + texture, GROUND + texture + off, HOLE, ~HOLE)[0]
    assert np.abs(found + off).max() < 2.5
    assert found[1] != 0


def test_a_speck_is_left_alone() -> None:
    speck = np.hypot(X - 60, Y - 60) < 2
    assert not light.steps(GROUND, GROUND + 30, speck, ~speck).any()


@pytest.mark.parametrize("off", [20, 90])
def test_a_dark_rim_is_not_drawn_in(off: float) -> None:
    """What a mask left of a crack stands beside the hole; the rest of the ring says better."""
    rim = (np.hypot(X - 60, Y - 60) <= 31) & ~HOLE
    seen = np.where(rim[..., None], np.float32(15), GROUND)
    found = light.membrane(seen, GROUND + np.float32(off), HOLE, ~HOLE)
    assert found is not None
    assert np.abs(found + off).mean() < 3


def test_a_painting_far_off_is_followed_all_the_way() -> None:
    crack = np.abs(X - 60) <= 2
    half = np.where(Y[..., None] < 60, np.float32([40, 60, 110]), np.float32([0, 2, 5]))
    found = light.membrane(np.zeros_like(GROUND), half, crack, ~crack)
    assert found is not None
    left = (half[crack] + found)[np.abs(Y[crack] - 60) > 8]
    assert np.abs(left).max() < 1.5
