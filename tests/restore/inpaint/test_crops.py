from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backend import Filled
from multiplane.restore.inpaint.crops import APART_PX, Box, bounds, cut_crops, fill_holes


class Counter:
    """Fills its n-th crop with the value n."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        assert not (sources & hole).any()
        self.sizes.append(hole.shape)
        filled = frame.copy()
        filled[hole] = len(self.sizes)
        return Filled(filled, "counter")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 300)] * 2, *[st.integers(1, 60)] * 2), max_size=8))
def test_every_pixel_has_exactly_one_crop(boxes: list[tuple[int, int, int, int]]) -> None:
    hole = np.zeros((300, 320), np.bool_)
    for y, x, height, width in boxes:
        hole[y : y + height, x : x + width] = True
    total = np.zeros(hole.shape, int)
    for crop in cut_crops(hole, 24):
        total[crop.box.slices] += crop.hole
        around = bounds(crop.hole)
        assert around is not None
        x, y = crop.box.x0, crop.box.y0
        mine = Box(around.x0 + x, around.y0 + y, around.x1 + x, around.y1 + y)
        near = mine.grown(APART_PX // 2, (300, 320)).slices
        assert np.array_equal(hole[near].sum(), crop.hole.sum()), "another hole is too near"
    assert np.array_equal(total, hole)


def test_holes_that_overlap_are_filled_in_one_go() -> None:
    hole = np.zeros((120, 160), np.bool_)
    hole[20:60, 20:70] = True
    hole[50:90, 60:110] = True
    filled, done = fill_holes(np.zeros((120, 160, 3), np.uint8), hole, ~hole, Counter(), 24)
    assert len(done) == 1
    assert (filled[hole] == 1).all()
    assert (filled[~hole] == 0).all()


def test_far_holes_have_crops_of_their_own() -> None:
    hole = np.zeros((400, 1200), np.bool_)
    hole[20:40, 20:40] = hole[20:40, 1100:1130] = True
    frame = np.zeros((400, 1200, 3), np.uint8)
    counter = Counter()
    filled, done = fill_holes(frame, hole, ~hole, counter, 32)
    assert [i.box for i in done] == [Box(20, 20, 40, 40), Box(1100, 20, 1130, 40)]
    assert [i.area_px for i in done] == [400, 600]
    assert set(np.unique(filled)) == {0, 1, 2}
    assert max(max(size) for size in counter.sizes) <= 30 + 64
    assert not frame.any(), "the input was modified"


def test_where_nothing_is_known_in_sight_the_whole_picture_is_looked_at() -> None:
    hole = np.zeros((200, 200), np.bool_)
    hole[100:104, 100:104] = True
    sources = np.zeros_like(hole)
    sources[:20] = True
    counter = Counter()
    fill_holes(np.zeros((200, 200, 3), np.uint8), hole, sources, counter, 16)
    assert counter.sizes == [(200, 200)]


def test_an_empty_hole_has_no_crops() -> None:
    assert cut_crops(np.zeros((9, 9), np.bool_), 16) == []
    assert bounds(np.zeros((9, 9), np.bool_)) is None
