from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from multiplane.split.matte.trimap import BACKGROUND, FOREGROUND, UNKNOWN, make_trimap


def test_the_band_reaches_to_both_sides() -> None:
    mask = np.zeros((60, 80), bool)
    mask[:, 40:] = True
    row = make_trimap(mask, 5)[30]
    assert (row[:35] == BACKGROUND).all()
    assert (row[35:45] == UNKNOWN).all()
    assert (row[45:] == FOREGROUND).all()


def test_the_band_is_as_wide_in_every_direction() -> None:
    rows, columns = np.mgrid[:300, :300]
    mask = np.hypot(rows - 150.3, columns - 149.6) < 90
    trimap = make_trimap(mask, 30)
    assert np.array_equal(trimap == FOREGROUND, distance_transform_edt(mask) > 30)
    assert np.array_equal(trimap == BACKGROUND, distance_transform_edt(~mask) > 30)


def test_thin_parts_and_thin_gaps_keep_a_core() -> None:
    mask = np.zeros((60, 80), bool)
    mask[:, 20:24] = True
    mask[10:50, 40:70] = True
    mask[10:50, 54:57] = False
    trimap = make_trimap(mask, 8)
    assert (trimap[30, 20:24] == FOREGROUND).any()
    assert (trimap[30, 54:57] == BACKGROUND).any()


@given(st.integers(0, 2**16), st.integers(1, 12))
def test_known_pixels_are_what_the_mask_says(seed: int, edge_px: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((24, 30)) > rng.random()
    trimap = make_trimap(mask, edge_px)
    assert mask[trimap == FOREGROUND].all()
    assert not mask[trimap == BACKGROUND].any()
    assert (trimap == FOREGROUND).any() == mask.any()
    assert (trimap == BACKGROUND).any() == (not mask.all())


@pytest.mark.parametrize(("value", "known"), [(False, BACKGROUND), (True, FOREGROUND)])
def test_all_or_nothing_has_no_band(value: bool, known: int) -> None:
    assert (make_trimap(np.full((9, 9), value), 3) == known).all()
