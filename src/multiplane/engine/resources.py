"""Memory over the time of a run, looked at from beside and kept in the run folder.

``resources.json`` holds an entry a run that had something to do: when its steps began, and the
memory of this process and all it started, thinned so that it stays small however long a run takes.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import logging
import math
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from multiplane.core.errors import OutputError
from multiplane.engine.folder import write_json
from multiplane.engine.run import RunProgress

log = logging.getLogger(__name__)

FILE_NAME = "resources.json"
VERSION = 1
EVERY_S = 0.5
MOST_SAMPLES = 600
"""When there are more, of two neighbours the larger stays, and half as many are taken from then."""
MOST_RUNS = 32
"""The entries of earlier runs that are kept, the latest ones."""
WRITE_EVERY_S = 10.0
"""A run that is killed loses no more of its entry than this."""
MB = 1e6
MOST_BYTES = 32_000_000
"""A larger file is none of ours."""


@dataclass(frozen=True)
class Usage:
    """Memory over the time of one run.

    Attributes:
        started: Date and time, ISO 8601.
        seconds: How long the run took.
        at_s: When each sample was taken, from the start of the run.
        ram_mb: Resident memory of the process and all it started, in 10^6 bytes; memory that
            processes share counts in each.
        vram_mb: What torch holds on all its GPUs; empty without it.
        steps: (step, when it began to work), in order.
    """

    started: str
    seconds: float
    at_s: tuple[float, ...]
    ram_mb: tuple[float, ...]
    vram_mb: tuple[float, ...] = ()
    steps: tuple[tuple[str, float], ...] = ()

    @property
    def ram_peak_mb(self) -> float:
        """The largest sample; 0 without any."""
        return max(self.ram_mb, default=0.0)

    @property
    def vram_peak_mb(self) -> float | None:
        """The largest sample; None without a GPU."""
        return max(self.vram_mb, default=None)

    def step_peaks(self) -> list[tuple[str, float, float | None]]:
        """(step, memory, memory of the GPU): the largest sample while each step was at work.

        A step that was over between two samples has that of the one before.
        """
        peaks = []
        ends = [at for _, at in self.steps[1:]] + [math.inf]
        for (step, begin), end in zip(self.steps, ends, strict=False):
            inside = [k for k, at in enumerate(self.at_s) if begin <= at < end]
            before = [k for k, at in enumerate(self.at_s) if at < begin][-1:]
            chosen = inside or before
            if chosen:
                vram = max(self.vram_mb[k] for k in chosen) if self.vram_mb else None
                peaks.append((step, max(self.ram_mb[k] for k in chosen), vram))
        return peaks

    def to_json(self) -> dict[str, Any]:
        """What the file holds of it."""
        return {
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "ram_peak_mb": self.ram_peak_mb,
            "vram_peak_mb": self.vram_peak_mb,
            "steps": [{"step": step, "at_s": round(at, 3)} for step, at in self.steps],
            "at_s": list(self.at_s),
            "ram_mb": list(self.ram_mb),
            "vram_mb": list(self.vram_mb),
        }


def read_usage(root: Path) -> list[Usage]:
    """What is known of the memory of the runs in a folder.

    Args:
        root: The run folder.

    Returns:
        One entry a run, the oldest first; none where nothing was written. An entry that is
        damaged is left out: nothing depends on it.
    """
    path = root / FILE_NAME
    try:
        if path.stat().st_size > MOST_BYTES:
            return []
        value = json.loads(path.read_text(encoding="utf-8"))
        return [usage for entry in value["runs"] if (usage := _usage(entry)) is not None]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _usage(entry: Any) -> Usage | None:  # noqa: ANN401 - JSON
    try:
        found = Usage(
            str(entry["started"]),
            float(entry["seconds"]),
            tuple(map(float, entry["at_s"])),
            tuple(map(float, entry["ram_mb"])),
            tuple(map(float, entry["vram_mb"])),
            tuple((str(step["step"]), float(step["at_s"])) for step in entry["steps"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    numbers = (found.seconds, *found.at_s, *found.ram_mb, *found.vram_mb)
    long = len(found.at_s) == len(found.ram_mb) and len(found.vram_mb) in {0, len(found.at_s)}
    return found if long and all(map(math.isfinite, numbers)) else None


@dataclass
class Samples:
    """Memory at equal intervals, in bounded room."""

    every_s: float = EVERY_S
    most: int = MOST_SAMPLES
    at_s: list[float] = field(default_factory=list)
    ram_mb: list[float] = field(default_factory=list)
    vram_mb: list[float] = field(default_factory=list)

    def add(self, at_s: float, ram_mb: float, vram_mb: float) -> None:
        """Note a sample; the highest of what is thinned out stays."""
        if len(self.at_s) >= self.most:
            self.at_s = self.at_s[::2]
            self.ram_mb = _higher(self.ram_mb)
            self.vram_mb = _higher(self.vram_mb)
            self.every_s *= 2
        self.at_s.append(round(at_s, 2))
        self.ram_mb.append(round(ram_mb, 1))
        self.vram_mb.append(round(vram_mb, 1))


def _higher(values: list[float]) -> list[float]:
    """The larger of each two neighbours."""
    return [max(values[at : at + 2]) for at in range(0, len(values), 2)]


class Sampler:
    """Watches a run on a thread of its own; whatever goes wrong here does not reach the run."""

    def __init__(self, root: Path, every_s: float = EVERY_S) -> None:
        """Be ready.

        Args:
            root: The run folder.
            every_s: How often to look.
        """
        self._root = root
        self._samples = Samples(every_s)
        self._steps: list[tuple[str, float]] = []
        self._worked = False
        self._began = time.perf_counter()
        self._started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="resources", daemon=True)
        self._earlier = read_usage(root)[-(MOST_RUNS - 1) :]
        self._written_s = 0.0

    def hearing(self, progress: RunProgress) -> RunProgress:
        """The same progress, listened to: it tells when a step begins to work."""

        def tell(step: str, done: int, total: int) -> None:
            if done < total:
                with self._lock:
                    self._worked = True
                    if step not in (name for name, _ in self._steps):
                        self._steps.append((step, time.perf_counter() - self._began))
            progress(step, done, total)

        return tell

    def start(self) -> None:
        """Begin to look, where the system says anything."""
        if self._look():
            with contextlib.suppress(RuntimeError):  # no thread is to be had
                self._thread.start()

    def stop(self) -> None:
        """Look once more and write the entry, if there was something to do."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._look()
        self._write()

    def _watch(self) -> None:
        while not self._end.wait(self._samples.every_s):
            if not self._look():
                return
            if time.perf_counter() - self._began - self._written_s > WRITE_EVERY_S:
                self._write()

    def _look(self) -> bool:
        """Take a sample; False where the system does not say."""
        try:
            ram_mb = _tree_bytes() / MB
        except (psutil.Error, OSError):
            log.debug("the system does not say how much memory the run takes")
            return False
        with self._lock:
            self._samples.add(time.perf_counter() - self._began, ram_mb, _torch_bytes() / MB)
        return True

    def _write(self) -> None:
        self._written_s = time.perf_counter() - self._began
        with self._lock:
            told = self._worked and bool(self._samples.at_s)
            entry = Usage(
                self._started,
                self._written_s,
                tuple(self._samples.at_s),
                tuple(self._samples.ram_mb),
                tuple(self._samples.vram_mb) if any(self._samples.vram_mb) else (),
                tuple(self._steps),
            )
        if told:
            runs = [usage.to_json() for usage in (*self._earlier, entry)]
            try:
                write_json(self._root / FILE_NAME, {"version": VERSION, "runs": runs})
            except (OutputError, OSError) as error:
                log.debug("no %s: %s", FILE_NAME, error)


