"""Files are written beside their place and renamed into it, so that a reader never sees half."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shlex
import threading
from collections.abc import Iterator
from pathlib import Path

from multiplane.core.errors import OutputError

PART_PREFIX = ".part-"
UNWRITABLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EEXIST,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
_serial = itertools.count()


@contextlib.contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; rename it into place when the block ends well.

    The temporary name keeps the suffix (encoders choose by it) and starts with ``.part-``. When
    the block raises, the temporary file is removed and what stood at ``path`` stays.

    Args:
        path: Where the file belongs; its folder is made when absent.

    Yields:
        The path to write to.

    Raises:
        OutputError: The folder or the file cannot be written, or the disk is full.
        OSError: Any other failure of the block, unchanged.
    """
    thread = threading.get_ident()
    part = path.with_name(f"{PART_PREFIX}{os.getpid()}-{thread}-{next(_serial)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        _forget(part)
        if error.errno in UNWRITABLE:
            told = explain_write_error(path, error)
            raise told from error
        raise
    except BaseException:
        _forget(part)
        raise


def _forget(part: Path) -> None:
    with contextlib.suppress(OSError):
        part.unlink()


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text whole or not at all; lines end alike on every system.

    A file name that holds bytes which are no text is written with escapes, as JSON reads them.

    Args:
        path: Where it belongs.
        text: What it holds.

    Raises:
        OutputError: It cannot be written.
    """
    with write_beside(path) as part:
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def explain_write_error(path: Path, error: OSError) -> OutputError:
    """Say what stood in the way of writing, and what to do about it."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return OutputError(
            f"no space left to write {path}",
            why="the disk or the quota is full; what was finished before is kept",
            fix="free some space and run the same command again: it goes on where it stopped",
        )
    what = f"cannot write {path}: {os.strerror(error.errno or 0).lower()}"
    parents = (path, *path.parents)
    standing = next((parent for parent in parents if os.path.lexists(parent)), path)
    if error.errno in {errno.EEXIST, errno.ENOTDIR} and not standing.is_dir():
        return OutputError(
            what,
            why=f"{standing} is a file, and a folder is needed there",
            fix="choose another folder with -o",
        )
    if error.errno == errno.ENAMETOOLONG:
        return OutputError(
            what,
            why="names of files have 255 bytes at most on nearly all systems, endings included",
            fix="rename the input to something shorter",
        )
    if error.errno == errno.EFBIG:
        return OutputError(
            what,
            why="the file system, or a limit of this process, allows no file as large",
            fix="ulimit -f unlimited; or choose a folder on another file system with -o",
        )
    closed = _closed(path, error)
    fix = "choose another folder with -o"
    if error.errno == errno.EACCES:
        fix += f", or: chmod u+w {shlex.quote(str(closed))}"
    return OutputError(what, why=f"{closed} must be writable", fix=fix)


def _closed(path: Path, error: OSError) -> Path:
    """What keeps a path from being written: it, or the nearest folder above it that stands."""
    name = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    tried = Path(name) if Path(name).is_absolute() else path  # it may lie deeper
    above = next((parent for parent in tried.parents if os.path.lexists(parent)), tried)
    for place in (above, tried):
        if os.path.lexists(place) and not os.access(place, os.W_OK):
            return place
    return tried if tried.is_dir() else above
