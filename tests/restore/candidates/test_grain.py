from __future__ import annotations

from unittest import mock

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from multiplane.restore.candidates import bands, grain
from multiplane.restore.candidates.grain import add_grain, measure_grain

SIDE = 192
ALL = np.ones((SIDE, SIDE), np.bool_)
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32)
MIX = np.array([[5, 0, 0], [4, 2, 0], [3, 0, 3]], np.float32)
"""Channels of noise whose colours hang together."""


def noise(blur: float = 0.0, seed: int = 0) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 3)).astype(np.float32)
    if blur:
        made = cv2.GaussianBlur(made, (0, 0), blur)
    return made / made.std()


def lag(picture: NDArray[np.float32], step: int) -> float:
    flat = (picture - picture.mean(axis=(0, 1))).mean(axis=2)
    return float((flat[:, step:] * flat[:, :-step]).mean() / np.square(flat).mean())


@pytest.mark.parametrize("blur", [0.0, 0.8])
def test_levels_colours_and_neighbours_are_those_of_the_grain(blur: float) -> None:
    picture = (128 + noise(blur) @ MIX.T).astype(np.float32)
    found = measure_grain(picture, ALL)
    assert found is not None
    spread = found.basis @ np.diag(found.power.mean(axis=(1, 2))) @ found.basis.T
    assert np.abs(spread - MIX @ MIX.T).max() < 3  # of 25
    hole = (X > 40) & (X < 150) & (Y > 40) & (Y < 150)
    smooth = np.full_like(picture, 128)
    added = add_grain(picture, ~hole, smooth, hole, 3).reshape(109, 109, 3)
    assert np.abs(added.std(axis=(0, 1)) / picture.std(axis=(0, 1)) - 1).max() < 0.07
    told, true = (np.corrcoef(one.reshape(-1, 3).T) for one in (added, picture))
    assert np.abs(told - true).max() < 0.06
    for step in (1, 2):
        assert abs(lag(added, step) - lag(picture, step)) < 0.12  # it has no long waves


def test_more_grain_in_the_light() -> None:
    luma = 90 + X / 2
    picture = (luma[..., None] + noise() * (0.03 * luma[..., None])).astype(np.float32)
    hole = (np.abs(Y - SIDE / 2) < 30) & (X > 10) & (X < SIDE - 10)
    smooth = np.repeat(luma[..., None], 3, axis=2)
    added = add_grain(picture, ~hole, smooth, hole, 3)
    dark, light = added[X[hole] < 50].std(), added[X[hole] > 140].std()
    assert dark == pytest.approx(0.03 * 105, rel=0.2)
    assert light == pytest.approx(0.03 * 171, rel=0.2)
    assert light > 1.3 * dark


def test_only_where_it_is_lacking() -> None:
    picture = 128 + 5 * noise()
    hole = (np.abs(Y - SIDE / 2) < 40) & (np.abs(X - SIDE / 2) < 60)
    half = np.where(X[..., None] < SIDE / 2, 128, 128 + 5 * noise(seed=1)).astype(np.float32)
    added = add_grain(picture, ~hole, half, hole, 3)
    assert added[X[hole] < SIDE / 2 - 10].std() == pytest.approx(5, rel=0.1)
    assert np.abs(added[X[hole] > SIDE / 2 + 10]).mean() < 0.8
    weak = (128 + 2.5 * noise(seed=1)).astype(np.float32)
    both = weak[hole] + add_grain(picture, ~hole, weak, hole, 3)
    assert both.std() == pytest.approx(5, rel=0.08)
    rough = (128 + 9 * noise(seed=1)).astype(np.float32)
    assert not add_grain(picture, ~hole, rough, hole, 3).any()


def test_burnt_out_places_say_nothing() -> None:
    picture = np.clip(np.where(X[..., None] < 80, 128, 300) + 5 * noise(), 0, 255)
    found = measure_grain(picture.astype(np.float32), ALL)
    assert found is not None
    assert np.sqrt(found.power.mean(axis=(1, 2)).sum() / 3) == pytest.approx(5, rel=0.08)
    assert measure_grain(np.full((SIDE, SIDE, 3), 255, np.float32), ALL) is None


def test_shades_are_no_grain() -> None:
    shades = 128 + 15 * noise(12, seed=1)
    found = measure_grain((shades + 3 * noise()).astype(np.float32), ALL)
    assert found is not None
    assert np.sqrt(found.power.mean(axis=(1, 2)).sum() / 3) == pytest.approx(3, rel=0.15)
    nothing = measure_grain(shades.astype(np.float32), ALL)
    assert nothing is not None
    assert np.sqrt(nothing.power.mean(axis=(1, 2)).sum() / 3) < 0.5


def test_too_little_to_tell() -> None:
    picture = (128 + 5 * noise()).astype(np.float32)
    assert measure_grain(picture[:15], ALL[:15]) is None
    assert measure_grain(picture, X < 15) is None
    crack = np.abs(X - 90) <= 0.5
    assert not add_grain(picture, ~crack, np.full_like(picture, 128), crack, 1).any()
    plain = np.full_like(picture, 128)
    hole = np.hypot(X - 90, Y - 90) < 30
    assert not add_grain(plain, ~hole, plain, hole, 1).any()


def test_bands_of_rows_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = (128 + 5 * noise(0.8)).astype(np.float32)
    hole = np.hypot(X - 90, Y - 90) < 60
    smooth = np.full_like(picture, 128)
    whole = add_grain(picture, ~hole, smooth, hole, 1)
    monkeypatch.setattr(grain, "_ROWS_PX", 1)
    monkeypatch.setattr(bands, "ROWS_PX", 1)
    assert np.allclose(add_grain(picture, ~hole, smooth, hole, 1), whole, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.sampled_from(grain.SIDES_PX))
def test_blocks_are_found_a_few_rows_at_a_time(seed: int, side: int) -> None:
    where = np.ones((83, 70), np.bool_)
    where.ravel()[np.random.default_rng(seed).integers(0, where.size, 6)] = False
    windows = np.lib.stride_tricks.sliding_window_view(where, (side, side))[::8, ::8]
    wanted = np.nonzero(windows.all(axis=(2, 3)))
    with mock.patch.object(grain, "_ROWS_PX", 0):
        assert np.array_equal(grain._places(where, side), np.multiply(wanted, 8))
