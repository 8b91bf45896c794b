"""Producing on a thread, through a bounded queue, with errors arriving where they belong."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

_PATIENCE_S = 0.1
"""How long a full queue is waited on before looking whether anybody still wants its content."""


class _End:
    """The producer is through; with the error that stopped it, if one did."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


class Background(Generic[T]):
    """Runs an iterable on a thread and yields what it yields, at most ``ahead`` in advance.

    Dropping or closing it stops the thread at its next result; the iterable's own clean-up runs
    on that thread.
    """

    def __init__(self, units: Iterable[T], ahead: int, name: str) -> None:
        self._queue: queue.Queue[T | _End] = queue.Queue(maxsize=max(ahead, 1))
        self._wanted = threading.Event()
        self._wanted.set()
        self._thread = threading.Thread(
            target=_produce, args=(units, self._queue, self._wanted), name=name, daemon=True
        )
        self._thread.start()
        self._ended = False

    def __iter__(self) -> Iterator[T]:
        """Itself."""
        return self

    def __next__(self) -> T:
        """The next result; what the producer raised is raised here, at its place.

        Raises:
            StopIteration: The producer is through.
        """
        if self._ended:
            raise StopIteration
        unit = self._queue.get()
        if not isinstance(unit, _End):
            return unit
        self._ended = True
        self._thread.join()
        if unit.error is not None:
            raise unit.error
        raise StopIteration

    def close(self) -> None:
        """Stop the thread and wait for it."""
        self._ended = True
        self._wanted.clear()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __del__(self) -> None:
        """Let the thread go; it must not outlive the last one who could listen."""
        wanted = getattr(self, "_wanted", None)
        if wanted is not None:
            wanted.clear()


def _produce(units: Iterable[T], results: queue.Queue[T | _End], wanted: threading.Event) -> None:
    error: BaseException | None = None
    source = iter(units)
    try:
        for unit in source:
            if not _offer(unit, results, wanted):
                break
    except BaseException as raised:  # noqa: BLE001 - carried to the consuming thread
        error = raised
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()
    _offer(_End(error), results, wanted)


def _offer(unit: T | _End, results: queue.Queue[T | _End], wanted: threading.Event) -> bool:
    while wanted.is_set():
        try:
            results.put(unit, timeout=_PATIENCE_S)
        except queue.Full:
            continue
        return True
    return False
