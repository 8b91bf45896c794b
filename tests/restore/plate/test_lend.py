import cv2
import numpy as np
import pytest

from multiplane.restore.plate.lend import BEND_STEP, Source, Want, coarsen, lend


@pytest.fixture(scope="module")
def frame():
    noise = np.random.default_rng(5).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def want(to_reference, shift=None):
    y, x = (v.ravel() for v in np.mgrid[30:75, 20:70])
    return Want(to_reference, np.eye(3), x, y, shift)


def taken(source, wanted):
    return lend(source, wanted).reshape(45, 50, 3)


def test_alike_is_copied_to_the_bit(frame):
    place = np.array([[1, 0, 3.3], [0, 1, 0], [0, 0, 1.0]])
    got = taken(Source(0, frame, place), want(place))
    np.testing.assert_array_equal(got, frame[30:75, 20:70])


def test_a_pan_is_undone(frame):
    place = np.array([[1, 0, 4.0], [0, 1, -2.0], [0, 0, 1]])
    got = taken(Source(0, frame, place), want(np.eye(3)))
    assert np.abs(got.astype(int) - frame[32:77, 16:66]).max() <= 1


def test_shift_and_bend_take_the_same_way(frame):
    three = np.zeros((45 * 50, 2), np.float32)
    three[..., 0] = 3
    shifted = taken(Source(0, frame, np.eye(3)), want(np.eye(3), three))
    bend = coarsen(np.full((90, 120, 2), [3, 0], np.float32))
    assert bend.shape == (-(-90 // BEND_STEP), 120 // BEND_STEP, 2)
    bent = taken(Source(0, frame, np.eye(3), bend), want(np.eye(3)))
    np.testing.assert_array_equal(shifted, bent)
    assert np.abs(shifted.astype(int) - frame[30:75, 23:73]).max() <= 1
