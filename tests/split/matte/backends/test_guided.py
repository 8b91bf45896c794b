from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.split.matte.backends.guided import GuidedRefiner, WindowFit, apply_line
from multiplane.split.matte.config import GuidedMatte
from multiplane.split.matte.trimap import UNKNOWN, make_trimap

GUIDED_ERROR = 0.02957


@given(st.integers(0, 2**16), st.floats(0.1, 0.9))
@settings(max_examples=25)
def test_a_line_of_colour_is_found_again(seed: int, slant: float) -> None:
    rng = np.random.default_rng(seed)
    guide = rng.random((20, 26, 3)).astype(np.float32)
    target = (guide @ np.array([slant, 0.2, -0.1]) + 0.05).astype(np.float32)
    trust = rng.uniform(0.3, 1, guide.shape[:2]).astype(np.float32)
    slope, offset = WindowFit(guide, trust, 4).line(target)
    assert np.abs(apply_line(slope, offset, guide) - target).max() < 0.02


@given(st.integers(0, 2**16), st.integers(1, 4), st.sampled_from([1, 2, 3]))
@settings(max_examples=25)
def test_noise_stays_within_bounds(seed: int, iterations: int, shrink: int) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (21, 33, 3), dtype=np.uint8)
    mask = rng.random((21, 33)) > 0.5
    refiner = GuidedRefiner(GuidedMatte(iterations=iterations, shrink=shrink), 3)
    alpha = refiner.refine(frame, mask, make_trimap(mask, 3))
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_a_constant_mask_stays_constant(drawn) -> None:
    guide = drawn.frame.astype(np.float32) / 255
    ones = np.ones(drawn.mask.shape, np.float32)
    slope, offset = WindowFit(guide, ones, 6).line(ones)
    assert np.abs(apply_line(slope, offset, guide) - 1).max() < 1e-4


def test_its_quality_is_kept(drawn) -> None:
    trimap = make_trimap(drawn.mask, 5)
    alpha = GuidedRefiner(GuidedMatte(), 5).refine(drawn.frame, drawn.mask, trimap)
    assert np.abs(alpha - drawn.alpha)[trimap == UNKNOWN].mean() < GUIDED_ERROR * 1.01


def test_an_edge_without_a_colour_of_its_own_is_not_smeared() -> None:
    rng = np.random.default_rng(4)
    frame = np.clip(rng.normal(20, 2, (80, 120, 3)), 0, 255).astype(np.uint8)
    mask = np.zeros((80, 120), bool)
    mask[:, 60:] = True
    options = GuidedMatte()
    blind = GuidedRefiner(options, 8).refine(frame, mask, make_trimap(mask, 8))
    assert np.count_nonzero((blind > 0.05) & (blind < 0.95), axis=1).max() <= 5
    assert np.array_equal(blind > 0.5, mask)
    frame[:, 63:] += 120
    seeing = GuidedRefiner(options, 8).refine(frame, mask, make_trimap(mask, 8))
    assert seeing[:, 55:61].max() < 0.2, "colours know better than the mask"
    assert seeing[:, 66:].min() > 0.8
