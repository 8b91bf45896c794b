import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.metrics import structural_similarity

from multiplane.core.errors import InputError
from multiplane.measure.image import psnr, relative_sharpness, sharpness, ssim, ssim_map

frames = arrays(np.uint8, (12, 14, 3), elements=st.integers(0, 255))


def noise(shape=(64, 80, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def smooth(shape=(64, 80), seed=0):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    waves = [127 + 90 * np.sin(x / rng.uniform(4, 9) + y / rng.uniform(5, 11)) for _ in range(3)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def test_psnr_of_a_known_difference():
    black = np.zeros((8, 8, 3), np.uint8)
    assert psnr(black, black + 255) == pytest.approx(0.0)
    assert psnr(black, black + 1) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(black, black + 16) == pytest.approx(24.0484, abs=1e-4)


@given(frames, frames)
def test_psnr_is_symmetric_and_infinite_for_equals(first, second):
    assert psnr(first, first) == math.inf
    assert psnr(first, second) == psnr(second, first)


@given(frames, frames, st.integers(1, 11))
def test_psnr_sees_only_the_mask(first, second, row):
    mask = np.zeros((12, 14), np.bool_)
    mask[:row] = True
    other = second.copy()
    other[row:] = first[row:]
    assert psnr(first, other, mask) == psnr(first, second, mask)
    assert psnr(first, np.where(mask[..., None], first, second), mask) == math.inf


def test_ssim_is_what_scikit_image_computes():
    first = smooth()
    for second in (noise(), np.clip(first + np.random.default_rng(1).normal(0, 20, first.shape),
                                    0, 255).astype(np.uint8)):  # fmt: skip
        theirs = structural_similarity(
            first, second, channel_axis=2, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, data_range=255,
        )  # fmt: skip
        assert ssim(first, second) == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=30)
@given(frames, frames)
def test_ssim_is_symmetric_bounded_and_one_for_equals(first, second):
    assert ssim(first, first) == pytest.approx(1.0)
    assert ssim(first, second) == pytest.approx(ssim(second, first))
    assert -1.0 - 1e-9 <= ssim(first, second) <= 1.0 + 1e-9


def test_ssim_in_a_mask_is_the_mean_of_the_map_there():
    first, second = smooth(), noise()
    mask = np.zeros(first.shape[:2], np.bool_)
    mask[20:40, 30:50] = True
    assert ssim(first, second, mask) == pytest.approx(ssim_map(first, second)[mask].mean())
    fixed = second.copy()
    fixed[10:50, 20:60] = first[10:50, 20:60]
    assert ssim(first, fixed, mask) == pytest.approx(1.0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 63), st.integers(0, 79), st.integers(1, 40), st.integers(1, 40))
def test_ssim_in_a_mask_computes_no_more_than_it_must(y, x, height, width):
    first, second = smooth(), noise()
    mask = np.zeros(first.shape[:2], np.bool_)
    mask[y : y + height, x : x + width] = True
    assert ssim(first, second, mask) == pytest.approx(ssim_map(first, second)[mask].mean())


def test_ssim_refuses_what_is_under_its_window():
    small = np.zeros((10, 40, 3), np.uint8)
    with pytest.raises(InputError, match="40x10, wanted 11 px") as caught:
        ssim(small, small)
    assert caught.value.fix == "use psnr for pictures that small"


def test_sizes_must_match():
    with pytest.raises(InputError, match="second picture is 5x4"):
        psnr(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8))


def test_sharpness_of_known_pictures():
    assert sharpness(np.full((9, 9, 3), 77, np.uint8)) == 0.0
    board = ((np.indices((32, 32)).sum(0) % 2) * 255).astype(np.uint8)
    # the Laplacian of a chessboard is +-4 x 255 everywhere
    assert sharpness(np.stack([board] * 3, -1)) == pytest.approx((4 * 255) ** 2)


def test_blur_is_less_sharp():
    frame = noise()
    hole = np.zeros(frame.shape[:2], np.bool_)
    hole[16:48, 24:56] = True
    smeared = np.where(hole[..., None], cv2.GaussianBlur(frame, (0, 0), 2), frame)
    assert sharpness(smeared, hole) < 0.1 * sharpness(frame, hole)
    assert relative_sharpness(frame, hole) == pytest.approx(1.0, abs=0.1)
    assert relative_sharpness(smeared, hole) < 0.2


def test_relative_sharpness_needs_surroundings():
    frame = noise()
    assert relative_sharpness(frame, np.ones(frame.shape[:2], np.bool_)) is None
    assert relative_sharpness(frame, np.zeros(frame.shape[:2], np.bool_)) is None
    hole = np.zeros(frame.shape[:2], np.bool_)
    hole[20:40, 20:40] = True
    assert relative_sharpness(np.full_like(frame, 9), hole) is None
