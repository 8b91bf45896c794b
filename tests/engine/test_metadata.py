from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from multiplane.core.items import Item, Planes, Record
from multiplane.engine.ledger import Entry
from multiplane.engine.metadata import write_metadata
from multiplane.engine.outcome import Failure
from multiplane.engine.plan import Plan, Planned
from multiplane.engine.recipe import Recipe

NAMES = ["a", "b", "bad"]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    items = (Planned(Item(name, tmp_path, "copy", {}), "key", "clip") for name in NAMES)
    return Plan(tuple(items), {"late": ("clip", "waits for 'bad'")})


@pytest.fixture
def entries() -> dict[str, Entry]:
    done = {name: Entry(name, "clip", "key", "done") for name in NAMES[:2]}
    return {**done, "bad": Entry("bad", "clip", "key", "failed", failure=Failure("broken"))}


def records() -> Iterator[Record]:
    """Two records, of which never more than one and the next are alive."""
    made: list[weakref.ref[Record]] = []
    for name in NAMES[:2]:
        gc.collect()
        assert sum(ref() is not None for ref in made) <= 1
        planes = Planes(name, {"texts": (f"copy/texts/{name}/1.txt",)}, {"rate": None})
        record = Record(name, (planes,), {"frames": [{"n": 1}, {"n": 2}]}, {"work": 0.5})
        made.append(weakref.ref(record))
        yield record
        del record


def test_it_holds_what_came_of_each_item(
    recipe: Recipe, plan: Plan, entries: dict[str, Entry], tmp_path: Path
) -> None:
    step = recipe.steps()[1]
    path = tmp_path / "copies.json"
    write_metadata(path, step, plan, entries, records(), 1.5)
    value = json.loads(path.read_text())
    assert [item["id"] for item in value["items"]] == ["a", "b"]
    assert value["items"][1]["figures"] == {"frames": [{"n": 1}, {"n": 2}]}
    assert value["items"][1]["outputs"][0]["files"] == {"texts": ["copy/texts/b/1.txt"]}
    assert value["options"] == step.options.model_dump(mode="json")
    assert value["failures"][0]["id"] == "bad"
    assert value["failures"][0]["what"] == "broken"
    assert value["skipped"] == {"late": "waits for 'bad'"}
    assert value["timings"] == {"wall": 1.5, "items": {"a": {"work": 0.5}, "b": {"work": 0.5}}}


def test_nothing_was_done(recipe: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "copies.json"
    write_metadata(path, recipe.steps()[1], Plan((), {}), {}, (), 0.1)
    value = json.loads(path.read_text())
    assert (value["items"], value["failures"], value["skipped"]) == ([], [], {})
