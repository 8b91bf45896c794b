"""The run folder: what lies where in it, and whose it is."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from multiplane.core.atomic import PART_PREFIX, explain_write_error, write_text
from multiplane.core.errors import InputError, OutputError
from multiplane.engine import ledger, lock

RECIPE = "recipe.yaml"
INPUTS = "inputs.json"
PROVENANCE = "provenance.json"
LEFT_OUT = "left_out.json"
"""What of the inputs the latest run left out before any step; absent when nothing was."""
LINE = 120
"""Characters in a line of JSON."""
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@contextlib.contextmanager
def claim(folder: Path, recipe: str) -> Iterator[None]:
    """Make or take up a run folder and hold it. Nothing is touched when it is not ours to take.

    Args:
        folder: The run folder; made when absent.
        recipe: The name of the recipe that wants to run in it.

    Raises:
        OutputError: It cannot be written, holds other files, belongs to another recipe, or
            another process runs in it.
    """
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _refuse_foreign(folder)
            _refuse_other_recipe(folder, recipe)
            stack.enter_context(lock.hold(folder))
            for pattern in (f"{PART_PREFIX}*", f"*/{PART_PREFIX}*"):
                for part in folder.glob(pattern):
                    part.unlink()
        except OSError as error:
            told = explain_write_error(folder, error)
            raise told from error
        yield


def is_run(folder: Path) -> bool:
    """Whether a folder is the folder of a run."""
    return any((folder / name).is_file() for name in (lock.FILE_NAME, ledger.FILE_NAME))


def require_run(folder: Path) -> None:
    """See that a folder is the folder of a run.

    Args:
        folder: Any path.

    Raises:
        InputError: It is not.
    """
    if not is_run(folder):
        raise InputError(
            f"{folder} is no run folder",
            why=f"a run folder holds {ledger.FILE_NAME}",
            fix="name the folder that was given to -o",
        )


def write_json(path: Path, value: object) -> None:
    """Write JSON that people can read, whole or not at all; untouched when it is the same.

    What fits into a line stays in one, as do lists of numbers.

    Args:
        path: Where it belongs.
        value: What it holds.

    Raises:
        OutputError: It cannot be written.
    """
    keep_text(path, lay_out(value, "") + "\n")


def keep_list(path: Path, entries: Sequence[object]) -> None:
    """Write a list as JSON; no file at all stands for an empty one.

    Args:
        path: Where it belongs.
        entries: What it holds.

    Raises:
        OutputError: It cannot be written or removed.
    """
    if entries:
        write_json(path, entries)
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        told = explain_write_error(path, error)
        raise told from error


def keep_text(path: Path, text: str) -> None:
    """Write text whole or not at all; untouched when it is the same.

    Args:
        path: Where it belongs.
        text: What it holds.

    Raises:
        OutputError: It cannot be written.
    """
    if not path.is_file() or path.read_bytes() != text.encode(errors="backslashreplace"):
        write_text(path, text)


def lay_out(value: object, indent: str) -> str:
    """JSON text that people can read: what is too long for a line gets a line an entry.

    Args:
        value: What it holds.
        indent: What stands before the line in which it begins.
    """
    inner = f"{indent} "
    if isinstance(value, dict):
        entries = [f"{_encode(str(key))}: {lay_out(entry, inner)}" for key, entry in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list | tuple) and any(isinstance(e, dict | list | str) for e in value):
        entries = [lay_out(entry, inner) for entry in value]
        opening, closing = "[]"
    else:
        return _encode(value)
    line = f"{opening}{', '.join(entries)}{closing}"
    if len(line) + len(indent) <= LINE and "\n" not in line:
        return line
    between = f",\n{inner}"
    return f"{opening}\n{inner}{between.join(entries)}\n{indent}{closing}"


def _refuse_foreign(folder: Path) -> None:
    others = [path.name for path in folder.iterdir() if not path.name.startswith(PART_PREFIX)]
    if others and not is_run(folder):
        raise OutputError(
            f"{folder} holds other files, e.g. {sorted(others)[0]}, and is no run of Multiplane",
            why="a run wants a folder of its own, so that nothing of yours is overwritten",
            fix=f"choose another folder: -o {shlex.quote(str(folder / 'run'))}",
        )


def _refuse_other_recipe(folder: Path, recipe: str) -> None:
    path = folder / RECIPE
    if not path.is_file():
        return
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        owner = value["name"]
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        owner = "a recipe that cannot be read any more"
    if owner != recipe:
        raise OutputError(
            f"{folder} belongs to the recipe {owner!r}, not to {recipe!r}",
            why="the results of two recipes do not mix",
            fix="choose another folder with -o, or: "
            f"multiplane run {shlex.quote(_file_of(folder) or str(owner))} … "
            f"-o {shlex.quote(str(folder))}",
        )


def _file_of(folder: Path) -> str:
    """The file that the recipe of a run came from; empty for one of ours, or when unknown."""
    try:
        value = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        return str(value["recipe"].get("file") or "")
    except (OSError, ValueError, AttributeError, TypeError, KeyError):
        return ""
