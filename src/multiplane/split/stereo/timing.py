"""Seconds by part of the work, also where parts run on several threads."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Timings:
    """Sums up what each part took.

    Attributes:
        seconds: Name of the part → seconds. Parts on two threads at once both count in full.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count the time until the block ends.

        Args:
            part: What the time goes to.
        """
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(part, time.perf_counter() - started)

    def through(self, part: str, units: Iterable[T]) -> Iterator[T]:
        """Pass units through and count what it takes to make them, not what becomes of them.

        Args:
            part: What the time goes to.
            units: Made as they are asked for.

        Yields:
            The units.
        """
        source = iter(units)
        while True:
            with self.of(part):
                unit = next(source, _END)
            if unit is _END:
                return
            yield unit  # type: ignore[misc]

    def add(self, part: str, seconds: float) -> None:
        """Count time that was taken elsewhere."""
        with self._lock:
            self.seconds[part] = self.seconds.get(part, 0.0) + seconds


_END = object()
