from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.core.items import Planes, Record
from multiplane.engine.ledger import FORMAT, Ledger
from multiplane.engine.outcome import Failure, Outcome, record_to_json


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def book(path: Path) -> Iterator[Ledger]:
    book = Ledger(path)
    yield book
    book.close()


def outcome(item: str) -> Outcome:
    record = Record(item, (Planes(item, {"masks": ("m.png",)}, {"rate": "24/1"}),), {"n": 2})
    return Outcome(item, record_to_json(record), (("m.png", 7),))


def test_an_item_goes_from_begun_to_done(book: Ledger) -> None:
    book.begin("seg", [("a", "clip", "k1"), ("b", "clip", "k2")])
    book.settle("seg", outcome("a"))
    entries = book.entries("seg")
    assert entries["b"].state == "begun"
    done = entries["a"]
    assert (done.state, done.key, done.origin, done.attempts) == ("done", "k1", "clip", 1)
    assert done.artefacts == (("m.png", 7),)
    (record,) = book.records("seg", ["absent", "a"])
    assert record.outputs[0].files == {"masks": ("m.png",)}
    assert book.entries("other") == {}


def test_beginning_again_takes_the_old_record_away(book: Ledger) -> None:
    book.begin("seg", [("a", "clip", "k1")])
    book.settle("seg", outcome("a"))
    book.begin("seg", [("a", "clip", "k2")])
    entry = book.entries("seg")["a"]
    assert (entry.state, entry.key, entry.attempts) == ("begun", "k2", 2)
    assert list(book.records("seg", ["a"])) == []


def test_a_failure_is_kept(book: Ledger) -> None:
    failure = Failure("what", "why", "fix", "InputError")
    book.begin("seg", [("a", "clip", "k1")])
    book.settle("seg", Outcome("a", failure=failure))
    assert book.entries("seg")["a"].failure == failure
    assert book.states("seg") == {"a": ("failed", "what")}
    book.forget("seg", ["a"])
    assert book.entries("seg") == {}


def test_everything_is_there_after_opening_again(book: Ledger, path: Path) -> None:
    book.begin("seg", [("a", "clip", "k1")])
    book.settle("seg", outcome("a"))
    book.start_step("seg", 0, {"items": ["a"]})
    book.finish_step("seg")
    book.keep_digests({"/x": (1, 2, "d")})
    book.close()
    again = Ledger(path)
    assert again.entries("seg")["a"].state == "done"
    assert again.steps() == [("seg", "finished", {"items": ["a"]})]
    assert again.digests() == {"/x": (1, 2, "d")}
    again.close()


def test_who_only_looks_sees_each_record_at_once_and_changes_nothing(
    book: Ledger, path: Path
) -> None:
    looking = Ledger(path, read_only=True)
    book.begin("seg", [("a", "clip", "k1")])
    book.settle("seg", outcome("a"))
    assert looking.states("seg") == {"a": ("done", "")}
    with pytest.raises(OutputError, match="readonly"):
        looking.forget("seg", ["a"])
    looking.close()


def test_many_threads_may_settle(book: Ledger) -> None:
    names = [f"i{n}" for n in range(60)]
    book.begin("seg", [(name, name, "k") for name in names])
    threads = [
        threading.Thread(target=lambda part=part: [book.settle("seg", outcome(n)) for n in part])
        for part in (names[:20], names[20:40], names[40:])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.state for entry in book.entries("seg").values()} == {"done"}


def test_a_damaged_ledger_is_refused(path: Path) -> None:
    path.write_bytes(b"this is no database " * 100)
    with pytest.raises(OutputError, match="file is not a database") as caught:
        Ledger(path)
    assert "if the file is damaged, remove it" in caught.value.fix


def test_a_ledger_of_a_newer_version_is_refused(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={FORMAT + 1}")
    db.close()
    with pytest.raises(OutputError, match=f"has format {FORMAT + 1}") as caught:
        Ledger(path)
    assert caught.value.fix == "pip install --upgrade multiplane"


def test_a_full_disk_is_told_as_such(book: Ledger) -> None:
    book._db.execute("PRAGMA max_page_count=1")
    with pytest.raises(OutputError, match="no space left for") as caught:
        book.begin("seg", [(f"item {n}", "c", "k" * 2000) for n in range(50)])
    assert caught.value.fix == "free some space and run the same command again"
    assert book.entries("seg") == {}