@contextlib.contextmanager
def watched(root: Path, progress: RunProgress, every_s: float = EVERY_S) -> Iterator[RunProgress]:
    """Watch the memory of what happens in a block and keep it in the run folder.

    Args:
        root: The run folder, held by this process.
        progress: Who else wants to know how far the run has come.
        every_s: How often to look.

    Yields:
        What the run is to tell its progress to.
    """
    sampler = Sampler(root, every_s)
    sampler.start()
    try:
        yield sampler.hearing(progress)
    finally:
        sampler.stop()


def _tree_bytes() -> int:
    """Resident memory of this process and of all it started."""
    here = psutil.Process()
    total = int(here.memory_info().rss)
    for child in here.children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it may have ended by now
            total += int(child.memory_info().rss)
    return total


def _torch_bytes() -> int:
    """What torch holds on its GPUs; it is asked only where it is at work already."""
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        if cuda is None or not cuda.is_initialized():
            return 0
        return sum(int(cuda.memory_reserved(gpu)) for gpu in range(cuda.device_count()))
    except (AttributeError, RuntimeError):  # half imported, or the driver is gone
        return 0


def total_seconds(usages: list[Usage]) -> float:
    """How long the runs took together, cut-off ones as far as they were noted."""
    return sum(usage.seconds for usage in usages)
