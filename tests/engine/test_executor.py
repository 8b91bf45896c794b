from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from multiplane.core.config import Options
from multiplane.core.errors import InputError, OutputError, WeightsError
from multiplane.core.items import Item, Record
from multiplane.engine.executor import LocalExecutor
from multiplane.engine.outcome import Outcome, record_from_json


class Plain(Options):
    """No options."""


class Scripted:
    """A stage whose items do what their ids say, and that notes what happens."""

    name: ClassVar[str] = "test.scripted"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = Plain
    needs: ClassVar[tuple[str, ...]] = ()
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[str] = "x.json"

    def __init__(self, batch_size: int = 1) -> None:
        self.batch_size = batch_size
        self.batches: list[list[str]] = []
        self.loaded = 0
        self.most_waiting = 0
        self.saved = 0
        self.closed = False
        self.compute_threads: set[int] = set()

    def fingerprint(self, options: object) -> str:
        return ""

    def open(self, options: object) -> Scripted:
        return self

    def load(self, item: Item) -> str:
        if "load" in item.id:
            raise InputError("load")
        self.loaded += 1
        self.most_waiting = max(self.most_waiting, self.loaded - self.saved)
        return item.id

    def compute(self, items: Sequence[Item], loaded: Sequence[str]) -> list[str]:
        self.batches.append(list(loaded))
        self.compute_threads.add(threading.get_ident())
        if any("compute" in name for name in loaded):
            raise InputError("compute")
        if any("interrupt" in name for name in loaded):
            raise KeyboardInterrupt
        return list(loaded)[: None if not any("short" in n for n in loaded) else -1]

    def save(self, item: Item, result: str) -> Record:
        if "full" in item.id:
            raise OSError(28, "No space left on device")
        if "save" in item.id:
            raise InputError("save")
        time.sleep(0.002)
        self.saved += 1
        return Record(item.id, figures={"result": result}, timings={"compute": 9.0})

    def close(self) -> None:
        self.closed = True


def items(*names: str) -> Iterator[Item]:
    return iter([Item(name, Path(), "x", {}) for name in names])


def run(stage: Scripted, *names: str) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    LocalExecutor(2, 2).run(
        stage, Plain(), items(*names), lambda o: outcomes.update({o.item: o}), lambda: None
    )
    return outcomes


def what(outcome: Outcome) -> str:
    return outcome.failure.what if outcome.failure else "done"


def test_items_are_loaded_computed_and_saved() -> None:
    stage = Scripted(batch_size=2)
    outcomes = run(stage, "a", "b", "c")
    assert [what(outcomes[name]) for name in "abc"] == ["done"] * 3
    assert stage.batches == [["a", "b"], ["c"]]
    assert stage.compute_threads == {threading.get_ident()}
    assert stage.closed
    record = record_from_json("a", outcomes["a"].record or "")
    assert record.figures == {"result": "a"}
    assert sorted(record.timings) == ["compute", "load", "save"]
    assert record.timings["compute"] == 9.0


def test_one_bad_item_fails_alone() -> None:
    outcomes = run(Scripted(), "a", "load", "compute", "save", "b")
    assert {name: what(outcome) for name, outcome in outcomes.items()} == {
        "a": "done",
        "load": "load",
        "compute": "compute",
        "save": "save",
        "b": "done",
    }


def test_a_batch_that_fails_is_tried_item_by_item() -> None:
    stage = Scripted(batch_size=4)
    outcomes = run(stage, "a", "compute", "load", "b")
    assert stage.batches == [["a", "compute", "b"], ["a"], ["compute"], ["b"]]
    assert [what(outcomes[name]) for name in ("a", "b", "compute", "load")] == [
        "done",
        "done",
        "compute",
        "load",
    ]


def test_a_worker_that_loses_results_is_a_bug() -> None:
    failure = run(Scripted(), "short")["short"].failure
    assert failure is not None
    assert failure.bug
    assert "zip() argument 2 is shorter" in failure.what


def test_a_full_disk_ends_the_run_and_keeps_what_was_done() -> None:
    stage = Scripted()
    outcomes: dict[str, Outcome] = {}
    names = ["a", "b", "full", *(f"later{n}" for n in range(100))]
    with pytest.raises(OutputError, match="no space left"):
        LocalExecutor(2, 2).run(
            stage, Plain(), items(*names), lambda o: outcomes.update({o.item: o}), lambda: None
        )
    assert {"a", "b"} <= set(outcomes)
    assert "full" not in outcomes
    assert len(outcomes) < 20
    assert stage.closed


def test_an_interrupt_ends_the_run_after_what_was_computed_is_saved() -> None:
    stage = Scripted()
    outcomes: dict[str, Outcome] = {}
    with pytest.raises(KeyboardInterrupt):
        LocalExecutor(2, 2).run(
            stage,
            Plain(),
            items("a", "b", "interrupt", "c"),
            lambda o: outcomes.update({o.item: o}),
            lambda: None,
        )
    assert sorted(outcomes) == ["a", "b"]
    assert stage.closed


def test_watching_may_end_the_run() -> None:
    stage = Scripted()

    def stop() -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        LocalExecutor(2, 2).run(stage, Plain(), items("a", "b"), lambda o: None, stop)
    assert stage.closed


def test_what_waits_is_bounded_however_many_items_there_are() -> None:
    stage = Scripted(batch_size=2)
    run(stage, *(f"i{n}" for n in range(200)))
    assert stage.saved == 200
    assert stage.most_waiting <= 16


def test_a_stage_that_cannot_be_opened_ends_the_run() -> None:
    class Closed(Scripted):
        def open(self, options: object) -> Scripted:
            raise WeightsError("no weights")

    with pytest.raises(WeightsError):
        run(Closed(), "a")


def test_a_record_of_another_item_is_a_bug() -> None:
    class Confused(Scripted):
        def save(self, item: Item, result: str) -> Record:
            return replace(super().save(item, result), item="other")

    failure = run(Confused(), "a")["a"].failure
    assert failure is not None
    assert failure.bug
