"""Results that an item had before it is done anew: they go only when the new ones stand.

They wait in ``.before`` beside the planes of their step. A run that is cut off at any instant
finds them again; which of the two are the good ones, the ledger says:

- moved there before the item is marked as *begun*,
- removed after it is *done*,
- moved back after it has *failed*, when what it had left by then was cleared before.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from multiplane.core.atomic import explain_write_error
from multiplane.engine.ledger import Entry
from multiplane.engine.outcome import whole

FOLDER = ".before"


class Aside:
    """Looks after the folders of the items of one step. Safe to call from several threads."""

    def __init__(self, root: Path, step: str) -> None:
        """Look after a step.

        Args:
            root: The run folder.
            step: The id of the step.
        """
        self._root = root
        self._step = root / step
        self._before = self._step / FOLDER
        self._lock = threading.Lock()

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
            elif entry.state != "begun":  # failed, or cut off while it was put aside
                self.give_back(entry.item)

    def put(self, item: str, state: str) -> None:
        """Make room for an item, and keep what it had.

        Args:
            item: Its id.
            state: How the ledger knows it so far. What one that was ``begun`` left is not
                finished, and goes.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._changing():
            for now in self._folders(self._step, item):
                before = self._before / now.relative_to(self._step)
                if state == "begun" or before.is_dir():
                    shutil.rmtree(now)
                else:
                    before.parent.mkdir(parents=True, exist_ok=True)
                    now.rename(before)

    def clear(self, item: str) -> None:
        """Remove what an item left, finished or not; what it had before stays.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._changing():
            for now in self._folders(self._step, item):
                shutil.rmtree(now)

    def drop(self, item: str) -> None:
        """Remove what an item had before.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._changing():
            for before in self._folders(self._before, item):
                shutil.rmtree(before)
                self._tidy(before)

    def give_back(self, item: str) -> None:
        """Put back what an item had before.

        Raises:
            OutputError: The folder cannot be written.
        """
        with self._changing():
            for before in self._folders(self._before, item):
                now = self._step / before.relative_to(self._before)
                now.parent.mkdir(parents=True, exist_ok=True)
                before.rename(now)
                self._tidy(before)

    def _folders(self, place: Path, item: str) -> list[Path]:
        """The folders of an item in each plane."""
        if not place.is_dir():
            return []
        planes = [plane for plane in place.iterdir() if plane.name != FOLDER]
        return [plane / item for plane in planes if (plane / item).is_dir()]

    def _tidy(self, gone: Path) -> None:
        """Remove the folders that are empty now, up to our own."""
        with contextlib.suppress(OSError):
            while gone != self._before:
                gone = gone.parent
                gone.rmdir()

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except OSError as error:
            told = explain_write_error(self._step, error)
            raise told from error
