from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.media.pixels import to_eight
from multiplane.restore.candidates.composite import Repair, lay_over
from multiplane.restore.candidates.shown import Shown

sides = st.tuples(st.integers(0, 9), st.integers(0, 14)).map(lambda ends: slice(*sorted(ends)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999), st.booleans(), st.booleans(), sides, sides)
def test_a_box_of_it_is_that_of_the_whole_restoration(
    seed: int, deep: bool, clear: bool, rows: slice, columns: slice
) -> None:
    rng = np.random.default_rng(seed)
    kind = np.uint16 if deep else np.uint8
    most = int(np.iinfo(kind).max)
    levels = rng.integers(0, most + 1, (9, 11, 3)).astype(kind)
    alpha = rng.choice([0, most // 3, most], (9, 11)).astype(kind) if clear else None
    places = np.flatnonzero(rng.random(99) < 0.4)
    values = rng.integers(0, most + 1, (len(places), 3)).astype(kind)
    repair = Repair(places, values, rng.integers(1, most + 1, len(places)))
    whole = to_eight(lay_over(levels, alpha, repair)[0])
    assert np.array_equal(Shown(levels, alpha, repair)[rows, columns], whole[rows, columns])
    assert np.array_equal(Shown(levels)[rows, columns], to_eight(levels)[rows, columns])
