import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.camera import CameraPath, still_path
from multiplane.restore.plate.hole import grow
from multiplane.restore.plate.shot import LEAST_PX, Shot

FRAME = np.zeros((30, 40, 3), np.uint8)
MASK = np.zeros((30, 40), bool)
MASK[10:15, 10:15] = True


def test_what_may_not_be_borrowed_is_wider_than_what_is_filled():
    shot = Shot([FRAME], [MASK], None, still_path(1), 3, 4)
    assert shot.mask(0).sum() < shot.hidden(0).sum() < shot.lends(0).blocked.sum()
    assert shot.hidden(0)[12, 17]
    assert not shot.hidden(0)[12, 18]
    assert shot.lends(0).blocked[12, 21]


def test_a_soft_edge_within_the_grown_mask_changes_nothing():
    alpha = np.zeros((30, 40), np.float32)
    alpha[12, 15:17] = 0.5
    hard = Shot([FRAME], [MASK], None, still_path(1), 8, 4)
    soft = Shot([FRAME], [MASK], [alpha], still_path(1), 8, 4)
    assert soft.mask(0)[12, 16]
    np.testing.assert_array_equal(soft.hidden(0), hard.hidden(0))
    np.testing.assert_array_equal(soft.lends(0).closed, hard.lends(0).closed)
    assert soft.lends(0).blocked.sum() > hard.lends(0).blocked.sum()


def test_a_soft_edge_that_reaches_further_is_covered_with_some_to_spare():
    alpha = np.zeros((30, 40), np.float32)
    alpha[12, 15:22] = 0.5
    hidden = Shot([FRAME], [MASK], [alpha], still_path(1), 8, 4).hidden(0)
    assert hidden[12, 25]
    assert not hidden[12, 26]


def test_for_want_of_better_a_frame_lends_up_to_the_grown_mask_but_no_nearer():
    lends = Shot([FRAME], [MASK], None, still_path(1), 6, 4).lends(0)
    np.testing.assert_array_equal(lends.closed, grow(MASK, 6))
    np.testing.assert_array_equal(lends.blocked, grow(MASK, 10))
    least = Shot([FRAME], [MASK], None, still_path(1), 0, 8).lends(0)
    np.testing.assert_array_equal(least.closed, grow(MASK, LEAST_PX))
    asked = Shot([FRAME], [MASK], None, still_path(1), 0, 2).lends(0)
    np.testing.assert_array_equal(asked.closed, grow(MASK, 2))


def test_a_frame_nobody_could_place_lends_nothing():
    lost = CameraPath([np.eye(3)], 0, [0], [0.0])
    assert Shot([FRAME], [MASK], None, lost, 3, 4).lends(0).closed.all()
    assert Shot([FRAME], [MASK], None, lost, 3, 4).lends(0).blocked.all()


def test_refuses_planes_of_other_lengths_and_sizes():
    with pytest.raises(InputError, match="2 frames, but masks for 1") as caught:
        Shot([FRAME, FRAME], [MASK], None, still_path(2), 3, 4)
    assert "split segment" in caught.value.fix
    small = np.zeros((5, 5), np.float32)
    with pytest.raises(InputError, match="alpha is 5x5"):
        Shot([FRAME], [MASK], [small], still_path(1), 3, 4).mask(0)


def test_a_mask_that_blinks_for_a_frame_still_blocks():
    none = np.zeros_like(MASK)
    shot = Shot([FRAME] * 5, [MASK, MASK, none, MASK, MASK], None, still_path(5), 3, 4)
    np.testing.assert_array_equal(shot.lends(2).blocked, shot.lends(1).blocked)
    assert not shot.hidden(2).any()


def test_a_character_that_left_blocks_no_longer():
    none = np.zeros_like(MASK)
    shot = Shot([FRAME] * 5, [MASK, MASK, none, none, none], None, still_path(5), 3, 4)
    assert not shot.lends(2).blocked.any()


def test_neighbours_are_laid_on_the_frame_as_the_camera_moved():
    pan = [np.array([[1, 0, 5.0 * i], [0, 1, 0], [0, 0, 1]]) for i in range(3)]
    camera = CameraPath(pan, 0, [9] * 3, [0.0] * 3)
    right = np.roll(MASK, 5, axis=1)
    shot = Shot([FRAME] * 3, [right, np.zeros_like(MASK), np.roll(MASK, -5, axis=1)], None,
                camera, 0, 0)  # fmt: skip
    np.testing.assert_array_equal(shot.lends(1).blocked, MASK)
