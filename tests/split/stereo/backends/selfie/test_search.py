from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.split.stereo.backends.selfie.search import find_people, side_by_side


def bright(frame: Frame) -> Alpha:
    return (frame[..., 0] / 255).astype(np.float32)


def drawn(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((120, 160), np.bool_)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


def frame_of(mask: np.ndarray) -> Frame:
    return np.repeat(mask[..., None].astype(np.uint8) * 255, 3, axis=2)


def test_each_person_once_at_his_own_size() -> None:
    large, small = drawn((20, 20, 60, 110)), drawn((120, 30, 130, 56))
    found = find_people(frame_of(large | small), bright, 2, 0.15, 40)
    assert len(found) == 2
    by_size = sorted(found, key=lambda one: -int(np.count_nonzero(one.mask)))
    for look, truth in zip(by_size, (large, small), strict=True):
        assert look.mask is not None
        np.testing.assert_array_equal(look.mask, truth)
        assert look.score > 0.9
        assert look.id is None
    assert len(find_people(frame_of(large | small), bright, 2, 0.15, 400)) == 1
    assert find_people(frame_of(drawn()), bright, 2, 0.15, 40) == []


def test_those_beside_each_other_are_two_and_those_cut_in_two_are_one() -> None:
    left, right = (20, 20, 40, 100), (44, 22, 62, 100)
    assert len(side_by_side(drawn(left, right), 40)) == 2
    top, legs, ball = (20, 20, 40, 60), (22, 64, 38, 100), (50, 80, 56, 86)
    (one,) = side_by_side(drawn(top, legs, ball), 40)
    np.testing.assert_array_equal(one, drawn(top, legs, ball))
    first, second = side_by_side(drawn(left, right, (63, 80, 68, 85)), 40)
    np.testing.assert_array_equal(first, drawn(left))
    np.testing.assert_array_equal(second, drawn(right, (63, 80, 68, 85)))
    assert side_by_side(drawn((0, 0, 3, 3)), 40) == []
    assert side_by_side(drawn(), 0) == []
