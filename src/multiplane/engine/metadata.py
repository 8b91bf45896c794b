"""The metadata file of a step: what came of each of its items, written one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from multiplane.core.atomic import write_beside
from multiplane.core.items import Record
from multiplane.engine.check import Step
from multiplane.engine.folder import lay_out
from multiplane.engine.ledger import Entry
from multiplane.engine.plan import Plan


def write_metadata(
    path: Path,
    step: Step,
    plan: Plan,
    entries: Mapping[str, Entry],
    records: Iterable[Record],
    seconds: float,
) -> None:
    """Write the metadata of a step; all but ``timings`` is the same for the same work.

    One record is in memory at a time: that of a shot may hold a figure a frame.

    Args:
        path: The file.
        step: The step.
        plan: Its items.
        entries: How they ended, by id.
        records: What came of those that are done, in the order of the plan.
        seconds: Wall time the step took.

    Raises:
        OutputError: It cannot be written.
    """
    head = {
        "step": step.id,
        "stage": step.stage.name,
        "version": step.stage.version,
        "options": step.options.model_dump(mode="json"),
    }
    ended = [entries[planned.item.id] for planned in plan.items]
    tail = {
        "failures": [
            {"id": entry.item, **asdict(entry.failure)} for entry in ended if entry.failure
        ],
        "skipped": {name: why for name, (_, why) in plan.skipped.items()},
    }
    timings: dict[str, Any] = {}
    with write_beside(path) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.write("{\n")
        file.writelines(_entries(head))
        file.write(' "items": [')
        for number, record in enumerate(records):
            timings[record.item] = dict(record.timings)
            file.write(",\n  " if number else "\n  ")
            file.write(lay_out(_item(record), "  "))
        file.write("\n ],\n")
        file.writelines(_entries(tail))
        file.write(f' "timings": {lay_out({"wall": seconds, "items": timings}, " ")}\n}}\n')


def _entries(values: Mapping[str, Any]) -> Iterator[str]:
    return (f' "{key}": {lay_out(value, " ")},\n' for key, value in values.items())


def _item(record: Record) -> dict[str, Any]:
    outputs = [
        {"id": planes.id, "files": dict(planes.files), "data": dict(planes.data)}
        for planes in record.outputs
    ]
    return {"id": record.item, "figures": dict(record.figures), "outputs": outputs}
