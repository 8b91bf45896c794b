import cv2
import numpy as np
import pytest

from multiplane.motion.align import mean_shift
from multiplane.motion.features import CameraOptions, describe, register, still


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    soft = cv2.GaussianBlur(rng.normal(size=(240, 320, 3)).astype(np.float32), (0, 0), 2.5)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def test_no_feature_lies_inside_the_ignored(frame):
    ignore = np.zeros((240, 320), bool)
    ignore[50:150, 80:240] = True
    features = describe(frame, ignore)
    x, y = np.rint(features.points).astype(int).T
    assert len(features.points) > 50
    assert not ignore[y, x].any()


def test_registers_pan_zoom_and_roll(frame):
    moved = np.array([[1.04, 0.03, -9.3], [-0.03, 1.04, 6.6], [1e-5, 0, 1.0]])
    other = cv2.warpPerspective(frame, moved, (320, 240), flags=cv2.INTER_CUBIC)
    found = register(describe(frame), describe(other))
    assert found is not None
    assert found.inliers > 60
    assert mean_shift(np.linalg.inv(moved) @ found.homography, (320, 240)) < 0.15


def test_finds_at_half_size_what_holds_at_full(frame):
    large = cv2.resize(frame, (640, 480), interpolation=cv2.INTER_CUBIC)
    moved = np.array([[1, 0, 12.0], [0, 1, -7.0], [0, 0, 1.0]])
    other = cv2.warpPerspective(large, moved, (640, 480), flags=cv2.INTER_CUBIC)
    options = CameraOptions(work_px=320)
    found = register(describe(large, None, options), describe(other, None, options))
    assert found is not None
    assert mean_shift(np.linalg.inv(moved) @ found.homography, (640, 480)) < 0.15


def test_the_same_twice_gives_the_same_to_the_bit(frame):
    other = np.roll(frame, 7, axis=1)
    first = register(describe(frame), describe(other))
    second = register(describe(frame), describe(other))
    assert first is not None
    assert second is not None
    np.testing.assert_array_equal(first.homography, second.homography)


def test_nothing_in_common_is_none(frame):
    rng = np.random.default_rng(9)
    other = cv2.GaussianBlur(rng.integers(0, 256, frame.shape, dtype=np.uint8), (0, 0), 2)
    assert register(describe(frame), describe(other)) is None
    assert register(describe(frame), describe(np.zeros_like(frame))) is None


def test_a_camera_that_moved_a_third_of_a_pixel_did_not_stand_still(frame):
    rng = np.random.default_rng(1)
    noisy = np.clip(frame + rng.normal(0, 2, frame.shape), 0, 255).astype(np.uint8)
    slid = cv2.warpAffine(frame, np.array([[1, 0, 0.33], [0, 1, 0]]), (320, 240))
    assert still(describe(frame), describe(noisy)) is not None
    assert still(describe(frame), describe(slid)) is None
