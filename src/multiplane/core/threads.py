"""Work spread over threads with bounded queues, results in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def cpu_count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_ordered(
    function: Callable[[A], B], items: Iterable[A], workers: int = 0, ahead: int = 2
) -> Iterator[B]:
    """Apply a function on threads and yield the results in the order of the items.

    At most ``workers + ahead`` results exist at a time, so memory does not grow with the input.
    numpy, OpenCV, PyAV and ONNX Runtime release the interpreter lock while they work.

    Args:
        function: Called once an item, on some thread.
        items: Taken one by one on the calling thread as places become free.
        workers: Threads; 0 means one a processor, 1 runs on the calling thread.
        ahead: How many finished results may wait for the consumer.

    Yields:
        One result an item, in order; the first error of an item is raised at its place.
    """
    workers = workers or cpu_count()
    if workers == 1:
        yield from map(function, items)
        return
    pending: deque[Future[B]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= workers + ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
