"""What a stage is to the engine. A stage's ``run.py`` holds one class of this shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

from multiplane.core.config import Options
from multiplane.core.items import Item, Record


class Worker(Protocol):
    """Holds the loaded model of a stage and turns items into records.

    The engine calls ``load`` on decode threads, ``compute`` on the one thread of the device, and
    ``save`` on encode threads. Any MultiplaneError fails only the items it was raised for.
    """

    batch_size: int
    """How many items ``compute`` takes at once."""

    def load(self, item: Item) -> Any:  # noqa: ANN401 - private to the worker
        """Read what ``compute`` needs."""

    def compute(self, items: Sequence[Item], loaded: Sequence[Any]) -> Sequence[Any]:
        """Do the work of a batch; one result an item."""

    def save(self, item: Item, result: Any) -> Record:  # noqa: ANN401 - private to the worker
        """Write the artefacts, whole or not at all, and say what came of it."""

    def close(self) -> None:
        """Let go of models and threads."""


class StreamingWorker(Worker):
    """Takes one item at a time, and reads and writes its files while it works.

    The worker of a stage whose items are too long to be held, such as shots and chunks of a clip.
    It says what it loads once, in ``__init__``, and :meth:`work`.
    """

    batch_size = 1

    @abstractmethod
    def work(self, item: Item) -> Record:
        """Do all there is to do for an item: read, compute, and write its artefacts whole."""

    def load(self, item: Item) -> None:
        """Nothing: files are read as they are needed."""

    def compute(self, items: Sequence[Item], loaded: Sequence[None]) -> list[Record]:
        """Work on the items one after the other."""
        return [self.work(item) for item in items]

    def save(self, item: Item, result: Record) -> Record:
        """Hand on the record; the artefacts are written."""
        return result

    def close(self) -> None:
        """Nothing to let go of."""


class Stage(Protocol):
    """One step of a recipe. Stateless and picklable; ``open`` makes the worker that has state."""

    name: ClassVar[str]
    """Verb and stage, e.g. ``split.segment``."""
    version: ClassVar[int]
    """Counted up when the same options and input give another result; part of the ledger's key."""
    options: ClassVar[type[Options]]
    needs: ClassVar[tuple[str, ...]]
    """Planes that an item must have."""
    accepts: ClassVar[tuple[str, ...]]
    """Planes it uses when they are there."""
    makes: ClassVar[tuple[str, ...]]
    """Planes its records hold."""
    metadata: ClassVar[str]
    """File name of its metadata in the stage folder, e.g. ``instances_metadata.json``."""

    def fingerprint(self, options: Any) -> str:  # noqa: ANN401 - the stage's own options
        """What the result depends on beyond options and input: weights by name and hash."""

    def open(self, options: Any) -> Worker:  # noqa: ANN401 - the stage's own options
        """Load the model and be ready for items."""


@runtime_checkable
class UsesWeights(Protocol):
    """A stage that uses models of the hub."""

    def weights(self, options: Any) -> tuple[str, ...]:  # noqa: ANN401 - the stage's own options
        """Their names. Nothing is fetched or loaded to find out."""


@runtime_checkable
class Gathers(Protocol):
    """A stage that takes together what others made of the parts of its item, e.g. of its chunks."""

    gathers: ClassVar[tuple[str, ...]]
    """Planes that are collected from all planes of the same input, in their order. An item has
    their files one after the other, and in its data under ``parts`` a mapping a part: ``id``,
    ``files`` (plane → files) and ``data``. All parts must be there, or the item waits."""


def gathered_by(stage: Stage) -> tuple[str, ...]:
    """The planes that a stage collects from all parts of its item; none for most."""
    return stage.gathers if isinstance(stage, Gathers) else ()
