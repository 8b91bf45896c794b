from __future__ import annotations

import threading

import pytest

from multiplane.split.stereo.timing import Timings


def test_parts_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr("multiplane.split.stereo.timing.time.perf_counter", lambda: next(now))
    timings = Timings()
    with timings.of("a"):
        pass
    assert list(timings.through("b", "xyz")) == ["x", "y", "z"]
    with pytest.raises(ValueError, match="gone"), timings.of("a"):
        raise ValueError("gone")
    assert timings.seconds == {"a": 2, "b": 4}  # three units, and finding that there is no more


def test_threads_count_together() -> None:
    timings = Timings()

    def add() -> None:
        for _ in range(500):
            timings.add("x", 1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert timings.seconds == {"x": 2000}
