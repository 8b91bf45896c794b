import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.residual import residual, residual_of


class Redness:
    """Finds what is red."""

    def predict_raw(self, frame):
        return (frame[..., 0] / 255).astype(np.float32)


def scene(red=255):
    frame = np.zeros((40, 50, 3), np.uint8)
    hole = np.zeros((40, 50), np.bool_)
    hole[10:30, 10:30] = True
    frame[hole, 0] = red
    return frame, hole


def test_all_half_and_nothing_left():
    frame, hole = scene()
    assert residual(Redness(), frame, frame, hole) == 1.0
    assert residual(Redness(), frame, np.zeros_like(frame), hole) == 0.0
    assert residual(Redness(), frame, scene(51)[0], hole) == pytest.approx(0.2, abs=1e-6)


def test_what_is_outside_the_hole_does_not_count():
    frame, hole = scene()
    red = np.zeros_like(frame)
    red[~hole, 0] = 255
    assert residual(Redness(), frame, red, hole) == 0.0


def test_nobody_there_leaves_nothing():
    frame, hole = scene(0)
    assert residual(Redness(), frame, scene(255)[0], hole) == 0.0
    assert residual(Redness(), frame, frame, np.zeros_like(hole)) == 0.0
    salience = np.ones((40, 50), np.float32)
    assert residual_of(salience, salience, np.zeros_like(hole)) == 0.0


@given(st.integers(0, 255), st.integers(0, 255))
def test_it_is_a_share(before, after):
    frame, hole = scene(before)
    assert 0.0 <= residual(Redness(), frame, scene(after)[0], hole) <= 1.0


def test_sizes_must_match():
    frame, hole = scene()
    with pytest.raises(InputError, match="background"):
        residual(Redness(), frame, frame[:20], hole)
