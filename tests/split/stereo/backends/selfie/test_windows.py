from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.arrays import Alpha, Frame
from multiplane.split.stereo.backends.crop import Crop
from multiplane.split.stereo.backends.selfie.windows import laid_together, windows_of

FRAME = np.zeros((130, 130, 3), np.uint8)
FRAME[20:60, 80:110] = 255


def bright(frame: Frame) -> Alpha:
    return (frame[..., 0] / 255).astype(np.float32)


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 2, 4]))
def test_windows_cover_the_picture(height: int, width: int, scale: int) -> None:
    seen = np.zeros((height, width), np.bool_)
    for window in windows_of((height, width), scale):
        assert 0 <= window.rows.start < window.rows.stop <= height
        assert 0 <= window.columns.start < window.columns.stop <= width
        seen[window.rows, window.columns] = True
    assert seen.all()


def test_windows_of_a_square_eye() -> None:
    assert [len(windows_of((256, 256), scale)) for scale in (1, 2, 4)] == [1, 9, 49]


def test_what_windows_say_lies_where_it_was_seen() -> None:
    for scales in (1, 2):
        told = laid_together(FRAME, bright, scales)
        assert told.shape == (130, 130)
        assert told[40, 95] == pytest.approx(1, abs=0.01)
        assert told[100, 30] == pytest.approx(0, abs=0.01)


def test_what_one_window_of_several_sees_counts_less() -> None:
    asked = []

    def moody(frame: Frame) -> Alpha:
        asked.append(frame.shape[0])
        return np.full(frame.shape[:2], float(len(asked) == 6), np.float32)

    told = laid_together(FRAME, moody, 2)
    assert len(asked) == 10
    assert 0.2 < told[65, 65] <= 1
    assert told.mean() < 0.3


def test_windows_that_are_not_worth_it_are_left_out() -> None:
    asked = []

    def count(frame: Frame) -> Alpha:
        asked.append(frame.shape)
        return bright(frame)

    def worth(window: Crop) -> bool:
        return window.rows.start == 0 and window.columns.start == 0

    laid_together(FRAME, count, 6, worth)
    assert asked == [(130, 130, 3), (65, 65, 3)]  # and none is too small
