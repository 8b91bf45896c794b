from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.pyramid import build_pyramid
from multiplane.restore.inpaint.backends.patchmatch.search import Field
from multiplane.restore.inpaint.backends.patchmatch.vote import average, copy, sharpest


def shifted(frame: Frame, hole: Mask, by: int) -> Field:
    """Every patch matched with the one ``by`` columns to its left."""
    level = build_pyramid(frame, hole, ~hole)[0].level(locality=0.0)
    return Field(level, level.targets - by)


def test_agreeing_patches_give_exactly_what_they_show(bricks: Frame, blob: Mask) -> None:
    field = shifted(bricks, blob, 40)
    whole = field.level.picture.copy()
    average(field)
    y, x = np.nonzero(field.level.hole)
    assert np.abs(field.level.picture[y, x] - whole[y, x - 40]).max() < 1e-3


def test_copies_are_not_mixed(bricks: Frame, blob: Mask) -> None:
    field = shifted(bricks, blob, 40)
    near = np.arange(len(field.matches)) % 3 == 0
    field.matches[near] = field.level.targets[near] - 37
    field.distances[near] = 0.5
    shown = field.level.picture.reshape(-1, field.level.picture.shape[2])[sharpest(field)]
    copy(field)
    assert np.array_equal(field.level.picture[field.level.hole], shown)


def test_the_sharpest_is_a_copy(bricks: Frame, blob: Mask) -> None:
    field = shifted(bricks, blob, 40)
    places = np.flatnonzero(field.level.hole.ravel())
    assert np.array_equal(sharpest(field), places - 40)


def test_the_nearest_match_decides(bricks: Frame, blob: Mask) -> None:
    field = shifted(bricks, blob, 40)
    best = len(field.matches) // 2
    field.distances[best] = 0.1
    field.matches[best] = field.level.targets[best] - 20
    moved = np.flatnonzero(field.level.hole.ravel()) - sharpest(field)
    assert np.count_nonzero(moved == 20) == 49
