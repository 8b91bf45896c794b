import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from multiplane.core.errors import InputError
from multiplane.measure.mask import agreement, boundary_f, coverage, iou, outline

masks = arrays(np.bool_, (16, 20))


def square(x0, y0, side=20, shape=(64, 64)):
    mask = np.zeros(shape, np.bool_)
    mask[y0 : y0 + side, x0 : x0 + side] = True
    return mask


def test_known_values():
    left, right = square(10, 10), square(20, 10)
    assert iou(left, right) == pytest.approx(200 / 600)
    assert coverage(left) == pytest.approx(400 / 4096)
    assert agreement(left, right) == pytest.approx(1 - 400 / 4096)


def test_nothing_agrees_with_nothing():
    nothing = np.zeros((8, 8), np.bool_)
    assert iou(nothing, nothing) == boundary_f(nothing, nothing) == 1.0
    assert iou(nothing, ~nothing) == 0.0
    assert boundary_f(nothing, square(2, 2, 4, (8, 8))) == 0.0


@given(masks, masks)
def test_measures_are_symmetric_and_bounded(first, second):
    for measure in (iou, agreement, boundary_f):
        value = measure(first, second)
        assert 0.0 <= value <= 1.0
        assert value == pytest.approx(measure(second, first))
        assert measure(first, first) == 1.0
    assert agreement(first, ~first) == 0.0
    assert coverage(first) + coverage(~first) == pytest.approx(1.0)


def test_outlines_may_be_off_by_the_tolerance():
    true = square(20, 20)
    assert boundary_f(square(21, 20), true, tolerance=2) == 1.0
    assert boundary_f(square(23, 20), true, tolerance=2) < 1.0
    assert boundary_f(square(40, 40), true, tolerance=1) < 0.1


def test_the_outline_is_one_pixel_wide():
    line = outline(square(2, 2, 3, (8, 8)))
    rows = ["".join(".#"[int(v)] for v in row) for row in line]
    assert rows[:5] == ["........", ".####...", ".#..#...", ".#..#...", ".####..."]
    assert rows[5:] == ["........"] * 3


def test_another_size_is_refused():
    with pytest.raises(InputError, match="second mask is 20x20"):
        iou(square(0, 0), square(0, 0, 5, (20, 20)))
