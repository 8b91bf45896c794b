from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.measure.seam import seam
from multiplane.restore.candidates.harmonise import harmonise
from multiplane.restore.inpaint.propose import Proposal

SIDE = 160
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32)
RAMP = np.stack([60 + 0.4 * X, 150 - 0.3 * Y, 90 + 0.2 * X + 0.1 * Y], 2).astype(np.float32)
OFF = np.array([12, -9, 7], np.float32)


def disk(radius: int = 36) -> Mask:
    return np.hypot(X - SIDE // 2, Y - SIDE // 2) <= radius


def noise(sigma: float, blur: float = 0.0, seed: int = 0) -> NDArray[np.float32]:
    made = np.random.default_rng(seed).standard_normal((SIDE, SIDE, 3)).astype(np.float32)
    if blur:
        made = cv2.GaussianBlur(made, (0, 0), blur)
    return made / made.std() * np.float32(sigma)


def fine(picture: NDArray[np.float32], where: Mask) -> NDArray[np.float32]:
    """Standard deviation of what is finer than some 3 px."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1)
    return (picture - smooth)[where].std(axis=0)


def join(
    ground: NDArray[np.float32], hole: Mask, fill: NDArray[np.float32], band: bool = False,
    colour: bool = True, grain: bool = True,
) -> NDArray[np.float32]:  # fmt: skip
    """The picture with its hole filled, 8 bits."""
    where = np.ones_like(hole) if band else hole
    holed = np.where(hole[..., None], np.float32(77), ground)
    told = harmonise(holed, hole, ~hole, Proposal(where, fill[where], "x"), colour, grain, 5)
    result = ground.copy()
    result[hole] = np.rint(np.clip(told, 0, 255))
    return result


@pytest.mark.parametrize("band", [False, True])
@pytest.mark.parametrize(("blur", "seen"), [(0.0, 1.08), (0.8, 1.25)])
def test_a_smooth_fill_in_another_light_joins(band: bool, blur: float, seen: float) -> None:
    hole = disk()
    truth = np.rint(RAMP + noise(6, blur))
    before = join(truth, hole, RAMP + OFF, band, colour=False, grain=False)
    after = join(truth, hole, RAMP + OFF, band)
    assert fine(before, hole).max() < 0.3 * fine(truth, hole).min()
    assert np.abs(fine(after, hole) / fine(truth, hole) - 1).max() < 0.08
    assert np.abs((after - truth)[hole].mean(axis=0)).max() < 1.0
    assert np.abs((before - truth)[hole].mean(axis=0)).min() > 6
    assert seam(after.astype(np.uint8), hole).mean < seen
    low = cv2.GaussianBlur(after - truth, (0, 0), 8)[disk(24)]
    assert np.abs(low).max() < 3  # no place of it is off, where all of it was by up to 12


@pytest.mark.parametrize("sigma", [0.0, 6.0])
def test_what_matches_stays(sigma: float) -> None:
    hole = disk()
    truth = np.rint(RAMP + noise(sigma))
    for band in (False, True):
        fill = np.where(hole[..., None], np.rint(RAMP + noise(sigma, seed=1)), truth)
        assert np.abs(join(truth, hole, fill, band) - fill)[hole].max() < 1


def test_without_both_it_passes_through() -> None:
    hole, values = disk(), np.random.default_rng(0).normal(100, 80, (SIDE, SIDE, 3))
    proposal = Proposal(hole, values[hole].astype(np.float32), "x")
    told = harmonise(RAMP, hole, ~hole, proposal, False, False, 1)
    assert told.tobytes() == proposal.values.tobytes()
    everything, flat = np.ones_like(hole), values.reshape(-1, 3).astype(np.float32)
    told = harmonise(RAMP, everything, hole, Proposal(everything, flat, "x"), True, True, 1)
    assert np.array_equal(told, flat)  # nothing is known


def test_the_seed_decides_alone() -> None:
    hole, truth = disk(), np.rint(RAMP + noise(6))
    proposal = Proposal(hole, RAMP[hole], "x")
    one, same, other = (
        harmonise(truth, hole, ~hole, proposal, True, True, seed) for seed in (1, 1, 2)
    )
    assert one.tobytes() == same.tobytes()
    assert np.abs(one - other).mean() > 2
    assert abs(np.corrcoef((one - RAMP[hole]).ravel(), (other - RAMP[hole]).ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("sigma", [0.0, 5.0])
def test_colours_of_another_object_are_not_dragged_in(sigma: float) -> None:
    hole = disk()
    halves = np.where(X[..., None] < SIDE / 2, [200, 30, 30], [30, 30, 200]).astype(np.float32)
    truth = halves + noise(sigma)
    kept = join(truth, hole, halves, grain=False)
    assert np.abs(kept - halves)[hole].max() <= 0.5  # rounded
    red = np.full_like(halves, 30)
    red[..., 0] = 200
    kept = join(truth, hole, red, grain=False)
    assert np.abs(kept - red)[hole].max() <= 0.5  # wrong, but no step of light
    banded = join(truth, hole, halves + OFF, band=True, grain=False)
    apart = np.abs(banded - halves)[hole & (np.abs(X - SIDE / 2) > 2)]
    assert apart.max() <= 3  # of 170, in whole levels
    assert apart.mean() < 0.2


def test_brush_strokes_are_no_grain() -> None:
    rng = np.random.default_rng(0)
    paint = np.full((SIDE, SIDE, 3), 120, np.uint8)
    for _ in range(1500):
        x, y, turn = rng.uniform(0, SIDE), rng.uniform(0, SIDE), rng.uniform(-0.5, 0.5)
        end = (int(x + 22 * np.cos(turn)), int(y + 22 * np.sin(turn)))
        colour = rng.integers(60, 190, 3).tolist()
        cv2.line(paint, (int(x), int(y)), end, colour, 4, cv2.LINE_AA)
    truth = cv2.GaussianBlur(paint.astype(np.float32), (0, 0), 1.2)
    smooth = cv2.GaussianBlur(truth, (0, 0), 6)
    hole = disk()
    added = join(truth, hole, smooth, colour=False) - smooth
    assert truth[hole].std() > 15
    assert added[hole].std() < 2
    grainy = truth + noise(6)
    added = join(grainy, hole, smooth, colour=False) - smooth
    assert 4 < added[hole].std() < 8


def test_a_grey_picture_gets_grey_grain() -> None:
    hole = disk()
    grey = np.repeat(np.rint(RAMP + noise(6))[..., :1], 3, axis=2)
    proposal = Proposal(hole, np.repeat(RAMP[hole][:, :1], 3, axis=1), "x")
    told = np.rint(harmonise(grey, hole, ~hole, proposal, True, True, 1))
    assert (told == told[:, :1]).all()
    assert (told[:, 0] - RAMP[hole][:, 0]).std() > 4


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_any_hole_gets_numbers(seed: int, height: int, width: int, band: bool) -> None:
    rng = np.random.default_rng(seed)
    hole = rng.random((height, width)) < rng.random()
    known = ~hole & (rng.random((height, width)) < rng.random())
    where = hole | (known & band)
    ground = rng.uniform(0, 255, (height, width, 3)).astype(np.float32)
    values = rng.uniform(0, 255, (int(where.sum()), 3)).astype(np.float32)
    told = harmonise(ground, hole, known, Proposal(where, values, "x"), True, True, seed)
    assert told.shape == (int(hole.sum()), 3)
    assert told.dtype == np.float32
    assert np.isfinite(told).all()


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**16),
    st.lists(st.floats(-40, 40), min_size=3, max_size=3),
    st.sampled_from([0.0, 1.0, 3.0]),
    st.sampled_from([0.0, 4.0]),
)
def test_light_brings_nearer_to_the_truth(
    seed: int, off: list[float], blur: float, sigma: float
) -> None:
    """Whatever the hole: cracks and losses, at the picture's border too."""
    rng = np.random.default_rng(seed)
    hole = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(3):
        line = (np.cumsum(rng.normal(0, 25, (8, 2)), 0) + rng.uniform(0, SIDE, 2)).astype(int)
        cv2.polylines(hole, [line], False, 1, int(rng.integers(1, 6)))
    x, y, radius = [*rng.integers(0, SIDE, 2).tolist(), int(rng.integers(4, 40))]
    cv2.circle(hole, (x, y), radius, 1, -1)
    mask = hole > 0
    truth = np.rint(np.clip(RAMP + noise(sigma, seed=seed), 0, 255))
    fill = cv2.GaussianBlur(truth, (0, 0), blur) if blur else truth
    fill = np.clip(fill + np.float32(off), 0, 255).astype(np.float32)
    before = np.abs(np.rint(fill) - truth)[mask].mean()
    after = np.abs(join(truth, mask, fill, band=True, grain=False) - truth)[mask].mean()
    assert after <= before + 0.25, (before, after)
