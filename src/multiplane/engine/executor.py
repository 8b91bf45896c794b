"""Executors take the items of one step through its worker.

The local one reads on decode threads, computes on the calling thread (one device, and Ctrl-C
reaches it), and writes on encode threads, with bounded queues between them: at most a few items
are in memory at a time, however many there are.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, cast

from multiplane.core.config import Options
from multiplane.core.items import Item
from multiplane.core.stage import Stage, Worker
from multiplane.core.threads import cpu_count, map_ordered
from multiplane.engine import outcome
from multiplane.engine.outcome import Outcome

Settle = Callable[[Outcome], None]
"""Called once an item, on any thread, as soon as its outcome is known."""


class Executor(Protocol):
    """Takes the items of one step through its worker."""

    def run(
        self,
        stage: Stage,
        options: Options,
        items: Iterable[Item],
        settle: Settle,
        watch: Callable[[], None],
    ) -> None:
        """Work through the items.

        Args:
            stage: The stage; it may be pickled to where the work is done.
            options: Its options.
            items: Taken one by one, as places become free.
            settle: Told of each outcome. An error of one item never ends the run; it is told as
                a failed outcome.
            watch: Called now and then on the calling thread; raising from it ends the run.

        Raises:
            OutputError: The disk is full: no item can go on.
        """


@dataclass
class _Loaded:
    """An item on its way: what was read for it, or that it failed; seconds spent so far."""

    item: Item
    value: Any = None
    failed: Outcome | None = None
    load_s: float = 0.0
    compute_s: float = 0.0


class LocalExecutor:
    """Runs everything in this process: threads read and write, the calling thread computes."""

    def __init__(self, load_threads: int = 0, save_threads: int = 0) -> None:
        """Choose how many items are read and written at a time.

        Args:
            load_threads: Decode threads; 0 means one a processor, four at most.
            save_threads: Encode threads; 0 means one a processor, four at most.
        """
        self.load_threads = load_threads or min(4, cpu_count())
        self.save_threads = save_threads or min(4, cpu_count())

    def run(
        self,
        stage: Stage,
        options: Options,
        items: Iterable[Item],
        settle: Settle,
        watch: Callable[[], None],
    ) -> None:
        """Work through the items; see :class:`Executor`."""
        worker = stage.open(options)
        saves: deque[Future[None]] = deque()
        pool = ThreadPoolExecutor(self.save_threads, thread_name_prefix="save")
        try:
            loads = map_ordered(partial(_load, worker), items, self.load_threads, worker.batch_size)
            with contextlib.closing(cast("Generator[_Loaded]", loads)) as ready:
                for batch in _batches(ready, worker.batch_size):
                    for unit in _compute(worker, batch):
                        while len(saves) >= 2 * self.save_threads:
                            saves.popleft().result()
                        saves.append(pool.submit(_save, worker, unit, settle))
                    watch()
            while saves:
                saves.popleft().result()
                watch()
        finally:
            pool.shutdown(wait=True)
            worker.close()


def _load(worker: Worker, item: Item) -> _Loaded:
    start = time.perf_counter()
    try:
        unit = _Loaded(item, worker.load(item))
    except Exception as error:  # noqa: BLE001 - one bad item never ends a run
        unit = _Loaded(item, failed=outcome.failed(item.id, error))
    unit.load_s = time.perf_counter() - start
    return unit


def _compute(worker: Worker, batch: Sequence[_Loaded]) -> Iterator[_Loaded]:
    """Compute a batch; when that fails, its items one by one, so that only the bad one fails."""
    good = [unit for unit in batch if unit.failed is None]
    yield from (unit for unit in batch if unit.failed is not None)
    if not good:
        return
    start = time.perf_counter()
    try:
        items = [unit.item for unit in good]
        results = worker.compute(items, [unit.value for unit in good])
        pairs = list(zip(good, results, strict=True))
    except Exception as error:  # noqa: BLE001 - one bad item never ends a run
        if len(good) > 1:
            for unit in good:
                yield from _compute(worker, [unit])
        else:
            yield replace(good[0], value=None, failed=outcome.failed(good[0].item.id, error))
        return
    seconds = (time.perf_counter() - start) / len(good)
    for unit, result in pairs:
        yield replace(unit, value=result, compute_s=seconds)


def _save(worker: Worker, unit: _Loaded, settle: Settle) -> None:
    if unit.failed is not None:
        settle(unit.failed)
        return
    start = time.perf_counter()
    try:
        record = worker.save(unit.item, unit.value)
        spent = {"load": unit.load_s, "compute": unit.compute_s}
        spent["save"] = time.perf_counter() - start
        result = outcome.done(unit.item, replace(record, timings={**spent, **record.timings}))
    except Exception as error:  # noqa: BLE001 - one bad item never ends a run
        result = outcome.failed(unit.item.id, error)
    settle(result)


def _batches(units: Iterable[_Loaded], size: int) -> Iterator[list[_Loaded]]:
    source = iter(units)
    while batch := list(itertools.islice(source, size)):
        yield batch
