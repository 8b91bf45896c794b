import cv2
import numpy as np
import pytest

from multiplane.motion.camera import still_path
from multiplane.restore.plate.canvas import canvas_round
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.mosaic import LOOSE, SURE, best_views, lay_together, masked_median
from multiplane.restore.plate.shot import Shot


@pytest.fixture(scope="module")
def ground():
    noise = np.random.default_rng(6).normal(size=(80, 100, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def lay(frames, masks, grow_px=2, margin_px=2):
    shot = Shot(frames, masks, None, still_path(len(frames)), grow_px, margin_px)
    canvas = canvas_round([(np.eye(3), (0, 0, 100, 80))], (100, 80), 0, 1_000_000)
    return lay_together(shot, list(range(len(frames))), canvas, PlateOptions(threads=1))


def test_median_looks_only_at_what_is_valid():
    stack = np.array([10, 20, 30, 200], np.uint8).reshape(4, 1, 1, 1).repeat(3, axis=3)
    valid = np.array([True, True, True, False]).reshape(4, 1, 1)
    np.testing.assert_array_equal(masked_median(stack, valid), 20)
    valid[2] = False
    np.testing.assert_array_equal(masked_median(stack, valid), 15)


def test_views_from_beside_a_mask_count_only_where_there_is_no_better():
    trust = np.array([[SURE, LOOSE, LOOSE, 0], [LOOSE, LOOSE, 0, 0]], np.uint8)[:, None]
    expected = np.array([[1, 1, 1, 0], [0, 1, 0, 0]], bool)[:, None]
    np.testing.assert_array_equal(best_views(trust), expected)


def test_shows_the_ground_that_each_hid_elsewhere(ground):
    frames, masks = [], []
    for x in (10, 40, 70):
        frame, mask = ground.copy(), np.zeros((80, 100), bool)
        frame[30:50, x : x + 15], mask[30:50, x : x + 15] = 255, True
        frames.append(frame)
        masks.append(mask)
    mosaic = lay(frames, masks)
    assert mosaic.seen.all()
    np.testing.assert_allclose(mosaic.picture, ground, atol=0.01)


def test_a_leftover_that_one_source_forgot_to_mask_loses(ground):
    none = np.zeros((80, 100), bool)
    dirty = ground.copy()
    dirty[30:50, 40:55] = 255
    mosaic = lay([dirty, ground, ground, ground], [none] * 4)
    assert np.abs(mosaic.picture - ground)[30:50, 40:55].max() < 8
    assert mosaic.shares[0, 30:50, 40:55].max() == 0


def test_what_all_hide_is_not_seen(ground):
    mask = np.zeros((80, 100), bool)
    mask[30:50, 40:60] = True
    mosaic = lay([ground, ground], [mask, mask])
    assert not mosaic.seen[30:50, 40:60].any()
    assert mosaic.seen[:20].all()


def block(x0, x1):
    mask = np.zeros((80, 100), bool)
    mask[30:50, x0:x1] = True
    return mask


def test_what_is_seen_only_right_beside_masks_is_taken_from_there(ground):
    masks = [block(20, 50), block(60, 90)]  # nobody is 12 px away from both between them
    mosaic = lay([np.where(m[..., None], 255, ground).astype(np.uint8) for m in masks], masks, 4, 8)
    assert mosaic.seen.all()
    np.testing.assert_allclose(mosaic.picture, ground, atol=1)


def test_what_is_seen_from_far_is_not_taken_from_beside_a_mask(ground):
    masks = [block(20, 50), block(0, 0)]
    dirty = ground.copy()
    dirty[masks[0]] = 255
    dirty[30:50, 50:62] = 250  # missed by the mask
    mosaic = lay([dirty, ground], masks, 4, 8)
    assert mosaic.shares[0, 28:52, 48:61].max() == 0


def test_what_a_mask_missed_is_not_seen_rather_than_shown(ground):
    masks = [block(20, 50), block(60, 90)]
    dirty = np.where(masks[0][..., None], (255, 30, 200), ground).astype(np.uint8)
    dirty[34:46, 50:60] = (255, 30, 200)
    mosaic = lay([dirty, np.where(masks[1][..., None], 0, ground).astype(np.uint8)], masks, 4, 8)
    assert mosaic.shares[0, 34:46, 50:60].max() < 128  # half and less counts as unseen


def test_neighbours_take_from_the_same_source_though_noise_says_otherwise():
    rng = np.random.default_rng(1)
    frames = [rng.normal(120, 6, (80, 100, 3)).astype(np.uint8) for _ in range(4)]
    label = lay(frames, [block(0, 0)] * 4).shares.argmax(axis=0)
    edges = (label[:, 1:] != label[:, :-1]).mean() + (label[1:] != label[:-1]).mean()
    assert edges < 0.035
