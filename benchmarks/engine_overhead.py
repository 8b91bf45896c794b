"""What the engine costs: 10,000 trivial items run, and run again.

    python benchmarks/engine_overhead.py [--items 10000] [--report]

The stage does nothing, or writes one artefact of four bytes, so all the time is the engine's (and
the file system's). With ``--report`` the figures go to ``benchmarks/reports/engine_overhead.md``.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from multiplane.core.atomic import write_text
from multiplane.core.config import Options
from multiplane.core.items import Item, Planes, Record
from multiplane.engine import api
from multiplane.engine.recipe import Recipe, StageStep
from multiplane.engine.stages import STAGES

REPORT = Path(__file__).parent / "reports" / "engine_overhead.md"
BOUNDS = {"run": 1.0, "resume": 2.0}
"""Milliseconds an item, and seconds."""


class TrivialOptions(Options):
    """Options of the trivial stage."""

    write: bool = Field(default=False, description="whether each item leaves an artefact")


class Trivial:
    """Next to nothing."""

    name: ClassVar[str] = "bench.trivial"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = TrivialOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("texts",)
    metadata: ClassVar[str] = "trivial.json"

    def fingerprint(self, options: TrivialOptions) -> str:
        """Nothing more."""
        return ""

    def open(self, options: TrivialOptions) -> TrivialWorker:
        """No model."""
        return TrivialWorker(options)


class TrivialWorker:
    """Counts letters."""

    batch_size = 1

    def __init__(self, options: TrivialOptions) -> None:
        self.write = options.write

    def load(self, item: Item) -> int:
        """The length of the id."""
        return len(item.id)

    def compute(self, items: Sequence[Item], loaded: Sequence[int]) -> Sequence[int]:
        """The same."""
        return loaded

    def save(self, item: Item, result: int) -> Record:
        """Write it, if wanted."""
        if not self.write:
            return Record(item.id, figures={"length": result})
        name, path = item.place("texts", "text.txt")
        write_text(path, f"{result:4}")
        return Record(item.id, (Planes(item.id, {"texts": (name,)}),), {"length": result})

    def close(self) -> None:
        """Nothing to let go of."""


def bare(folder: Path, items: int) -> float:
    """Seconds that the artefacts alone take, written one after the other without an engine."""
    start = time.perf_counter()
    for number in range(items):
        write_text(folder / f"{number:06}" / "text.txt", "   6")
    return time.perf_counter() - start


def measure(folder: Path, items: int, *, write: bool) -> dict[str, float]:
    """Run, run again, and put the two in seconds and milliseconds an item."""
    source = folder / "source"
    source.mkdir(parents=True)
    planes = []
    for number in range(items):
        path = source / f"{number:06}.txt"
        path.write_text(str(number))
        planes.append(Planes(path.stem, {"source": (str(path),)}))
    inputs = {"source": "input.source"}
    step = StageStep(id="trivial", stage=Trivial.name, inputs=inputs, options={"write": write})
    recipe = Recipe(name="bench", stages=(step,))
    seconds, busy = [], []
    for _ in range(2):
        start, start_busy = time.perf_counter(), time.process_time()
        report = api.run(recipe, planes, folder / "out")
        seconds.append(time.perf_counter() - start)
        busy.append(time.process_time() - start_busy)
        assert report.done == items
    assert report.reused == items
    files = bare(folder / "bare", items) if write else 0.0
    engine_ms = 1000 * (seconds[0] - files) / items
    return {
        "run": seconds[0],
        "run_busy": busy[0],
        "files": files,
        "engine_ms": engine_ms,
        "resume": seconds[1],
        "resume_busy": busy[1],
    }


def main() -> None:
    """Measure and show; write the report when asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    STAGES[Trivial.name] = f"{Trivial.__module__}:Trivial"
    rows = []
    for write in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            found = measure(Path(folder), arguments.items, write=write)
        name = "one artefact an item" if write else "no artefact"
        rows.append(
            f"| {name} | {found['run']:.2f} ({found['run_busy']:.2f}) | {found['files']:.2f} |"
            f" {found['engine_ms']:.2f} | {found['resume']:.2f} ({found['resume_busy']:.2f}) |"
        )
    text = "\n".join(
        [
            "# What the engine costs",
            "",
            f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d} · {os.cpu_count()} processors"
            f" (load {os.getloadavg()[0]:.1f} before), "
            f"{platform.system()} {platform.machine()} · Python {platform.python_version()} · "
            f"SQLite {sqlite3.sqlite_version}",
            "",
            f"`python benchmarks/engine_overhead.py --items {arguments.items} --report`",
            "",
            f"{arguments.items} trivial items, each with a file of its own as input, through the"
            " whole of `multiplane.run` (recipe check, digests, ledger, metadata).",
            "",
            "Seconds of the clock; in brackets those that the processors were busy for it.",
            "",
            "| items leave | run, s | the same files without engine, s | engine, ms an item |"
            " resume, s |",
            "|---|---|---|---|---|",
            *rows,
            "",
            f"Bounds: under {BOUNDS['run']:.0f} ms an item, resume under {BOUNDS['resume']:.0f} s.",
            "",
        ]
    )
    print(text)
    if arguments.report:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
