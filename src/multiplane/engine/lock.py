"""One run a folder at a time: a lock that the system lets go of when the process dies."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from multiplane.core.errors import OutputError

FILE_NAME = "run.lock"


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the run folder for this process.

    Args:
        folder: The run folder; it exists.

    Raises:
        OutputError: Another process holds it.
    """
    with (folder / FILE_NAME).open("a+", encoding="ascii") as file:
        if not _try_lock(file) and not _try_again(file):
            file.seek(0)
            holder = file.read(20).strip() or "unknown"
            raise OutputError(
                f"{folder} is in use by process {holder}",
                why="two runs in one folder would undo each other's work",
                fix=f"wait for it, watch it with: multiplane status {shlex.quote(str(folder))}",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(folder: Path) -> bool:
    """Whether a process is at work in a run folder now."""
    try:
        with (folder / FILE_NAME).open("r+", encoding="ascii") as file:
            return not _try_lock(file)
    except OSError:
        return False


def _try_again(file: IO[str]) -> bool:
    """Wait a moment: somebody may only have looked whether it is held."""
    time.sleep(0.05)
    return _try_lock(file)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            file.seek(1 << 20)  # far behind the text, which others may then read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
