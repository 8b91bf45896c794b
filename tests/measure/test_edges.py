import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.edges import TILE_PX, edge_quality


def disk(radius=70, size=224, centre=(110.3, 108.7), fine=8):
    """Each pixel the share of it that the disk covers."""
    y, x = (np.mgrid[: size * fine, : size * fine] + 0.5) / fine
    inside = (np.hypot(x - centre[0], y - centre[1]) < radius).astype(np.float32)
    return cv2.resize(inside, (size, size), interpolation=cv2.INTER_AREA)


def enlarged(alpha, interpolation, times=4):
    """As a mask of a quarter of the size is brought to full size."""
    side = alpha.shape[0] // times
    small = cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA)
    mask = (small >= 0.5).astype(np.float32)
    return cv2.resize(mask, alpha.shape[::-1], interpolation=interpolation)


def guided(mask, guide, radius=12, epsilon=1e-4):
    """The guided filter of He, Sun and Tang, in one line each."""

    def mean(values):
        return cv2.blur(values, (2 * radius + 1, 2 * radius + 1))

    slope = (mean(guide * mask) - mean(guide) * mean(mask)) / (
        mean(guide * guide) - mean(guide) ** 2 + epsilon
    )
    offset = mean(mask) - slope * mean(guide)
    return np.clip(mean(slope) * guide + mean(offset), 0, 1).astype(np.float32)


def test_what_a_camera_draws_is_neither_jagged_nor_stepped_nor_washed_out():
    found = edge_quality(disk())
    assert found.aliasing < 0.02
    assert found.stair_px < 0.1
    assert 1.0 < found.width_px < 1.4
    assert found.outline_px == pytest.approx(2 * np.pi * 70, rel=0.02)


def test_blocks_are_bad_bilinear_is_between_and_guided_is_good():
    true = disk()
    grain = np.random.default_rng(0).normal(0, 0.01, true.shape)
    guide = (0.2 + 0.5 * true + grain).astype(np.float32)
    blocks = edge_quality(enlarged(true, cv2.INTER_NEAREST))
    bilinear = edge_quality(enlarged(true, cv2.INTER_LINEAR))
    better = edge_quality(guided(enlarged(true, cv2.INTER_LINEAR), guide))
    good = edge_quality(true)
    assert blocks.aliasing > 0.98
    assert max(bilinear.aliasing, better.aliasing) < 0.1
    assert 2 * good.stair_px < bilinear.stair_px
    assert good.stair_px < better.stair_px < 0.3 * bilinear.stair_px
    assert bilinear.stair_px < 0.9 * blocks.stair_px
    assert blocks.stair_px > 8 * good.stair_px
    assert good.width_px < better.width_px < 0.6 * bilinear.width_px


def test_a_thresholded_edge_is_jagged_but_its_stairs_are_low():
    hard = edge_quality((disk() >= 0.5).astype(np.float32))
    assert hard.aliasing > 0.98
    assert 0.2 < hard.stair_px < 0.4


def test_blocks_of_a_soft_matte_are_jagged_too():
    true = disk()
    small = cv2.resize(true, (56, 56), interpolation=cv2.INTER_AREA)
    found = edge_quality(cv2.resize(small, (224, 224), interpolation=cv2.INTER_NEAREST))
    assert found.aliasing > 0.98
    assert found.stair_px > 0.5


def test_a_blurred_edge_is_wide_and_nothing_else():
    found = edge_quality(cv2.GaussianBlur(disk(), (0, 0), 3))
    assert found.aliasing == 0
    assert found.stair_px < 0.05
    assert found.width_px == pytest.approx(3 * np.sqrt(2 * np.pi), rel=0.1)


def test_an_edge_between_two_pixels_is_no_aliasing():
    alpha = np.zeros((120, 120), np.float32)
    alpha[:, 60:] = 1
    found = edge_quality(alpha)
    assert found.aliasing is None
    assert found.stair_px < 0.01
    assert found.width_px == 1


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_where_nobody_ends_nothing_is_measured(value):
    found = edge_quality(np.full((50, 60), value, np.float32))
    assert (found.aliasing, found.stair_px, found.width_px, found.outline_px) == (None,) * 3 + (0,)


def test_turned_and_mirrored_it_is_as_good():
    alpha = enlarged(disk(), cv2.INTER_LINEAR)
    one = edge_quality(alpha)
    for turned in (alpha.T, alpha[::-1], alpha[:, ::-1]):
        other = edge_quality(np.ascontiguousarray(turned))
        assert other.stair_px == pytest.approx(one.stair_px, rel=0.1)
        assert other.outline_px == pytest.approx(one.outline_px, rel=0.02)


def test_a_large_picture_is_looked_at_in_tiles():
    alpha = np.zeros((TILE_PX * 2, TILE_PX * 4), np.float32)
    for left in range(0, alpha.shape[1], TILE_PX):
        alpha[16:240, left + 16 : left + 240] = disk()
        alpha[TILE_PX + 16 : TILE_PX + 240, left + 16 : left + 240] = disk()
    whole, some = edge_quality(alpha), edge_quality(alpha, most_tiles=3)
    assert whole.outline_px == pytest.approx(8 / 3 * some.outline_px)
    assert some.stair_px == pytest.approx(whole.stair_px, rel=0.02)
    shifted = edge_quality(np.roll(alpha, (100, 130), (0, 1)))  # disks over the borders of tiles
    assert shifted.outline_px == pytest.approx(whole.outline_px, rel=0.02)
    assert shifted.stair_px == pytest.approx(whole.stair_px, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_figures_stay_in_their_range_whatever_comes(seed, height, width):
    alpha = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    found = edge_quality(alpha)
    assert found.aliasing is None or 0 <= found.aliasing <= 1
    assert found.stair_px is None or found.stair_px >= 0
    assert found.outline_px >= 0


def test_what_is_no_alpha_is_refused():
    with pytest.raises(InputError, match="wanted float32") as caught:
        edge_quality(np.zeros((20, 20), np.uint8))
    assert caught.value.fix == "alpha = alpha.astype(np.float32) / 255"
