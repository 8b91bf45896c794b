from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.restore.candidates.sight import Deep, Painting

SHAPE = (9, 11)
sides = st.tuples(st.integers(0, 9), st.integers(0, 14)).map(lambda ends: slice(*sorted(ends)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.floats(0, 1), sides, sides)
def test_a_part_of_a_painting_is_that_of_the_whole(
    seed: int, share: float, rows: slice, columns: slice
) -> None:
    rng = np.random.default_rng(seed)
    where = rng.random(SHAPE) < share
    values = rng.standard_normal((np.count_nonzero(where), 3)).astype(np.float32)
    whole = np.zeros((*SHAPE, 3), np.float32)
    whole[where] = values
    painting = Painting(where, values)
    assert np.array_equal(painting[rows, columns], whole[rows, columns])
    assert np.array_equal(painting[rows], whole[rows])
    assert painting[rows].dtype == np.float32


@pytest.mark.parametrize(("kind", "step"), [(np.uint8, 1), (np.uint16, 257)])
def test_levels_are_divided_as_a_whole_picture_is(kind: type, step: int) -> None:
    levels = np.random.default_rng(0).integers(0, np.iinfo(kind).max + 1, (*SHAPE, 3)).astype(kind)
    whole = levels.astype(np.float32) / np.float32(step)
    assert np.array_equal(Deep(levels)[2:5, 3:20], whole[2:5, 3:20])
    assert np.array_equal(Deep(levels)[:], whole)
