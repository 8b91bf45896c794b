from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from multiplane.core.atomic import write_beside
from multiplane.core.errors import BackendError, InputError, OutputError
from multiplane.core.items import Item, Planes, Record
from multiplane.engine import outcome


@pytest.fixture
def item(tmp_path: Path) -> Item:
    picture = tmp_path / "user" / "a.png"
    picture.parent.mkdir()
    picture.write_bytes(b"picture")
    files = {"frames": ("shots/frames/c/0001/1.png",), "source": (str(picture.parent),)}
    return Item("c/0001", tmp_path, "seg", files)


def put(item: Item, name: str, text: str = "abc") -> str:
    path = item.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def record(item: Item, *names: str) -> Record:
    return Record(item.id, (Planes(item.id, {"masks": names}),), {"n": 1}, {"s": 0.5})


def test_a_good_record_is_kept_with_the_sizes_of_its_artefacts(item: Item) -> None:
    name = put(item, "seg/masks/c/0001/1.png")
    given = str(item.root / "user" / "a.png")
    result = outcome.done(item, record(item, name, given))
    assert result.artefacts == ((name, 3), (given, 7))
    assert result.record is not None
    again = outcome.record_from_json(item.id, result.record)
    assert again == record(item, name, given)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/hostname",
        "../outside.png",
        "seg/masks/c/0001/../../../../outside.png",
        "seg/masks/c/0002/1.png",
        "seg/masks/c/0001",
        "other/masks/c/0001/1.png",
        "seg/masks/c//0001/1.png",
        "seg",
        "",
    ],
)
def test_artefacts_lie_in_the_folders_of_their_item(name: str, item: Item) -> None:
    with pytest.raises(ValueError, match=r"does not lie in seg/<plane>/c/0001/|is neither in"):
        outcome.done(item, record(item, name))


def test_an_artefact_that_is_not_there_is_no_record(item: Item) -> None:
    with pytest.raises(FileNotFoundError):
        outcome.done(item, record(item, "seg/masks/c/0001/1.png"))


def test_the_record_and_its_planes_are_those_of_the_item(item: Item) -> None:
    with pytest.raises(ValueError, match=r"the record of 'c/0001' says it is of 'd'"):
        outcome.done(item, Record("d"))
    with pytest.raises(ValueError, match=r"planes 'd/1' do not belong to the item 'c/0001'"):
        outcome.done(item, Record(item.id, (Planes("d/1", {}),)))


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"x"])
def test_figures_are_what_json_can_hold(value: object, item: Item) -> None:
    with pytest.raises((ValueError, TypeError)):
        outcome.done(item, Record(item.id, figures={"x": value}))  # type: ignore[dict-item]


def test_artefacts_are_whole_when_their_sizes_are(item: Item) -> None:
    name = put(item, "seg/masks/c/0001/1.png")
    assert outcome.whole(item.root, ((name, 3),))
    assert not outcome.whole(item.root, ((name, 4),))
    assert not outcome.whole(item.root, ((name, 3), ("seg/gone", 1)))


def test_an_expected_error_keeps_its_three_lines() -> None:
    failure = outcome.failed("a", InputError("what", why="why", fix="fix")).failure
    assert failure == outcome.Failure("what", "why", "fix", "InputError")
    assert outcome.failure_from_json(outcome.failure_to_json(failure)) == failure


def test_an_error_of_ours_is_a_bug_with_a_trace() -> None:
    with pytest.raises(TypeError) as caught:
        outcome.planes_from_json(3)  # type: ignore[arg-type]
    failure = outcome.failed("a", caught.value).failure
    assert failure is not None
    assert failure.bug
    assert failure.what.startswith("TypeError: ")
    assert "planes_from_json" in failure.trace
    assert failure.fix == "please report it with the trace that stands in the metadata of the step"


def test_an_error_of_a_library_is_told_as_one() -> None:
    namespace = {"__name__": "colours.space"}
    exec("def paint(): raise KeyError('x')", namespace)
    with pytest.raises(KeyError) as caught:
        namespace["paint"]()  # type: ignore[operator]
    failure = outcome.failed("a", caught.value).failure
    assert failure is not None
    assert failure.kind == "BackendError"
    assert failure.what == "colours failed with KeyError: 'x'"
    assert failure.fix.startswith("look at the input of this item")


def test_a_full_disk_ends_the_run(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "x.png")
    with pytest.raises(OutputError, match=r"no space left to write x\.png") as caught:
        outcome.failed("a", full)
    assert caught.value.fix.startswith("free some space")
    with pytest.raises(OutputError) as told, write_beside(tmp_path / "y"):
        raise full
    with pytest.raises(OutputError, match="no space left to write"):
        outcome.failed("a", told.value)
    wrapped = BackendError("encoder failed")
    wrapped.__cause__ = full
    with pytest.raises(OutputError, match="no space left to write"):
        outcome.failed("a", wrapped)


def test_records_are_compact_json() -> None:
    text = outcome.record_to_json(Record("a", (), {"x": 1}))
    assert json.loads(text) == {"outputs": [], "figures": {"x": 1}, "timings": {}}
    assert " " not in text
