from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest

from multiplane.media.background import Background


def test_order_and_end() -> None:
    assert list(Background(range(50), 3, "count")) == list(range(50))


def test_an_error_arrives_at_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("two")

    stream = Background(broken(), 4, "broken")
    assert next(stream) == 1
    with pytest.raises(ValueError, match="two"):
        next(stream)
    with pytest.raises(StopIteration):
        next(stream)


def test_at_most_a_few_ahead() -> None:
    made: list[int] = []

    def count() -> Iterator[int]:
        for index in range(100):
            made.append(index)
            yield index

    stream = Background(count(), 3, "count")
    next(stream)
    time.sleep(0.2)
    assert len(made) <= 1 + 3 + 1
    stream.close()
    assert list(stream) == []


@pytest.mark.parametrize("how", ["close", "drop"])
def test_the_thread_ends_and_cleans_up(how: str) -> None:
    cleaned = threading.Event()

    def endless() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            cleaned.set()

    stream = Background(endless(), 2, "endless")
    next(stream)
    if how == "close":
        stream.close()
    else:
        del stream
        gc.collect()
    assert cleaned.wait(2)
