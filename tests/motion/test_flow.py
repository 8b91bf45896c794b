import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.flow import consistent, flow, resize_flow, warp


def texture(height=96, width=128, seed=3):
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)


def moved(image, dx, dy):
    return np.roll(image, (dy, dx), axis=(0, 1))


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_shift_is_found_in_full_size_pixels(scale):
    a = texture()
    found = flow(a, moved(a, 4, -2), scale=scale)
    assert found.shape == (96, 128, 2)
    assert found.dtype == np.float32
    assert np.median(found[20:-20, 20:-20], axis=(0, 1)) == pytest.approx([4, -2], abs=0.3)


@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
@pytest.mark.parametrize("size", [(1, 1), (2, 300), (12, 40), (24, 160), (24, 1024), (300, 2)])
def test_strips_and_tiny_pictures_are_read_inside_only(size, preset):
    a = texture(*size)
    found = flow(a, a, scale=1.0, preset=preset)
    assert found.shape == (*size, 2)
    assert np.abs(found).max() < 0.5


def test_warping_the_second_frame_gives_the_first():
    a = texture()
    b = moved(a, 3, 2)
    again = warp(b, flow(a, b, scale=1.0))
    assert np.abs(again.astype(int) - a)[15:-15, 15:-15].mean() < 4


def test_a_mask_is_carried_and_stays_a_mask():
    mask = np.zeros((40, 50), bool)
    mask[10:20, 10:30] = True
    field = np.zeros((40, 50, 2), np.float32)
    field[..., 0] = 5
    carried = warp(mask, field, outside="zero")
    assert carried.dtype == np.bool_
    assert np.array_equal(carried[:, 5:25], mask[:, 10:30])


def test_beyond_the_border_is_zero_or_the_edge():
    image = np.full((30, 30), 7, np.uint8)
    field = np.full((30, 30, 2), 100, np.float32)
    assert warp(image, field, outside="zero").max() == 0
    assert warp(image, field, outside="edge").min() == 7


def test_what_gets_covered_is_not_consistent():
    there, back = np.zeros((2, 60, 80, 2), np.float32)
    there[20:40, 20:40, 0] = 6
    back[20:40, 26:46, 0] = -6
    good = consistent(there, back)
    assert good[20:40, 20:40].all()
    assert not good[20:40, 40:46].any()
    assert good[:20, :70].all()


def test_leaving_the_frame_is_not_consistent():
    there = np.full((30, 30, 2), 8, np.float32)
    assert not consistent(there, -there)[:, -8:].any()
    assert consistent(there, -there)[:20, :20].all()


def test_resizing_scales_the_displacements():
    grown = resize_flow(np.ones((10, 20, 2), np.float32), (40, 30))
    assert grown.shape == (30, 40, 2)
    assert np.allclose(grown, [2, 3])


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (23, 11)])
def test_tiny_frames_have_a_flow(size):
    frame = np.zeros((*size, 3), np.uint8)
    assert flow(frame, frame).shape == (*size, 2)


def test_the_same_frames_give_the_same_flow():
    a = texture()
    assert np.array_equal(flow(a, moved(a, 2, 1)), flow(a, moved(a, 2, 1)))


def test_sizes_must_agree():
    a = texture()
    with pytest.raises(InputError, match="resize the second frame to 128x96"):
        flow(a, a[:50])
    with pytest.raises(InputError):
        warp(a, np.zeros((5, 5, 2), np.float32))
    with pytest.raises(InputError):
        consistent(np.zeros((5, 5, 2), np.float32), np.zeros((6, 5, 2), np.float32))
