from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from multiplane.media.clock import Clock


def clock() -> Clock:
    return Clock(Fraction(25), Fraction(1, 1000))


def run(stamps: list[int | None], of: Clock) -> list[int]:
    return [of.next(pts) for pts in stamps]


def test_rising_timestamps_are_left_alone() -> None:
    told = clock()
    assert run([0, 1, 40, 1000, 90_000], told) == [0, 1, 40, 1000, 90_000]
    assert told.notes == []


def test_missing_ones_follow_by_a_frame() -> None:
    assert run([None, None, None], clock()) == [0, 40, 80]
    assert run([7, None, 90], clock()) == [7, 47, 90]


def test_duplicates_and_small_steps_back_are_moved_by_the_least() -> None:
    told = clock()
    assert run([0, 40, 40, 39, 120], told) == [0, 40, 41, 42, 120]
    assert told.notes == [
        "timestamp 40 came after 40 and was moved behind it",
        "timestamp 39 came after 41 and was moved behind it",
    ]


def test_many_are_counted() -> None:
    told = clock()
    run([5] * 100, told)
    assert len(told.notes) == 4
    assert told.notes[-1] == "96 more timestamps did not rise and were moved"


def test_a_clock_that_begins_anew_goes_on_at_its_own_pace() -> None:
    told = clock()
    assert run([5000, 5040, 0, 55, 80], told) == [5000, 5040, 5080, 5135, 5160]
    assert told.notes == [
        "the clock of the source fell back from 5.04 s to 0 s; what follows goes on after it"
    ]


def test_before_zero() -> None:
    told = clock()
    assert run([-83, -43, 0], told) == [-83, -43, 0]
    assert told.delay == 83
    assert "begin 0.083 s later" in told.notes[0]


@given(st.lists(st.none() | st.integers(-(2**33), 2**33), max_size=30))
def test_whatever_comes_it_rises(stamps: list[int | None]) -> None:
    given_out = run(stamps, clock())
    assert len(given_out) == len(stamps)
    assert all(a < b for a, b in pairwise(given_out))
