from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from multiplane.core.arrays import Mask
from multiplane.split.stereo.masks import PackedMask, Person, scaled_box, together


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_packed_masks_come_back(mask: Mask) -> None:
    packed = PackedMask.of(mask)
    np.testing.assert_array_equal(packed.unpack(), mask)
    assert packed.area_px == mask.sum()
    assert packed.bits.nbytes <= mask.size // 8 + 1
    assert packed == PackedMask.of(mask.copy())


def test_other_masks_are_others() -> None:
    mask = np.zeros((5, 6), np.bool_)
    mask[1:3, 2:5] = True
    other = mask.copy()
    other[1, 3] = False
    assert PackedMask.of(mask) != PackedMask.of(other)
    assert PackedMask.of(mask) != PackedMask.of(np.roll(mask, 1, axis=0))
    assert len({PackedMask.of(mask), PackedMask.of(mask.copy()), PackedMask.of(other)}) == 2


def test_everybody_together() -> None:
    a, b = np.zeros((4, 6), np.bool_), np.zeros((4, 6), np.bool_)
    a[0, :3], b[:, 2] = True, True
    people = {n: Person(n, PackedMask.of(mask), 1.0) for n, mask in enumerate((a, b), start=1)}
    np.testing.assert_array_equal(together(people, (4, 6)), a | b)
    assert not together({}, (4, 6)).any()


def test_boxes_at_full_size() -> None:
    assert scaled_box((1, 2, 3, 4), (10, 20), (30, 40)) == pytest.approx([3, 4, 9, 8])
