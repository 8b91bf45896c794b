from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from multiplane.restore.damage.squares import tiles

SIDES = st.integers(1, 70)


@given(SIDES, SIDES, st.integers(0, 20), st.integers(1, 40))
def test_squares_are_the_picture_once_and_see_their_margin(
    height: int, width: int, margin: int, side: int
) -> None:
    numbers = np.arange(height * width).reshape(height, width)
    count = np.zeros((height, width), int)
    for look, own, inner in tiles((height, width), margin, side):
        count[own] += 1
        assert np.array_equal(numbers[look][inner], numbers[own])
        assert look[0].start == max(0, own[0].start - margin)
        assert look[1].stop == min(width, own[1].stop + margin)
    assert (count == 1).all()
