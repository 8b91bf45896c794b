"""Results that an item had before it is done anew: they go only when the new ones stand.

They wait in ``.before`` beside the planes of their step. A run that is cut off at any instant
finds them again; which of the two are the good ones, the ledger says.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from multiplane.core.atomic import explain_write_error
from multiplane.engine.ledger import Entry
from multiplane.engine.outcome import whole

FOLDER = ".before"


class Aside:
    """Keeps the earlier results of the items of one step."""

    def __init__(self, root: Path, step: str) -> None:
        """Look after a step.

        Args:
            root: The run folder.
            step: The id of the step.
        """
        self._root = root
        self._step = root / step
        self._before = self._step / FOLDER

    def recover(self, entries: Mapping[str, Entry]) -> None:
        """Bring in order what a run that was cut off has left; items half done stay as they are.

        Args:
            entries: What the ledger knows of the step.

        Raises:
            OutputError: The folder cannot be written.
        """
        if not self._before.is_dir():
            return
        for entry in entries.values():
            if entry.state == "done" and whole(self._root, entry.artefacts):
                self.drop(entry.item)
            elif entry.state == "done":  # cut off while it was put aside
                self._give_back(entry.item)
            elif entry.state == "failed":
                self.put_back(entry.item)

    def put(self, item: str, state: str) -> None:
        """Make room for an item; before it is marked as begun, so that a kill loses nothing.

        Args:
            item: Its id.
            state: How the ledger knows it so far. What one that was ``begun`` left is not
                finished, and goes.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._telling():
            for plane in self._planes():
                now, before = plane / item, self._before / plane.name / item
                if not now.is_dir():
                    continue
                if state == "begun" or before.is_dir():
                    shutil.rmtree(now)
                else:
                    before.parent.mkdir(parents=True, exist_ok=True)
                    now.rename(before)

    def drop(self, item: str) -> None:
        """Remove what an item had before: the new results stand.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._telling():
            for before in self._waiting(item):
                shutil.rmtree(before)
                self._tidy(before)

    def put_back(self, item: str) -> None:
        """Remove what an item left that failed, and give back what it had before.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._telling():
            for plane in self._planes():
                if (plane / item).is_dir():
                    shutil.rmtree(plane / item)
        self._give_back(item)

    def _give_back(self, item: str) -> None:
        with self._telling():
            for before in self._waiting(item):
                now = self._step / before.relative_to(self._before)
                now.parent.mkdir(parents=True, exist_ok=True)
                before.rename(now)
                self._tidy(before)

    def _planes(self) -> list[Path]:
        if not self._step.is_dir():
            return []
        return [p for p in self._step.iterdir() if p.is_dir() and p != self._before]

    def _waiting(self, item: str) -> list[Path]:
        if not self._before.is_dir():
            return []
        return [plane / item for plane in self._before.iterdir() if (plane / item).is_dir()]

    def _tidy(self, gone: Path) -> None:
        """Remove the folders that are empty now, up to our own."""
        with contextlib.suppress(OSError):
            while gone != self._before:
                gone = gone.parent
                gone.rmdir()

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            told = explain_write_error(self._step, error)
            raise told from error
