from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from multiplane.core.instances import box_of, decode_rle
from multiplane.split.segment.instances import Tracker

BACK = cv2.resize(
    np.random.default_rng(1).integers(0, 90, (15, 20, 3), dtype=np.uint8), (160, 120)
)  # fmt: skip
SKIN = np.random.default_rng(2).integers(120, 256, (120, 160, 3), dtype=np.uint8)


def shown(*places: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A frame with discs (x, y, radius) on it, their mask and a belief."""
    frame, mask = BACK.copy(), np.zeros((120, 160), np.uint8)
    for x, y, radius in places:
        disc = np.zeros((120, 160), np.uint8)
        cv2.circle(disc, (x, y), radius, 1, -1)
        skin = np.roll(SKIN, (y, x), axis=(0, 1))
        frame[disc > 0] = skin[disc > 0]
        mask |= disc
    return frame, mask > 0, np.where(mask > 0, 0.6, -0.6).astype(np.float32)


def numbers(tracker: Tracker, *places: tuple[int, int, int]) -> dict[int, int]:
    """The number of the instance that covers the middle of each disc; by its x."""
    found = tracker.add(*shown(*places))
    return {
        x: next((i.track_id for i in found if i.mask[y, x]), 0) for x, y, _ in places
    }  # fmt: skip


def test_each_keeps_its_number_while_it_walks() -> None:
    tracker = Tracker(50)
    for step in range(8):
        left, right = 30 + 4 * step, 120 - 3 * step
        found = numbers(tracker, (left, 30, 12), (right, 85, 16))
        assert found == {left: 2, right: 1}
    rows = tracker.table()
    assert [row["track_id"] for row in rows] == [1, 2]
    for row in rows:
        assert (row["first"], row["last"], row["frames"]) == (0, 7, 8)
        assert row["score"] == 0.8
    assert rows[0]["largest_px"] > rows[1]["largest_px"] > 400


def test_those_that_touch_and_part_again_get_their_numbers_back() -> None:
    tracker = Tracker(50)
    apart = [(40 + 5 * step, 100 - 5 * step) for step in range(5)]
    for left, right in apart[:-1]:
        assert numbers(tracker, (left, 60, 16), (right, 60, 11)) == {left: 1, right: 2}
    left, right = apart[-1]
    assert set(numbers(tracker, (left, 60, 16), (right, 60, 11)).values()) == {1}
    for left, right in reversed(apart[:-1]):
        assert numbers(tracker, (left, 60, 16), (right, 60, 11)) == {left: 1, right: 2}


@pytest.mark.parametrize(("away", "number"), [(3, 1), (12, 2)])
def test_who_was_away_for_a_moment_is_the_same(away: int, number: int) -> None:
    tracker = Tracker(50)
    assert numbers(tracker, (60, 60, 15)) == {60: 1}
    for _ in range(away):
        assert tracker.add(*shown()) == []
    assert numbers(tracker, (60, 60, 15)) == {60: number}
    assert tracker.table()[0]["last"] == (0 if number == 2 else away + 1)


def test_who_comes_later_gets_a_new_number() -> None:
    tracker = Tracker(50)
    numbers(tracker, (40, 60, 15))
    assert numbers(tracker, (40, 60, 15), (120, 60, 20)) == {40: 1, 120: 2}
    assert tracker.table()[1]["first"] == 1


def test_too_small_and_too_large_are_left_out() -> None:
    places = (20, 20, 4), (60, 60, 12), (120, 60, 30)
    for least, most, kept in ((0, 0, 3), (200, 0, 2), (0, 600, 2), (200, 600, 1), (5000, 0, 0)):
        found = Tracker(least, most).add(*shown(*places))
        assert len(found) == kept
        assert all(least <= one.area_px <= (most or 10**9) for one in found)


def test_frames_larger_than_what_is_matched_keep_their_size() -> None:
    tracker = Tracker(50)
    for step in range(3):
        frame, mask, belief = (
            cv2.resize(part.astype(np.float32), (640, 480), interpolation=cv2.INTER_NEAREST)
            for part in shown((50 + 3 * step, 60, 14))
        )
        (one,) = tracker.add(frame.astype(np.uint8), mask > 0, belief)
        assert one.track_id == 1
        assert one.mask.shape == (480, 640)
        assert np.array_equal(one.mask, mask > 0)


@settings(max_examples=25, deadline=None)
@given(
    masks=st.lists(arrays.arrays(np.bool_, (12, 16)), min_size=1, max_size=4),
    least=st.integers(0, 8), most=st.integers(0, 40),
)  # fmt: skip
def test_instances_are_apart_and_add_up_to_what_is_kept(masks, least: int, most: int) -> None:
    tracker = Tracker(least, most)
    frame = np.ascontiguousarray(SKIN[:48, :64])
    seen: set[int] = set()
    for small in masks:
        mask = np.kron(small, np.ones((4, 4), bool))
        belief = np.where(mask, 0.5, -0.5).astype(np.float32)
        found = tracker.add(frame, mask, belief)
        total = np.zeros(mask.shape, int)
        for one in found:
            total += one.mask
            assert one.box == box_of(one.mask)
            assert 0 <= one.score <= 1
            assert least <= one.area_px <= (most or mask.size)
            assert np.array_equal(decode_rle(one.to_json()["rle"]), one.mask)
        assert total.max(initial=0) <= 1
        assert not (total[~mask] > 0).any()
        if not most and not least:
            assert np.array_equal(total > 0, mask)
        ids = [one.track_id for one in found]
        assert ids == sorted(set(ids))
        seen |= set(ids)
    assert {row["track_id"] for row in tracker.table()} == seen == set(range(1, len(seen) + 1))
