from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.track.overlap import box_covered, box_iou, covered, iou


@given(st.integers(0, 2**16), st.floats(0, 1), st.floats(0, 1))
def test_masks(seed: int, first: float, second: float) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random((7, 9)) < first, rng.random((7, 9)) < second
    both, either = np.count_nonzero(a & b), np.count_nonzero(a | b)
    assert iou(a, b) == iou(b, a) == (both / either if either else 0)
    assert covered(a, b) == (both / np.count_nonzero(a) if a.any() else 0)


def test_boxes() -> None:
    assert box_iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert box_iou((0, 0, 10, 10), (10, 0, 15, 10)) == 0
    mask = np.zeros((10, 10), np.bool_)
    mask[:, :5] = True
    assert box_covered((0, 0, 10, 10), mask) == 0.5
    assert box_covered((5, 0, 99, 10), mask) == 0
    assert box_covered((20, 20, 30, 30), mask) == 0
