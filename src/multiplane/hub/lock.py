"""One process at a time: a lock that the operating system lets go of when its holder dies."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from multiplane.core.atomic import explain_write_error

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def only_one(path: Path, poll_s: float = 0.1) -> Iterator[None]:
    """Hold a lock file for the block; wait while somebody else holds it.

    Args:
        path: The lock file; made when absent, left behind empty.
        poll_s: How long to wait between two tries, in seconds.

    Yields:
        Nothing.

    Raises:
        OutputError: The lock file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        explained = explain_write_error(path, error)
        raise explained from error
    with file:  # closing lets go
        while True:
            try:
                _try_lock(file)
                break
            except (BlockingIOError, PermissionError):
                time.sleep(poll_s)
        yield
