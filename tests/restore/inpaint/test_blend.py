from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import grow
from multiplane.restore.inpaint.blend import match_light, mix, ramp


def test_a_darker_fill_is_lit_like_its_surroundings(bricks: Frame, blob: Mask) -> None:
    darker = (bricks.astype(np.int16) - 30).clip(0).astype(np.uint8)
    lit = match_light(darker, bricks, blob, np.ones_like(blob))
    assert abs(float((lit[blob] - bricks[blob]).mean())) < 2


def test_what_is_far_off_is_not_light(bricks: Frame, blob: Mask) -> None:
    black = np.zeros_like(bricks)
    white = np.full_like(bricks, 255)
    assert match_light(black, white, blob, np.ones_like(blob)).max() <= 48.001


def test_without_a_border_nothing_is_changed(bricks: Frame) -> None:
    everything = np.ones((96, 128), np.bool_)
    assert np.array_equal(match_light(bricks, bricks, everything, everything), bricks)


def test_the_ramp_stays_inside_and_never_covers_the_character(blob: Mask) -> None:
    hole = grow(blob, 8)
    share = ramp(hole, np.zeros_like(hole), blob, 4)
    assert (share[~hole] == 0).all()
    assert (share[blob] == 1).all()
    assert 0 < share[hole].min() < 0.5


def test_the_ramp_reaches_into_what_was_borrowed(blob: Mask) -> None:
    seen = grow(blob, 10) & ~blob
    share = ramp(blob, seen, blob, 4)
    assert (share[blob] == 1).all()
    assert 0 < share[seen].max() < 1
    assert (share[~(blob | seen)] == 0).all()


def test_no_feather_is_a_hard_edge(blob: Mask) -> None:
    assert np.array_equal(ramp(blob, ~blob, blob, 0), blob.astype(np.float32))


def test_a_mix_leaves_the_rest_bit_for_bit(bricks: Frame, blob: Mask) -> None:
    share = blob * np.float32(0.5)
    mixed = mix(bricks, np.zeros(bricks.shape, np.float32), share)
    assert np.array_equal(mixed[~blob], bricks[~blob])
    assert np.abs(mixed[blob].astype(int) - bricks[blob] / 2).max() <= 0.5
