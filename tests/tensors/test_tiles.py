from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.tensors.tiles import Blend, Tile, fade, lay_tiles, touching

SIZES = st.tuples(st.integers(1, 90), st.integers(1, 90))
SIDES, OVERLAPS, UNITS = st.integers(6, 80), st.integers(0, 90), st.sampled_from([4, 8, 32])


@settings(deadline=None, max_examples=40)
@given(SIZES, SIDES, OVERLAPS, UNITS)
def test_tiles_cover_everything_at_whole_units(size, side, overlap, unit) -> None:
    tiles = lay_tiles(size, side, overlap, unit)
    covered = np.zeros(size, int)
    for tile in tiles:
        covered[tile.part] += 1
        assert tile.top % unit == tile.left % unit == 0
        assert tile.bottom % unit == 0 or tile.bottom == size[0]
        assert tile.right % unit == 0 or tile.right == size[1]
    assert covered.min() >= 1
    assert len(set(tiles)) == len(tiles)


@settings(deadline=None, max_examples=40)
@given(SIZES, SIDES, OVERLAPS, UNITS)
def test_filled_up_all_tiles_have_one_size_and_no_more_than_was_asked_for(
    size, side, overlap, unit
) -> None:
    def up(length: int) -> int:
        return -(-length // unit) * unit

    tiles = lay_tiles(size, side, overlap, unit)
    shapes = {(up(t.bottom - t.top), up(t.right - t.left)) for t in tiles}
    assert len(shapes) == 1
    assert max(shapes.pop()) <= max(side, unit)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 400), st.integers(2, 8), st.integers(0, 7), st.sampled_from([1, 8]))
def test_neighbours_overlap_by_what_was_asked_for(length, side, overlap, unit) -> None:
    overlap = min(overlap, side - 1)
    tiles = lay_tiles((1, length), side * unit, overlap * unit, unit)
    for first, second in pairwise(tiles):
        assert first.right - second.left >= overlap * unit


@settings(deadline=None, max_examples=40)
@given(SIZES, SIDES, OVERLAPS, UNITS, st.integers(0, 2**16))
def test_weights_sum_to_one(size, side, overlap, unit, seed) -> None:
    picture = np.random.default_rng(seed).random(size, np.float32)
    blend = Blend(size, overlap)
    for tile in lay_tiles(size, side, overlap, unit):
        blend.add(tile, picture[tile.part])
    assert np.abs(blend.picture() - picture).max() < 1e-4


@settings(deadline=None, max_examples=40)
@given(SIZES, SIDES, OVERLAPS, UNITS, st.integers(0, 2**16))
def test_leaving_out_what_is_not_wanted_changes_nothing_that_is(
    size, side, overlap, unit, seed
) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.random(size) > 0.99
    tiles = lay_tiles(size, side, overlap, unit)
    all_of_them, few = Blend(size, overlap), Blend(size, overlap)
    values = {tile: rng.random((tile.bottom - tile.top, tile.right - tile.left), np.float32)
              for tile in tiles}  # fmt: skip
    for tile in tiles:
        all_of_them.add(tile, values[tile])
    for tile in touching(tiles, wanted):
        few.add(tile, values[tile])
    assert np.array_equal(few.picture()[wanted], all_of_them.picture()[wanted])


def test_a_tile_fades_into_its_neighbour_and_not_at_the_border() -> None:
    first, second = (fade(t.left, t.right, 24, 8) for t in lay_tiles((1, 24), 16, 8, 8))
    assert np.allclose(first, [1] * 10 + [0.875, 0.625, 0.375, 0.125, 0, 0], atol=1e-4)
    assert np.allclose(first[8:] + second[:8], 1, atol=1e-4)
    assert np.allclose(second[6:], 1)
    assert min(first.min(), second.min()) > 0


def test_two_tiles_that_disagree_meet_without_a_step() -> None:
    tiles = lay_tiles((1, 96), 64, 32, 32)
    blend = Blend((1, 96), 32)
    blend.add(tiles[0], np.zeros((1, 64), np.float32))
    blend.add(tiles[1], np.ones((1, 64), np.float32))
    row = blend.picture()[0]
    assert np.all(np.diff(row) >= 0)
    assert np.diff(row).max() < 1.01 / 16


def test_tiles_are_no_larger_than_they_need_be() -> None:
    tiles = lay_tiles((64, 1100), 1024, 128, 32)
    assert [(tile.left, tile.right) for tile in tiles] == [(0, 640), (480, 1100)]


def test_a_picture_no_larger_than_a_tile_is_one_tile() -> None:
    assert lay_tiles((20, 33), 512, 64, 32) == [Tile(0, 0, 20, 33)]


def test_what_no_tile_covers_is_zero() -> None:
    blend = Blend((4, 4), 0)
    blend.add(Tile(0, 0, 2, 2), np.ones((2, 2), np.float32))
    assert blend.picture().sum() == pytest.approx(4)
