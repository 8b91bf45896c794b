"""Weights of the user's own, named by a path instead of a name of the table."""

from __future__ import annotations

import hashlib
import itertools
import os
from pathlib import Path

from multiplane.core.errors import WeightsError
from multiplane.hub.cache import remembered_sha256

MOST_FILES = 200
"""A folder with more files is no model's."""


def is_path(model: str) -> bool:
    """Whether a model is named by a path: it has a separator, begins with . or ~, or exists.

    Args:
        model: What the user typed.
    """
    separators = {os.sep, os.altsep or os.sep, "/", "\\"}
    if model.startswith((".", "~")) or any(separator in model for separator in separators):
        return True
    return bool(model) and os.path.lexists(model)


def foreign_path(path: str) -> bool:
    """Whether a path is written as on another system: with backslashes where / parts folders.

    Args:
        path: As typed.
    """
    return os.sep == "/" and "\\" in path


def find_own(model: str) -> Path:
    """The file or folder that a path names.

    Args:
        model: The path as typed; ``~`` is the home folder.

    Returns:
        The path; relative ones stay relative.

    Raises:
        WeightsError: Nothing is there, or nothing is in it.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        held: bool = any(path.iterdir())
    else:
        held = path.is_file() and path.stat().st_size > 0
    if not held:
        what = "is empty" if path.exists() else "is not there"
        raise WeightsError(
            f"model {model!r}: {path.absolute()} {what}",
            why="it was named by its path, so nothing else is tried",
            fix="name an existing file or folder of weights, or a name of: multiplane models list"
            + ("; here folders are parted by /" if foreign_path(model) else ""),
        )
    return path


def contents(path: Path, cache: Path, names: tuple[str, ...] | None = None) -> str:
    """The SHA-256 of what is in a file or folder, whatever the folder is called.

    Args:
        path: A file, or a folder; hidden files in it do not count.
        cache: Where hashes of files are remembered.
        names: The files of the folder that count; None for all.

    Returns:
        64 hex digits.

    Raises:
        WeightsError: The folder holds too many files to be a model's.
    """
    if path.is_file():
        return remembered_sha256(path, cache)
    found = [path / name for name in names] if names is not None else _files(path)
    digest = hashlib.sha256()
    for file in sorted(found):
        name = file.relative_to(path).as_posix()
        digest.update(
            f"{name}\0{remembered_sha256(file, cache)}\n".encode(errors="surrogateescape")
        )
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    """The files of a folder that are not hidden.

    Raises:
        WeightsError: They are too many.
    """
    seen = (
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    found = list(itertools.islice(seen, MOST_FILES + 1))
    if len(found) > MOST_FILES:
        raise WeightsError(
            f"{folder} holds more than {MOST_FILES} files",
            why="a folder of weights is read as a whole, and this looks like another one",
            fix="name the folder that holds config.json and model.safetensors",
        )
    return found
