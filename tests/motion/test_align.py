import cv2
import numpy as np
import pytest

from multiplane.motion.align import Grey, align, grey_of, mean_shift, rescale


@pytest.fixture(scope="module")
def ground():
    rng = np.random.default_rng(3)
    soft = cv2.GaussianBlur(rng.normal(size=(240, 320)).astype(np.float32), (0, 0), 2.5)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def grey(values):
    return Grey(values, np.ones(values.shape, bool), (1.0, 1.0))


def test_finds_a_shift_of_a_fraction_of_a_pixel_under_other_light(ground):
    moved = np.array([[1.002, 0.001, 0.4], [-0.001, 0.999, -0.3], [1e-6, 0, 1.0]])
    warped = cv2.warpPerspective(ground, moved, (320, 240), flags=cv2.INTER_CUBIC)
    warped = np.clip(warped * 0.93 + 9, 0, 255).astype(np.uint8)
    found = align(grey(ground), grey(warped), np.eye(3))
    assert found is not None
    assert mean_shift(np.linalg.inv(moved) @ found.homography, (320, 240)) < 0.05


def test_is_blind_to_what_moves_by_itself(ground):
    walker = ground.copy()
    walker[60:180, 100:220] = ground[60:180, 104:224]
    found = align(grey(ground), grey(walker), np.eye(3))
    assert found is not None
    assert mean_shift(found.homography, (320, 240)) < 0.05


def test_says_none_when_the_start_is_far_off(ground):
    far = np.roll(ground, 40, axis=1)
    assert align(grey(ground), grey(far), np.eye(3)) is None


def test_pictures_without_edges_are_still_only_when_alike():
    flat = np.full((60, 80), 90, np.uint8)
    assert align(grey(flat), grey(flat), np.eye(3)) is not None
    assert align(grey(flat), grey(flat + np.uint8(30)), np.eye(3)) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 60), (8, 8)])
def test_pictures_of_a_few_pixels_are_still_when_alike(size):
    few = np.arange(size[0] * size[1], dtype=np.uint8).reshape(size)
    found = align(grey(few), grey(few), np.eye(3))
    assert found is not None
    np.testing.assert_array_equal(found.homography, np.eye(3))


def test_shrinking_keeps_pixel_centres_and_masks():
    frame = np.zeros((100, 200, 3), np.uint8)
    ignore = np.zeros((100, 200), bool)
    ignore[40:60, 80:120] = True
    small = grey_of(frame, ignore, 100)
    assert small.values.shape == (50, 100)
    assert not small.usable[20:30, 40:60].any()
    assert small.usable[:15].all()
    back = rescale(np.eye(3), small, small)
    np.testing.assert_allclose(back, np.eye(3), atol=1e-12)
