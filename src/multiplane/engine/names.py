"""Names: those of files as text, and the ids that planes get from them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from multiplane.core.errors import InputError

MAX_PART = 80
"""Characters of one part of an id; a file system takes 255 bytes, and suffixes want room."""


class Ids:
    """Gives ids out: safe as paths, each once, and none a folder of another."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with those that are taken already."""
        self._ids = {name.casefold() for name in taken}
        self._folders: set[str] = set()
        for name in self._ids:
            parts = name.split("/")
            self._folders |= {"/".join(parts[:end]) for end in range(1, len(parts))}

    def take(self, *parts: str) -> str:
        """Make an id of names, with a number where it is taken, whatever capitals are worth.

        Args:
            parts: The names of the folders it lies in, then its own; any text.

        Returns:
            The parts made safe, with slashes between.
        """
        *above, own = map(safe_part, parts)
        parent = ""
        for part in above:
            parent = _numbered(f"{parent}{part}", lambda name: name in self._ids)
            self._folders.add(parent.casefold())
            parent += "/"
        name = _numbered(f"{parent}{own}", lambda name: name in self._ids or name in self._folders)
        self._ids.add(name.casefold())
        return name


def safe_part(name: str) -> str:
    """A name as every file system takes it: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", name).strip(".-_")[:MAX_PART].rstrip(".") or "input"


def is_text(name: str) -> bool:
    """Whether a file name is text; on Linux it may be any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def readable(name: str) -> str:
    r"""A file name to show: bytes that are no text as ``\xe9``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def quoted(path: Path) -> str:
    """A path as it is typed into a shell."""
    return shlex.quote(readable(str(path)))


def unnameable(path: Path) -> InputError:
    """Say that a path is no text, and how to rename the first part of it that is none."""
    upward = [path, *path.parents]
    first = next(part for part in reversed(upward) if not is_text(str(part)))
    plain = os.fsencode(first).replace(b"\\", b"\\\\").replace(b"'", b"\\'")
    typed = plain.decode("utf-8", "backslashreplace")
    return InputError(
        f"the name {readable(str(path))} is not UTF-8",
        why="names of files are written into the run folder, and text is UTF-8 there",
        fix=f"mv $'{typed}' '{first.with_name(safe_part(first.name))}'",
    )


def listed(names: Sequence[str]) -> str:
    """The first few of many names, to show."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _numbered(name: str, taken: Callable[[str], bool]) -> str:
    free, number = name, 1
    while taken(free.casefold()):
        number += 1
        free = f"{name}-{number}"
    return free
