from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.threads import cpu_count, map_ordered


@given(st.lists(st.integers()), st.integers(1, 4), st.integers(0, 3))
def test_same_as_map(items: list[int], workers: int, ahead: int) -> None:
    assert list(map_ordered(lambda x: x * 2, items, workers, ahead)) == [x * 2 for x in items]


def test_takes_no_more_than_its_places() -> None:
    taken = 0

    def count() -> Iterator[int]:
        nonlocal taken
        for i in range(100):
            taken += 1
            yield i

    stream = map_ordered(lambda x: x, count(), workers=2, ahead=1)
    assert next(stream) == 0
    assert taken == 3
    stream.close()  # type: ignore[attr-defined]


def test_an_error_comes_at_its_place() -> None:
    def half(x: int) -> float:
        return 1 / x

    stream = map_ordered(half, [1, 2, 0, 4], workers=2)
    assert [next(stream), next(stream)] == [1, 0.5]
    with pytest.raises(ZeroDivisionError):
        next(stream)
    assert threading.active_count() < 20


def test_counts_processors() -> None:
    assert cpu_count() >= 1
