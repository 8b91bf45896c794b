from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import Alpha, Frame
from multiplane.split.stereo.backends.selfie.closer import extent, look_closer, near, seen_alone

FRAME = np.zeros((120, 160, 3), np.uint8)
FRAME[30:90, 60:80] = 255  # him
FRAME[30:90, 120:140] = 255  # somebody else
HIM = np.zeros((120, 160), np.bool_)
HIM[30:90, 60:80] = True
ROUGH = np.roll(HIM, (4, 3), axis=(0, 1))


def bright(frame: Frame) -> Alpha:
    return (frame[..., 0] / 255).astype(np.float32)


def test_one_person_alone() -> None:
    alpha, score = look_closer(FRAME, ROUGH, bright, 1.0)
    np.testing.assert_array_equal(alpha >= 0.5, HIM)
    assert score == pytest.approx(1)
    both = seen_alone(FRAME, ROUGH, bright, 1.0)
    assert both[60, 125] == 1
    assert extent(HIM) == (60.0, 30.0, 80.0, 90.0)


def test_two_looks_that_disagree_are_not_sure() -> None:
    def moody(frame: Frame) -> Alpha:
        half = bright(frame)
        if frame.shape[0] > 100:
            half[: half.shape[0] // 2] = 0
        return half

    _, score = look_closer(FRAME, HIM, moody, 0.1)
    assert 0.3 < score < 0.7


def test_nobody() -> None:
    for hint in (HIM & False, np.roll(HIM, -60, axis=1)):
        alpha, score = look_closer(FRAME, hint, bright, 0.1)
        assert not alpha.any()
        assert score == 0
    assert not near(HIM & False, HIM).any()


def test_what_hangs_together_or_is_close_belongs() -> None:
    ball, arm = np.zeros_like(HIM), np.zeros_like(HIM)
    ball[84:88, 84:88] = True
    arm[40:44, 79:90] = True
    far = np.roll(HIM, 60, axis=1)
    reach = near(HIM, np.asarray(HIM | ball | arm | far))
    assert reach[HIM | ball | arm].all()
    assert not reach[far].any()
