"""The ledger: which items of which step are begun, done or failed, in SQLite.

One connection writes, guarded by a lock, and each record is committed as soon as its artefacts
stand in their place. The write-ahead log makes a commit cheap, and leaves the file whole when the
process is killed at any instant; the end of a step also forces it to the disk.

An item is marked *begun* before it is worked on. One that is still so when a run starts was cut
off; nothing can be said about its artefacts, so they are cleared and it is done again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multiplane.core.errors import OutputError
from multiplane.core.items import Record
from multiplane.engine.outcome import (
    Failure,
    Outcome,
    failure_from_json,
    failure_to_json,
    record_from_json,
)

FILE_NAME = "ledger.sqlite"
FORMAT = 1
"""Counted up when the tables change."""
RECORDS_AT_A_TIME = 16
"""So many are read at once: that of a shot may hold figures of thousands of frames."""

_TABLES = """
CREATE TABLE IF NOT EXISTS records (
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    origin TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('begun', 'done', 'failed')),
    record TEXT,
    artefacts TEXT,
    failure TEXT,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (step, item)
);
CREATE TABLE IF NOT EXISTS steps (
    step TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'finished')),
    plan TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS digests (
    path TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL
);
"""


@dataclass(frozen=True)
class Entry:
    """One item of one step, as the ledger knows it.

    Attributes:
        item: Its id.
        origin: The id of the input that it came from.
        key: What the result depends on, hashed.
        state: ``begun``, ``done`` or ``failed``.
        artefacts: Files and their sizes in bytes, when done.
        failure: Why, when failed.
        attempts: How often it was begun.
    """

    item: str
    origin: str
    key: str
    state: str
    artefacts: tuple[tuple[str, int], ...] = ()
    failure: Failure | None = None
    attempts: int = 0


class Ledger:
    """The ledger of a run folder. Safe to call from several threads; one process at a time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or make the ledger.

        Args:
            path: Its file.
            read_only: For those who only look, also while a run is on.

        Raises:
            OutputError: It cannot be opened, is damaged, or was made by a newer version.
        """
        self._path = path
        self._lock = threading.Lock()
        with self._telling():
            if read_only:
                # Without a log beside it nobody writes, and SQLite need not make one to look.
                still = not path.with_name(f"{path.name}-wal").exists()
                address = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
                self._db = sqlite3.connect(address, uri=True, check_same_thread=False)
            else:
                self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=NORMAL")
                self._db.executescript(_TABLES)
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            if found > FORMAT:
                self._db.close()
                raise OutputError(
                    f"{path} has format {found}, this Multiplane knows {FORMAT}",
                    why="the run was made by a newer version",
                    fix="pip install --upgrade multiplane",
                )
            if not read_only:
                self._db.execute(f"PRAGMA user_version={FORMAT}")

    def close(self) -> None:
        """Write everything out and let go of the file."""
        with self._telling(), self._lock:
            self._db.close()

    # items ------------------------------------------------------------------------------------

    def entries(self, step: str) -> dict[str, Entry]:
        """How the items of a step stand, by id; what came of them is in :meth:`records`."""
        query = (
            "SELECT item, origin, key, state, artefacts, failure, attempts"
            " FROM records WHERE step = ?"
        )
        with self._telling(), self._lock:
            rows = self._db.execute(query, (step,)).fetchall()
        return {row[0]: _entry(row) for row in rows}

    def records(self, step: str, items: Sequence[str]) -> Iterator[Record]:
        """What came of items of a step, a few at a time.

        Args:
            step: The step.
            items: Which ones.

        Yields:
            The records of those that are done, in the order asked for.
        """
        for start in range(0, len(items), RECORDS_AT_A_TIME):
            some = items[start : start + RECORDS_AT_A_TIME]
            query = (
                "SELECT item, record FROM records WHERE step = ? AND record IS NOT NULL"
                f" AND item IN ({', '.join('?' * len(some))})"
            )
            with self._telling(), self._lock:
                found = dict(self._db.execute(query, (step, *some)).fetchall())
            yield from (record_from_json(item, found[item]) for item in some if item in found)

    def states(self, step: str) -> dict[str, tuple[str, str]]:
        """Item → (state, what went wrong), without reading the records."""
        query = "SELECT item, state, failure FROM records WHERE step = ?"
        with self._telling(), self._lock:
            rows = self._db.execute(query, (step,)).fetchall()
        return {
            item: (state, failure_from_json(failure).what if failure else "")
            for item, state, failure in rows
        }

    def begin(self, step: str, items: Iterable[tuple[str, str, str]]) -> None:
        """Mark items as begun, before anything is written for them.

        Args:
            step: The step.
            items: (item, origin, key) of each.
        """
        statement = (
            "INSERT INTO records (step, item, origin, key, state, attempts)"
            " VALUES (?, ?, ?, ?, 'begun', 1) ON CONFLICT (step, item) DO UPDATE SET"
            " origin = excluded.origin, key = excluded.key, state = 'begun', record = NULL,"
            " artefacts = NULL, failure = NULL, attempts = attempts + 1"
        )
        with self._transaction() as db:
            db.executemany(statement, [(step, *item) for item in items])

    def settle(self, step: str, outcome: Outcome) -> None:
        """Write down what came of an item; once this returns, a kill cannot undo it."""
        failure = failure_to_json(outcome.failure) if outcome.failure else None
        state = "failed" if failure else "done"
        artefacts = json.dumps(outcome.artefacts, separators=(",", ":"))
        with self._transaction() as db:
            db.execute(
                "UPDATE records SET state = ?, record = ?, artefacts = ?, failure = ?"
                " WHERE step = ? AND item = ?",
                (state, outcome.record, artefacts, failure, step, outcome.item),
            )

    def forget(self, step: str, items: Iterable[str]) -> None:
        """Take items out of the ledger whose artefacts were cleared."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM records WHERE step = ? AND item = ?", [(step, item) for item in items]
            )

    # steps ------------------------------------------------------------------------------------

    def start_step(self, step: str, position: int, plan: Mapping[str, Any]) -> None:
        """Note what a step is going to do, for those who watch."""
        with self._transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, 'running', ?)",
                (step, position, json.dumps(plan, separators=(",", ":"))),
            )

    def finish_step(self, step: str) -> None:
        """Note that a step is through, and force everything to the disk."""
        with self._transaction() as db:
            db.execute("UPDATE steps SET state = 'finished' WHERE step = ?", (step,))
        with self._telling(), self._lock:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def steps(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(step, state, plan) of the steps that were started, in order."""
        query = "SELECT step, state, plan FROM steps ORDER BY position"
        with self._telling(), self._lock:
            rows = self._db.execute(query).fetchall()
        return [(step, state, json.loads(plan)) for step, state, plan in rows]

    # digests of the user's files --------------------------------------------------------------

    def digests(self) -> dict[str, tuple[int, int, str]]:
        """Path → (size in bytes, time of change in ns, digest) of files read before."""
        with self._telling(), self._lock:
            rows = self._db.execute("SELECT path, size, mtime_ns, digest FROM digests").fetchall()
        return {path: (size, mtime, digest) for path, size, mtime, digest in rows}

    def keep_digests(self, digests: Mapping[str, tuple[int, int, str]]) -> None:
        """Remember digests, so that unchanged files are not read again."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)",
                [(path, *digest) for path, digest in digests.items()],
            )

    # ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._telling(), self._lock:
            self._db.execute("BEGIN")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = "full" in str(error)
            raise OutputError(
                f"{'no space left for' if full else 'cannot use'} {self._path}: {error}",
                why="it holds which items are done; what was finished before is kept",
                fix="free some space and run the same command again"
                if full
                else "check that the folder is writable; if the file is damaged, remove it: the"
                " run then starts from its beginning",
            ) from error


def _entry(row: tuple[Any, ...]) -> Entry:
    item, origin, key, state, artefacts, failure, attempts = row
    return Entry(
        item,
        origin,
        key,
        state,
        tuple((name, size) for name, size in json.loads(artefacts)) if artefacts else (),
        failure_from_json(failure) if failure else None,
        attempts,
    )
