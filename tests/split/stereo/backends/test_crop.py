from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.stereo.backends.crop import crop_of, crop_round

SIDE = st.integers(1, 90)
SHARE = st.floats(0, 1)


@given(SIDE, SIDE, st.tuples(SHARE, SHARE, SHARE, SHARE), st.floats(0, 2), st.floats(0, 1))
def test_crops_lie_within_and_hold_the_box(
    height: int, width: int, corners: tuple[float, float, float, float], margin: float, slim: float
) -> None:
    x0, x1 = sorted((int(corners[0] * (width - 1)), int(corners[1] * (width - 1))))
    y0, y1 = sorted((int(corners[2] * (height - 1)), int(corners[3] * (height - 1))))
    crop = crop_round((x0, y0, x1 + 1, y1 + 1), (height, width), margin, slim)
    assert 0 <= crop.rows.start <= y0 < y1 + 1 <= crop.rows.stop <= height
    assert 0 <= crop.columns.start <= x0 < x1 + 1 <= crop.columns.stop <= width


def test_a_square_is_shifted_inwards() -> None:
    crop = crop_round((0, 20, 10, 60), (100, 200), 0.25, 1.0)
    assert (crop.rows, crop.columns) == (slice(10, 70), slice(0, 60))
    flat = crop_round((0, 0, 10, 100), (100, 60), 0.25, 1.0)
    assert (flat.rows, flat.columns) == (slice(0, 100), slice(0, 60))


def test_there_and_back() -> None:
    hint = np.zeros((40, 60), np.bool_)
    assert crop_of(hint, 0.1) is None
    hint[10:30, 20:30] = True
    crop = crop_of(hint, 0.1)
    assert crop is not None
    frame = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)
    np.testing.assert_array_equal(crop.of(frame), frame[8:32, 18:32])
    np.testing.assert_array_equal(crop.back(crop.of_mask(hint).astype(np.float32)), hint)
    half = crop.back(np.ones((12, 7), np.float32))
    assert half.sum() == 24 * 14
    assert crop.back(np.full((12, 7), 3, np.float32)).max() == pytest.approx(1)
