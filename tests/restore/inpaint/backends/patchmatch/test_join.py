from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.join import REACH_PX, join


def test_one_piece_that_fits_is_copied_as_it_is() -> None:
    tile = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    world = np.tile(tile, (3, 4, 1))
    hole = np.zeros((96, 128), np.bool_)
    hole[40:64, 40:64] = True
    sources = np.flatnonzero(hole) - 32 * 128
    means = world[hole].astype(np.float32)
    joined = join(world, hole, ~hole, sources, means)
    assert np.abs(joined - world[hole]).max() < 0.5


def test_a_hole_over_everything_but_a_corner_can_be_joined() -> None:
    frame = np.full((20, 20, 3), 100, np.uint8)
    hole = np.ones((20, 20), np.bool_)
    hole[:8, :8] = False
    sources = np.zeros(np.count_nonzero(hole), np.int64)
    means = np.full((len(sources), 3), 100, np.float32)
    assert np.allclose(join(frame, hole, ~hole, sources, means), 100, atol=0.5)


def test_differences_to_what_is_not_allowed_are_not_copied() -> None:
    frame = np.full((24, 48, 3), 100, np.uint8)
    frame[:, :8] = (255, 0, 255)
    hole = np.zeros((24, 48), np.bool_)
    hole[8:16, 24:32] = True
    allowed = ~hole
    allowed[:, :8] = False
    sources = np.flatnonzero(hole) - 16  # from columns 8 to 15, next to what is not allowed
    means = np.full((64, 3), 100, np.float32)
    assert np.abs(join(frame, hole, allowed, sources, means) - 100).max() < 0.5
    assert np.abs(join(frame, hole, ~hole, sources, means) - 100).max() > 10


@pytest.fixture
def two_lights() -> tuple[Frame, Mask, NDArray[np.int64]]:
    """Sand, dark in the upper third, bright below; the left half of the hole takes from above."""
    rng = np.random.default_rng(1)
    light = np.full((96, 128, 1), 140.0)
    light[:32] = 60.0
    sand = np.clip(light + rng.normal(0, 5, (96, 128, 3)), 0, 255).astype(np.uint8)
    hole = np.zeros((96, 128), np.bool_)
    hole[36:64, 32:96] = True
    left = np.nonzero(hole)[1] < 64
    sources = np.flatnonzero(hole) + np.where(left, -34, 30) * 128
    return sand, hole, sources


def test_pieces_of_different_light_meet_without_an_edge(
    two_lights: tuple[Frame, Mask, NDArray[np.int64]],
) -> None:
    frame, hole, sources = two_lights
    means = frame.reshape(-1, 3)[sources].astype(np.float32)
    picture = frame.astype(np.float32)
    picture[hole] = join(frame, hole, ~hole, sources, means)
    columns = picture[40:60].mean(axis=(0, 2))
    copied = frame.astype(np.float32)
    copied[hole] = means
    assert abs(np.diff(copied[40:60].mean(axis=(0, 2)))[63]) > 70
    assert np.abs(np.diff(columns)).max() < 80 / REACH_PX


def test_texture_is_kept_where_pieces_meet(
    two_lights: tuple[Frame, Mask, NDArray[np.int64]],
) -> None:
    frame, hole, sources = two_lights
    means = frame.reshape(-1, 3)[sources].astype(np.float32)
    picture = frame.astype(np.float32)
    picture[hole] = join(frame, hole, ~hole, sources, means)
    change = np.abs(np.diff(picture, axis=0)).mean(axis=2)
    assert change[38:62, 60:68].mean() > 0.9 * change[:30].mean()
