"""How far something has come, told to whoever wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Called with how many units are done of how many; raising from it cancels the work."""

    def __call__(self, done: int, total: int | None) -> None:
        """Take note; ``total`` is None while nobody knows it."""


def silent(done: int, total: int | None) -> None:
    """Tell nobody."""


def track(units: Iterable[T], total: int | None, progress: Progress) -> Iterator[T]:
    """Pass units through and report each one once the consumer asks for the next."""
    progress(0, total)
    for done, unit in enumerate(units, start=1):
        yield unit
        progress(done, total)
