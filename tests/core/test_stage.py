"""The shape of a stage, held against small ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from multiplane.core.config import Options
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Record
from multiplane.core.stage import Stage, StreamingWorker, Worker


class Nothing(Options):
    """No options."""


class Pass:
    batch_size = 1

    def load(self, item: Item) -> str:
        return item.id

    def compute(self, items: Sequence[Item], loaded: Sequence[str]) -> Sequence[str]:
        return loaded

    def save(self, item: Item, result: str) -> Record:
        return Record(result)

    def close(self) -> None:
        pass


class Name(StreamingWorker):
    def work(self, item: Item) -> Record:
        if not item.id:
            raise InputError("an item without a name")
        return Record(item.id)


class Idle:
    name: ClassVar[str] = "test.idle"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = Nothing
    needs: ClassVar[tuple[str, ...]] = ()
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[str] = "idle_metadata.json"

    def __init__(self, worker: type[Worker]) -> None:
        self.worker = worker

    def fingerprint(self, options: Nothing) -> str:
        return ""

    def open(self, options: Nothing) -> Worker:
        return self.worker()


def item(name: str) -> Item:
    return Item(name, Path(), "idle", {})


@pytest.mark.parametrize("worker", [Pass, Name])
def test_a_class_of_this_shape_is_a_stage(worker: type[Worker]) -> None:
    stage: Stage = Idle(worker)
    opened = stage.open(Nothing())
    assert opened.batch_size == 1
    one = item("a")
    assert opened.save(one, opened.compute([one], [opened.load(one)])[0]) == Record("a")
    opened.close()


def test_a_worker_that_streams_says_what_it_does_with_one_item() -> None:
    assert Name().compute([item("a"), item("b")], [None, None]) == [Record("a"), Record("b")]
    with pytest.raises(InputError):
        Name().compute([item("")], [None])

    class Mute(StreamingWorker):
        """Says nothing."""

    with pytest.raises(TypeError, match="work"):
        Mute()  # type: ignore[abstract]
