"""Turns what the user hands in (videos, folders, planes) into planes with ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine.fingerprint import FileDigests, hash_json
from multiplane.engine.plan import Made, Source, check_ids
from multiplane.engine.recipe import Recipe

Inputs: TypeAlias = str | Path | Planes | Sequence[str | Path | Planes]
"""A video file, a folder of pictures, planes of one's own, or several of them."""

SOURCE = "source"
"""The plane that a path becomes."""


def gather_inputs(inputs: Inputs, recipe: Recipe) -> tuple[Planes, ...]:
    """Turn what the user hands in into planes.

    Args:
        inputs: Paths become planes with one file, ``source``; planes are taken as they are,
            with their paths made absolute.
        recipe: Says which planes it wants.

    Returns:
        Planes with unique ids.

    Raises:
        InputError: A path is not there or is neither a file nor a folder, a plane is missing or
            not wanted, or there is nothing.
    """
    given = [inputs] if isinstance(inputs, str | Path | Planes) else list(inputs)
    if not given:
        raise InputError(
            "nothing was handed in",
            why=f"the recipe {recipe.name!r} needs something to work on",
            fix=f"multiplane run {recipe.name} INPUT -o OUT",
        )
    names = _Names()
    planes = [
        _absolute(entry)
        if isinstance(entry, Planes)
        else Planes(names.take(Path(entry)), {SOURCE: (str(Path(entry).absolute()),)})
        for entry in given
    ]
    check_ids(entry.id for entry in planes)
    _check_wanted(planes, recipe)
    _check_present(planes)
    return tuple(planes)


def as_source(planes: Iterable[Planes], digests: FileDigests) -> Source:
    """Input planes as what the first steps join, keyed by the content of their files."""
    planes = list(planes)
    names = [name for entry in planes for files in entry.files.values() for name in files]
    found = digests.read(names)
    source = Source()
    for entry in planes:
        content = {
            plane: [[Path(name).name, found.get(name, "")] for name in files]
            for plane, files in entry.files.items()
        }
        key = hash_json([entry.id, content, dict(entry.data)])
        source.made[entry.id] = Made(entry, key, entry.id)
    return source


class _Names:
    """Gives each input an id: its stem made safe, with a number where two would be equal."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, path: Path) -> str:
        path = path.absolute()
        stem = path.name if path.is_dir() else path.stem
        base = re.sub(r"[^\w.-]+", "-", stem).strip(".-_")[:80] or "input"
        name, number = base, 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{base}-{number}"
        self._taken.add(name.casefold())
        return name


def _absolute(planes: Planes) -> Planes:
    files = {
        plane: tuple(str(Path(name).absolute()) for name in names)
        for plane, names in planes.files.items()
    }
    return replace(planes, files=files)


def _check_wanted(planes: Sequence[Planes], recipe: Recipe) -> None:
    needed, used = recipe.planes_wanted()
    for entry in planes:
        missing, foreign = needed - set(entry.files), set(entry.files) - used
        if missing or foreign:
            got = ", ".join(sorted(entry.files))
            optional = ", ".join(sorted(used - needed))
            raise InputError(
                f"{entry.id!r} has the planes {got}; {recipe.name!r} needs "
                + ", ".join(sorted(needed))
                + (f" and can use {optional}" if optional else ""),
                why="planes are handed to the stages by name",
                fix="hand in Planes(id, files) with these names"
                if missing
                else f"leave out {', '.join(sorted(foreign))}",
            )


def _check_present(planes: Sequence[Planes]) -> None:
    names = (name for entry in planes for names in entry.files.values() for name in names)
    odd = [name for name in names if not Path(name).is_file() and not Path(name).is_dir()]
    absent = [name for name in odd if not Path(name).exists()]
    if absent:
        shown = ", ".join(absent[:5]) + (f" and {len(absent) - 5} more" if len(absent) > 5 else "")
        raise InputError(
            f"not there: {shown}",
            why="inputs are looked for before anything runs",
            fix="check the path; names with spaces need quotes",
        )
    if odd:
        raise InputError(
            f"{odd[0]} is neither a file nor a folder",
            why="a pipe or a device has no end that could be found, and cannot be read twice",
            fix="save it as a file first",
        )
