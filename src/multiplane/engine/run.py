"""Runs the steps of a recipe one after the other in a run folder, and takes up where it stopped."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from multiplane.core.items import Item, Record
from multiplane.engine.aside import Aside
from multiplane.engine.check import INPUT, Step
from multiplane.engine.executor import Executor
from multiplane.engine.fingerprint import hash_json
from multiplane.engine.ledger import Entry, Ledger
from multiplane.engine.metadata import write_metadata
from multiplane.engine.outcome import Failure, Outcome, whole
from multiplane.engine.plan import Made, Plan, Planned, Source, plan_step

log = logging.getLogger(__name__)

BEGIN_AT_A_TIME = 16
"""Items marked as begun in one commit, a little ahead of the executor."""


class RunProgress(Protocol):
    """Told how far each step has come; raising from it cancels the run."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take note: so many items of a step are through, failed ones included."""


def quiet(step: str, done: int, total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ItemFailure(Failure):
    """An item that failed: in which step, and why."""

    step: str = ""
    item: str = ""


@dataclass(frozen=True)
class StepReport:
    """What came of one step.

    Attributes:
        id: Its name in the recipe.
        stage: The stage's name.
        done: Items with a result, those of earlier runs included.
        reused: How many of them were done in an earlier run and not again.
        failed: Items that failed, now or in an earlier run.
        skipped: Items that wait for a failed one upstream.
        seconds: Wall time spent in this run.
    """

    id: str
    stage: str
    done: int
    reused: int
    failed: int
    skipped: int
    seconds: float


@dataclass
class Run:
    """One run of a checked recipe in a folder that is held.

    Attributes:
        root: The run folder.
        steps: The steps, in order.
        stage_keys: Step id → what its results depend on apart from the items.
        ledger: The open ledger.
        executor: Who does the work.
        progress: Who wants to know.
        retry_failed: Whether items that failed in an earlier run are tried again.
    """

    root: Path
    steps: tuple[Step, ...]
    stage_keys: Mapping[str, str]
    ledger: Ledger
    executor: Executor
    progress: RunProgress = quiet
    retry_failed: bool = False
    reports: list[StepReport] = field(default_factory=list)
    failures: list[ItemFailure] = field(default_factory=list)
    left_out: list[ItemFailure] = field(default_factory=list)

    def go(self, inputs: Source) -> None:
        """Run all steps.

        Args:
            inputs: What the user handed in.

        Raises:
            OutputError: The disk is full, or the folder cannot be written any more.
            MultiplaneError: A stage could not be opened at all.
        """
        sources = {INPUT: inputs}
        for position, step in enumerate(self.steps):
            sources[step.id] = self._step(position, step, sources)

    def _step(self, position: int, step: Step, sources: Mapping[str, Source]) -> Source:
        start = time.perf_counter()
        plan = plan_step(step, self.stage_keys[step.id], sources, self.root)
        known = self.ledger.entries(step.id)
        aside = Aside(self.root, step.id)
        aside.recover(known)
        self._retire(step, plan, known, sources, aside)
        todo = [planned for planned in plan.items if not self._keeps(planned, known)]
        log.info("%s: %d to do, %d kept", step.id, len(todo), len(plan.items) - len(todo))
        path = self.root / step.id / step.stage.metadata
        told = (step.id, "finished", _described(step, plan))
        entries: Mapping[str, Entry] = known
        if todo or told not in self.ledger.steps() or not path.is_file():
            self.ledger.start_step(step.id, position, told[2])
            if todo:
                self._work(step, todo, known, aside, len(plan.items))
                entries = self.ledger.entries(step.id)
            spent = time.perf_counter() - start
            records = self.ledger.records(step.id, source_items(plan))
            write_metadata(path, step, plan, entries, records, spent)
            self.ledger.finish_step(step.id)
        if not todo:
            self.progress(step.id, len(plan.items), len(plan.items))
        source = self._offer(step, plan, entries)
        again = {planned.item.id for planned in todo}
        done = [name for name in source_items(plan) if entries[name].state == "done"]
        self.reports.append(
            StepReport(
                step.id,
                step.stage.name,
                done=len(done),
                reused=len([name for name in done if name not in again]),
                failed=len(plan.items) - len(done),
                skipped=len(plan.skipped),
                seconds=time.perf_counter() - start,
            )
        )
        return source

    def _keeps(self, planned: Planned, known: Mapping[str, Entry]) -> bool:
        entry = known.get(planned.item.id)
        if entry is None or entry.key != planned.key:
            return False
        if entry.state == "done":
            return whole(self.root, entry.artefacts)
        return entry.state == "failed" and not self.retry_failed

    def _retire(
        self,
        step: Step,
        plan: Plan,
        known: Mapping[str, Entry],
        sources: Mapping[str, Source],
        aside: Aside,
    ) -> None:
        """Clear items that an input no longer leads to, e.g. shots that other options merged.

        Items of inputs that are not part of this run, or are held up by a failure, stay.
        """
        planned = {*source_items(plan), *plan.skipped}
        held = {origin for origin, _ in plan.skipped.values()}
        here = set(sources[INPUT].made) - held
        gone = [
            name for name, entry in known.items() if name not in planned and entry.origin in here
        ]
        for name in gone:
            aside.clear(name)
            aside.drop(name)
        if gone:
            self.ledger.forget(step.id, gone)

    def _work(
        self, step: Step, todo: list[Planned], known: Mapping[str, Entry], aside: Aside, total: int
    ) -> None:
        """Have the executor do what is to do, and write down what comes of it."""
        kept = total - len(todo)
        settled = itertools.count(1)
        lock = threading.Lock()
        state = {"settled": 0}

        def settle(result: Outcome) -> None:
            if result.failure is not None:
                log.warning("%s: %s failed: %s", step.id, result.item, result.failure.what)
                aside.clear(result.item)
            self.ledger.settle(step.id, result)
            if result.item in known:
                if result.failure is None:
                    aside.drop(result.item)
                else:
                    aside.give_back(result.item)
            with lock:
                state["settled"] = next(settled)

        def watch() -> None:
            self.progress(step.id, kept + state["settled"], total)

        watch()
        items = self._begun(step, todo, known, aside)
        self.executor.run(step.stage, step.options, items, settle, watch)
        watch()

    def _begun(
        self, step: Step, todo: Iterable[Planned], known: Mapping[str, Entry], aside: Aside
    ) -> Iterator[Item]:
        """Mark items as begun shortly before the executor takes them."""
        source = iter(todo)
        while batch := list(itertools.islice(source, BEGIN_AT_A_TIME)):
            for planned in batch:
                if planned.item.id in known:
                    aside.put(planned.item.id, known[planned.item.id].state)
            self.ledger.begin(
                step.id, [(planned.item.id, planned.origin, planned.key) for planned in batch]
            )
            yield from (planned.item for planned in batch)

    def _offer(self, step: Step, plan: Plan, entries: Mapping[str, Entry]) -> Source:
        """What a step offers to later ones; its failures are noted."""
        source = Source(blocked=dict(plan.skipped))
        for record in self.ledger.records(step.id, source_items(plan)):
            entry = entries[record.item]
            for planes in record.outputs:
                source.made[planes.id] = Made(planes, entry.key, entry.origin)
            self.left_out += _left_out(step, record)
        for entry in (entries[planned.item.id] for planned in plan.items):
            if entry.failure is not None:
                self.failures.append(
                    ItemFailure(**asdict(entry.failure), step=step.id, item=entry.item)
                )
                source.blocked[entry.item] = (entry.origin, entry.failure.what)
        return source


def _left_out(step: Step, record: Record) -> list[ItemFailure]:
    """Files of a done item that could not be read: a stage lists them as ``bad_files``."""
    return [
        ItemFailure(
            what=str(bad["what"]), why=str(bad["why"]), fix=str(bad["fix"]),
            step=step.id, item=f"{record.item}: {bad['file']}",
        )
        for bad in cast("list[dict[str, str]]", record.figures.get("bad_files", []))
    ]  # fmt: skip


def _described(step: Step, plan: Plan) -> dict[str, Any]:
    """What a step is going to do, for the ledger; equal when it would be the same again."""
    return {
        "stage": step.stage.name,
        "items": source_items(plan),
        "skipped": {name: why for name, (_, why) in plan.skipped.items()},
        "keys": hash_json([planned.key for planned in plan.items]),
    }


def source_items(plan: Plan) -> list[str]:
    """The ids of the items of a plan."""
    return [planned.item.id for planned in plan.items]
