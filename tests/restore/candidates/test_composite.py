from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from multiplane.restore.candidates.composite import (
    Repair,
    lay_over,
    layer_bands,
    layer_of,
    restored_bands,
)


def rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def drawn(seed: int, deep: bool) -> tuple[np.ndarray, np.ndarray, Repair]:
    rng = np.random.default_rng(seed)
    kind = np.uint16 if deep else np.uint8
    most = int(np.iinfo(kind).max)
    original = rng.integers(0, most + 1, (6, 7, 3)).astype(kind)
    alpha = rng.choice([0, most // 3, most], (6, 7)).astype(kind)
    places = np.flatnonzero(rng.random(42) < 0.4)
    values = rng.integers(0, most + 1, (len(places), 3)).astype(kind)
    shares = rng.choice([1, most // 2, most], len(places)).astype(np.int64)
    return original, alpha, Repair(places, values, shares)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_the_layer_over_the_original_is_the_candidate(seed: int, deep: bool) -> None:
    original, _, repair = drawn(seed, deep)
    before = original.copy()
    restored, alpha = lay_over(original, None, repair)
    assert alpha is None
    assert np.array_equal(original, before)
    layer, cover = layer_of(original.shape, repair)
    most = int(np.iinfo(original.dtype).max)
    a = cover.astype(np.float64)[..., None]
    over = np.rint((original.astype(np.float64) * (most - a) + layer * a) / most)
    assert np.array_equal(restored, over)
    assert np.array_equal(restored[cover == 0], original[cover == 0])
    assert np.array_equal(restored[cover == most], layer[cover == most])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_over_what_is_transparent_the_repair_is_as_opaque_as_its_share(
    seed: int, deep: bool
) -> None:
    original, alpha, repair = drawn(seed, deep)
    places, values, shares = repair
    restored, solid = lay_over(original, alpha, repair)
    assert solid is not None
    most = int(np.iinfo(original.dtype).max)
    untouched = np.ones(42, np.bool_)
    untouched[places] = False
    assert np.array_equal(restored.reshape(-1, 3)[untouched], original.reshape(-1, 3)[untouched])
    assert np.array_equal(solid.ravel()[untouched], alpha.ravel()[untouched])
    for place, value, share in zip(places, values, shares, strict=True):
        own, below = Fraction(int(share), most), Fraction(int(alpha.ravel()[place]), most)
        total = own + below * (1 - own)
        assert solid.ravel()[place] == rounded(total * most)
        for channel in range(3):
            o = int(original.reshape(-1, 3)[place, channel])
            wanted = (own * int(value[channel]) + below * (1 - own) * o) / total
            assert restored.reshape(-1, 3)[place, channel] == rounded(wanted)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_an_opaque_alpha_changes_nothing(kind: type) -> None:
    original, _, repair = drawn(3, kind is np.uint16)
    full: NDArray[Any] = np.full(original.shape[:2], np.iinfo(kind).max, kind)
    plain, _ = lay_over(original, None, repair)
    same, alpha = lay_over(original, full, repair)
    assert np.array_equal(plain, same)
    assert alpha is not None
    assert np.array_equal(alpha, full)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.booleans(), st.integers(1, 7))
def test_a_few_rows_at_a_time_are_the_whole(seed: int, deep: bool, clear: bool, rows: int) -> None:
    original, alpha, repair = drawn(seed, deep)
    under = alpha if clear else None
    levels, solid = lay_over(original, under, repair)
    whole = levels if solid is None else np.dstack([levels, solid])
    made = restored_bands(original, under, repair)
    assert made.shape == whole.shape
    assert np.array_equal(np.concatenate(list(made.bands(rows))), whole)
    layer = np.dstack(layer_of(original.shape, repair))
    spread = layer_bands(original.shape, repair)
    assert spread.shape == layer.shape
    assert np.array_equal(np.concatenate(list(spread.bands(rows))), layer)
