from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multiplane.core.errors import InputError
from multiplane.measure import region as module
from multiplane.measure.region import around, grow, region

masks = arrays(np.bool_, (17, 23))


def test_no_mask_is_the_whole_picture():
    assert region(np.zeros((4, 5, 3), np.uint8), None).sum() == 20


def test_an_empty_mask_is_refused():
    with pytest.raises(InputError, match="selects nothing") as caught:
        region(np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.bool_))
    assert caught.value.fix == "measure only where mask.any()"


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InputError, match="mask is 4x5"):
        region(np.zeros((4, 5, 3), np.uint8), np.ones((5, 4), np.bool_))


def test_a_point_grows_to_a_disk():
    point = np.zeros((11, 11), np.bool_)
    point[5, 5] = True
    y, x = np.mgrid[:11, :11] - 5
    assert (grow(point, 3) == (np.hypot(x, y) <= 3)).all()


@given(masks, st.integers(0, 6))
def test_growing_keeps_and_the_band_is_beside(mask, radius_px):
    grown = grow(mask, radius_px)
    assert (grown >= mask).all()
    assert not (around(mask, radius_px) & mask).any()
    assert grow(mask, 0).tolist() == mask.tolist()


@given(masks, st.integers(1, 6))
def test_a_few_rows_at_a_time_grow_as_the_whole(mask, radius_px):
    with mock.patch.object(module, "_BAND_PX", 0):
        assert np.array_equal(grow(mask, radius_px), module._near(mask, radius_px))
