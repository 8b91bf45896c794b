import cv2
import numpy as np
import pytest

from multiplane.motion.flow import warp
from multiplane.restore.plate.parallax import follow


@pytest.fixture(scope="module")
def picture():
    noise = np.random.default_rng(7).normal(size=(90, 120, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.float32)


def test_follows_a_shift_from_the_ring_into_the_hole(picture):
    true = np.zeros((90, 120, 2), np.float32)
    true[..., 0] = 1.5
    target = warp(picture, true)
    where = np.ones((90, 120), bool)
    where[30:60, 40:80] = False
    target[~where] = 0
    found = follow(target, picture, where, 1.0, 6.0)
    assert found is not None
    assert np.abs(found[35:55, 45:75] - [1.5, 0]).max() < 0.4


def test_nothing_moved_nothing_seen_or_moved_too_far_is_none(picture):
    everywhere = np.ones((90, 120), bool)
    assert follow(picture, picture, everywhere, 1.0, 6.0) is None
    assert follow(picture, picture, ~everywhere, 1.0, 6.0) is None
    assert follow(np.roll(picture, 40, axis=1), picture, everywhere, 1.0, 0.0) is None
