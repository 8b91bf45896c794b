from __future__ import annotations

import numpy as np

from multiplane.split.segment.backend import Part
from multiplane.split.segment.instances import Tracker

RNG = np.random.default_rng(8)
GROUND = RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8).repeat(4, axis=0).repeat(4, axis=1)


def at(*places: tuple[int, int], side: int = 24) -> np.ndarray:
    mask = np.zeros(GROUND.shape[:2], bool)
    for x, y in places:
        mask[y : y + side, x : x + side] = True
    return mask


def paint(mask: np.ndarray) -> np.ndarray:
    return np.where(mask[..., None], (250, 40, 40), GROUND).astype(np.uint8)


def add(tracker: Tracker, mask: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    belief = np.where(mask, 0.8, -0.8).astype(np.float32)
    return {one.track_id: one.box for one in tracker.add(paint(mask), mask, belief)}


def test_numbers_stay_with_their_objects() -> None:
    tracker = Tracker(50)
    for step in range(8):
        boxes = add(tracker, at((10 + 5 * step, 20), (120 - 5 * step, 80)))
        assert boxes[1][:2] in {(10 + 5 * step, 20), (120 - 5 * step, 80)}
        assert len(boxes) == 2
    first = boxes[1]
    assert first[0] == 45 if first[1] == 20 else first[0] == 85
    table = tracker.table()
    assert [row["frames"] for row in table] == [8, 8]
    assert table[0]["score"] == 0.9


def test_an_object_out_of_sight_for_a_moment_is_the_same() -> None:
    tracker = Tracker(50)
    assert set(add(tracker, at((40, 40)))) == {1}
    for _ in range(3):
        assert not add(tracker, at())
    assert set(add(tracker, at((42, 40)))) == {1}
    for _ in range(9):
        add(tracker, at())
    assert set(add(tracker, at((42, 40)))) == {2}


def test_objects_long_gone_keep_their_row_and_no_picture() -> None:
    rng = np.random.default_rng(3)
    tracker = Tracker(1)
    for _ in range(40):
        mask = np.zeros((60, 80), bool)
        y, x = rng.integers(0, 50), rng.integers(0, 70)
        mask[y : y + 5, x : x + 5] = True
        tracker.add(np.zeros((60, 80, 3), np.uint8), mask, np.ones((60, 80), np.float32))
    table = tracker.table()
    assert [row["track_id"] for row in table] == list(range(1, len(table) + 1))
    assert len(table) > 20
    assert sum(track.mask.size > 0 for track in tracker._tracks) <= 10


def test_too_small_and_too_large_are_left_out() -> None:
    tracker = Tracker(min_px=100, max_px=1000)
    mask = at((10, 10)) | at((60, 60), side=6) | at((100, 10), side=50)
    (one,) = tracker.add(paint(mask), mask, mask.astype(np.float32))
    assert one.box == (10, 10, 34, 34)
    assert one.area_px == 576


def test_nobody() -> None:
    tracker = Tracker(1)
    assert not add(tracker, at())
    assert tracker.table() == []


def test_given_parts_are_numbered_by_overlap_and_may_lie_in_each_other() -> None:
    tracker = Tracker(50)
    for step in range(4):
        whole = at((20 + 4 * step, 20), side=48)
        head = at((30 + 4 * step, 22), side=12)
        found = tracker.take(paint(whole), [Part(head, 0.6), Part(whole, 0.9)])
        assert [one.track_id for one in found] == [1, 2]
        assert np.array_equal(found[0].mask, whole)
        assert np.array_equal(found[1].mask, head)
        assert found[1].score == 0.6
        assert found[1].box == (30 + 4 * step, 22, 42 + 4 * step, 34)


def test_numbers_that_were_given_are_kept_when_an_object_comes_back() -> None:
    tracker = Tracker(50)
    empty = np.zeros(GROUND.shape[:2], bool)
    seen = [Part(at((20, 20)), 0.9, 7), Part(at((90, 60)), 0.8, 3)]
    assert [one.track_id for one in tracker.take(paint(empty), seen)] == [3, 7]
    for _ in range(30):
        assert tracker.take(paint(empty), [Part(empty, 0.0, 7)]) == []
    (back,) = tracker.take(paint(empty), [Part(at((120, 20)), 0.5, 7)])
    assert back.track_id == 7
    rows = {row["track_id"]: row for row in tracker.table()}
    assert list(rows) == [3, 7]
    assert (rows[7]["first"], rows[7]["last"], rows[7]["frames"]) == (0, 31, 2)
    assert rows[7]["score"] == 0.7


def test_given_parts_of_another_size_are_left_out() -> None:
    tracker = Tracker(min_px=100, max_px=1000)
    parts = [Part(at((10, 10), side=side), 0.9, number) for number, side in enumerate((6, 24, 50))]
    assert [one.track_id for one in tracker.take(paint(at()), parts)] == [1]
