import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.camera import CameraPath, still_path
from multiplane.restore.plate.shot import Shot

FRAME = np.zeros((30, 40, 3), np.uint8)
MASK = np.zeros((30, 40), bool)
MASK[10:15, 10:15] = True


def test_what_may_not_be_borrowed_is_wider_than_what_is_filled():
    shot = Shot([FRAME], [MASK], None, still_path(1), 3, 4)
    assert shot.mask(0).sum() < shot.hidden(0).sum() < shot.blocked(0).sum()
    assert shot.hidden(0)[12, 17]
    assert not shot.hidden(0)[12, 18]
    assert shot.blocked(0)[12, 21]


def test_soft_edges_count_as_character():
    alpha = np.zeros((30, 40), np.float32)
    alpha[12, 15:18] = 0.5
    shot = Shot([FRAME], [MASK], [alpha], still_path(1), 3, 4)
    assert shot.hidden(0)[12, 20]


def test_a_frame_nobody_could_place_lends_nothing():
    lost = CameraPath([np.eye(3)], 0, [0], [0.0])
    assert Shot([FRAME], [MASK], None, lost, 3, 4).blocked(0).all()


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
    np.testing.assert_array_equal(shot.blocked(2), shot.blocked(1))
    assert not shot.hidden(2).any()


def test_a_character_that_left_blocks_no_longer():
    none = np.zeros_like(MASK)
    shot = Shot([FRAME] * 5, [MASK, MASK, none, none, none], None, still_path(5), 3, 4)
    assert not shot.blocked(2).any()


def test_neighbours_are_laid_on_the_frame_as_the_camera_moved():
    pan = [np.array([[1, 0, 5.0 * i], [0, 1, 0], [0, 0, 1]]) for i in range(3)]
    camera = CameraPath(pan, 0, [9] * 3, [0.0] * 3)
    right = np.roll(MASK, 5, axis=1)
    shot = Shot([FRAME] * 3, [right, np.zeros_like(MASK), np.roll(MASK, -5, axis=1)], None,
                camera, 0, 0)  # fmt: skip
    np.testing.assert_array_equal(shot.blocked(1), MASK)
