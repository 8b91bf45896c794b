"""The shape of a stage, held against a small one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from multiplane.core.config import Options
from multiplane.core.items import Item, Record
from multiplane.core.stage import Stage, Worker


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


class Idle:
    name: ClassVar[str] = "test.idle"
    version: ClassVar[int] = 1
    options: ClassVar[type[Options]] = Nothing
    needs: ClassVar[tuple[str, ...]] = ()
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ()
    metadata: ClassVar[str] = "idle_metadata.json"

    def fingerprint(self, options: Nothing) -> str:
        return ""

    def open(self, options: Nothing) -> Worker:
        return Pass()


def test_a_class_of_this_shape_is_a_stage() -> None:
    stage: Stage = Idle()
    worker = stage.open(Nothing())
    item = Item("a", __import__("pathlib").Path(), "idle", {})
    assert worker.save(item, worker.compute([item], [worker.load(item)])[0]) == Record("a")
