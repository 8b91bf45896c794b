from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backend import Filled, Gap
from multiplane.restore.inpaint.crops import (
    APART_PX,
    Box,
    bounds,
    crops_of,
    cut_crops,
    fill_gaps,
    fill_holes,
)


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


class Together(Counter):
    """Fills crops with the number of the batch they came in."""

    step_px = 32
    context_share = 0.5
    at_once = 4

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[str] = []
        self.batches = 0

    def fill_many(self, gaps: list[Gap]) -> list[Filled]:
        self.batches += 1
        done = []
        for gap in gaps:
            self.sizes.append(gap.hole.shape)
            filled = gap.frame.copy()
            filled[gap.hole] = self.batches
            done.append(Filled(filled, "together"))
        return done


def test_crops_of_several_pictures_go_through_together() -> None:
    rng = np.random.default_rng(0)
    gaps = []
    for shape in [(130, 500), (130, 500), (20, 50)]:
        hole = np.zeros(shape, np.bool_)
        hole[8:14, 20:30] = hole[8:14, -30:-25] = True
        gaps.append(Gap(rng.integers(9, 256, (*shape, 3), dtype=np.uint8), hole, ~hole))
    inpainter = Together()
    done = fill_gaps(gaps, inpainter, 16)
    assert inpainter.batches == 1
    assert [len(inventions) for _, inventions in done] == [2, 2, 1]
    assert inpainter.sizes == [(32, 64), (32, 64)] * 2 + [(20, 50)]
    for gap, (filled, inventions) in zip(gaps, done, strict=True):
        assert (filled[gap.hole] == 1).all()
        assert np.array_equal(filled[~gap.hole], gap.frame[~gap.hole])
        assert sum(invention.area_px for invention in inventions) == gap.hole.sum()
        assert inventions[0].by == "together"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 120)] * 2, *[st.integers(1, 60)] * 2), max_size=5))
def test_widened_crops_fill_just_the_hole(boxes: list[tuple[int, int, int, int]]) -> None:
    hole = np.zeros((130, 150), np.bool_)
    for y, x, height, width in boxes:
        hole[y : y + height, x : x + width] = True
    if hole.all():
        return
    inpainter = Together()
    filled, done = fill_holes(np.zeros((130, 150, 3), np.uint8), hole, ~hole, inpainter, 16)
    assert np.array_equal(filled.any(axis=2), hole)
    for height, width in inpainter.sizes:
        assert height % 32 == 0 or height == 130
        assert width % 32 == 0 or width == 150
    assert sum(invention.area_px for invention in done) == hole.sum()


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


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(16, 40), st.sampled_from([0.25, 0.5]), st.booleans())
def test_crops_of_known_surroundings_hold_every_hole_once(
    seed: int, context_px: int, share: float, together: bool
) -> None:
    rng = np.random.default_rng(seed)
    hole = rng.random((60, 90)) < 0.003
    known = rng.random(hole.shape) < 0.01
    crops = crops_of(hole, known & ~hole, context_px, share, 8, together)
    counted = np.zeros(hole.shape, np.int64)
    for crop in crops:
        counted[crop.box.slices] += crop.hole
        assert known[crop.box.slices].any() or crop.box == (0, 0, 90, 60)
        for side, most in zip(crop.hole.shape, hole.shape, strict=True):
            assert side % 8 == 0 or side == most
    assert np.array_equal(counted, hole)
    assert len(crops) <= 1 or not together
