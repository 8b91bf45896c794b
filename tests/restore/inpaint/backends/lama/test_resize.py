from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backends.lama.resize import (
    LEAST_PX,
    enlarge,
    shrink,
    size_within,
)

SIDES = st.integers(1, 5000)


@given(SIDES, SIDES, st.integers(LEAST_PX**2, 9_000_000))
def test_a_size_fits_and_keeps_its_shape(height: int, width: int, most_px: int) -> None:
    size = size_within(height, width, most_px)
    if height * width <= most_px:
        assert size == (height, width)
        return
    assert size[0] <= height
    assert size[1] <= width
    assert all(
        small == side or small % 8 == 0 for small, side in zip(size, (height, width), strict=True)
    )
    assert size[0] * size[1] <= most_px or min(size) <= LEAST_PX


def test_the_unknown_does_not_bleed() -> None:
    frame = np.full((40, 60, 3), 90, np.uint8)
    unknown = np.zeros((40, 60), np.bool_)
    unknown[11:24, 13:31] = True
    frame[unknown] = 255
    small, hidden = shrink(frame, unknown, (16, 24))
    assert (small[~hidden] == 90).all()
    assert hidden[5:9, 6:12].all()
    assert not hidden[:4].any()


def test_what_fits_is_left_alone() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)
    unknown = np.zeros((8, 9), np.bool_)
    assert shrink(frame, unknown, (8, 9))[0] is frame
    painted = frame.astype(np.float32)
    assert enlarge(painted, frame, unknown, (8, 9)) is painted


def test_known_surroundings_count_when_it_is_enlarged() -> None:
    small = np.full((8, 8, 3), 50, np.uint8)
    unknown = np.zeros((8, 8), np.bool_)
    unknown[3:5, 3:5] = True
    painted = np.full((8, 8, 3), 200, np.float32)
    large = enlarge(painted, small, unknown, (32, 32))
    assert large.shape == (32, 32, 3)
    assert large[15:17, 15:17].min() > 180
    assert np.abs(large[:6] - 50).max() < 1
