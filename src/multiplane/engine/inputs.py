"""Turns what the user hands in (videos, folders, planes) into planes with ids."""

from __future__ import annotations

import json
import logging
import os
import shlex
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine import folder
from multiplane.engine.fingerprint import FileDigests, hash_json
from multiplane.engine.names import Ids, is_text, listed, unnameable
from multiplane.engine.plan import Made, Source, check_ids
from multiplane.engine.recipe import Recipe
from multiplane.media.images import SUFFIXES

log = logging.getLogger(__name__)

Inputs: TypeAlias = str | Path | Planes | Sequence[str | Path | Planes]
"""A video file, a folder of pictures, planes of one's own, or several of them."""

Known: TypeAlias = Mapping[str, Mapping[str, Sequence[str]]]
"""Id → plane → files (at least the first) of each input that a run folder has ever been given."""

SOURCE = "source"
"""The plane that a path becomes."""
VIDEOS = {".mp4", ".mkv", ".mov", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".ts", ".mts", ".wmv"}
"""What video files are mostly called; only to tell somebody about them, any file may be one."""
EARLIER = "earlier"
"""Where a run folder notes the files of an input that is not part of the present run."""


def gather_inputs(inputs: Inputs, recipe: Recipe, known: Known | None = None) -> tuple[Planes, ...]:
    """Turn what the user hands in into planes.

    Args:
        inputs: Paths become planes with one file, ``source``; planes are taken as they are,
            with their paths made absolute. A path that is given twice is taken once.
        recipe: Says which planes it wants.
        known: What the run folder was given before: a path keeps its id, and no other path gets
            that id, or its results would take the place of the first one's.

    Returns:
        Planes with unique ids.

    Raises:
        InputError: A path is not there, is neither a file nor a folder, or has a name that is no
            text; a plane is missing or not wanted; or there is nothing.
    """
    given = [inputs] if isinstance(inputs, str | Path | Planes) else list(inputs)
    if not given:
        raise InputError(
            "nothing was handed in",
            why=f"the recipe {recipe.name!r} needs something to work on",
            fix=f"multiplane run {recipe.name} INPUT -o OUT",
        )
    names = _names([Path(entry) for entry in given if not isinstance(entry, Planes)], known or {})
    planes = [
        _absolute(entry)
        if isinstance(entry, Planes)
        else Planes(names.pop(Path(entry)), {SOURCE: (str(Path(entry).absolute()),)})
        for entry in given
        if isinstance(entry, Planes) or Path(entry) in names
    ]
    check_ids(entry.id for entry in planes)
    _check_wanted(planes, recipe)
    _check_present(planes)
    for name in (name for entry in planes for name in entry.files.get(SOURCE, ())):
        _look_into(Path(name))
    return tuple(planes)


def remembered(root: Path) -> Known:
    """What a run folder was ever given; nothing when it is new."""
    try:
        entries = json.loads((root / folder.INPUTS).read_text(encoding="utf-8"))
        return {
            str(entry["id"]): {
                plane: [str(name) for name in names]
                for plane, names in (entry.get(EARLIER) or entry["files"]).items()
                if names
            }
            for entry in entries
        }
    except (FileNotFoundError, NotADirectoryError):  # that it is a file is told when it is claimed
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("%s cannot be read; inputs get new ids: %s", root / folder.INPUTS, error)
        return {}


def described(planes: Sequence[Planes], known: Known) -> list[dict[str, Any]]:
    """What a run folder keeps of its inputs: those of this run, then earlier ones.

    Args:
        planes: The inputs of this run.
        known: What the folder was given before.

    Returns:
        JSON values. An earlier input has no files but says which it had, so that its id stays
        its own.
    """
    here = {entry.id for entry in planes}
    now = [
        {"id": entry.id, "files": dict(entry.files), "data": dict(entry.data)} for entry in planes
    ]
    before = [
        {
            "id": name,
            "files": {},
            "data": {},
            EARLIER: {plane: list(names[:1]) for plane, names in files.items()},
        }
        for name, files in known.items()
        if name not in here
    ]
    return [*now, *before]


def left_behind(
    root: Path, steps: Iterable[str], planes: Sequence[Planes], known: Known
) -> list[str]:
    """The inputs of earlier runs whose results still lie in a run folder.

    Args:
        root: The run folder.
        steps: The steps of the recipe.
        planes: The inputs of this run.
        known: What the folder was given before.

    Returns:
        Their ids.
    """
    made = [plane for step in steps for plane in (root / step).glob("*/")]
    here = {entry.id for entry in planes}
    gone = [name for name in known if name not in here]
    return [name for name in gone if any((plane / name).is_dir() for plane in made)]


def outdated(root: Path, steps: Sequence[str], failed: Iterable[tuple[str, str]]) -> list[str]:
    """The items that failed and of which files lie in a run folder all the same.

    Args:
        root: The run folder.
        steps: The steps of the recipe, in order.
        failed: (step, item) of each that failed in this run.

    Returns:
        Their ids. The files are of an earlier run, or unfinished.
    """
    found = []
    for step, item in failed:
        after = steps[steps.index(step) :]
        planes = [plane for one in after for plane in (root / one).glob("*/")]
        if any(path.is_file() for plane in planes for path in (plane / item).rglob("*")):
            found.append(item)
    return list(dict.fromkeys(found))


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


def kind_of(path: Path) -> str:
    """What stands at a path: ``file``, ``folder``, ``other``, or nothing (empty).

    Args:
        path: Any path.

    Raises:
        InputError: It cannot be looked at: its name is too long, or a folder above it is closed.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a zero byte in it
        return ""
    except OSError as error:
        raise InputError(
            f"cannot look at {path}: {(error.strerror or str(error)).lower()}",
            why="inputs are looked for before anything runs",
            fix=f"check the path: ls -ld {shlex.quote(str(path.parent))}",
        ) from error
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"


def _names(paths: Sequence[Path], known: Known) -> dict[Path, str]:
    """Path → id; a file that came before by another path is told and left out."""
    if not paths:
        return {}
    ids = Ids(known)
    owners = {
        _real(Path(files[SOURCE][0])): name for name, files in known.items() if SOURCE in files
    }
    first: dict[Path, Path] = {}
    names: dict[Path, str] = {}
    for path in paths:
        place = _real(path)
        if place in first:
            log.warning("%s is given twice, also as %s; it is done once", path, first[place])
            continue
        first[place] = path
        names[path] = owners.get(place) or ids.take(_title(path))
    return names


def _real(path: Path) -> Path:
    """Where a path leads, whether there is something or not."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a ring, a zero byte
        return path.absolute()


def _title(path: Path) -> str:
    """What an input is called: a folder by its name, a file by that without its suffix."""
    path = path.absolute()
    return path.name if kind_of(path) == "folder" else path.stem


def _absolute(planes: Planes) -> Planes:
    files = {
        plane: tuple(str(Path(name).absolute()) for name in names)
        for plane, names in planes.files.items()
    }
    return replace(planes, files=files)


def _look_into(source: Path) -> None:
    """See that a folder does not hold what its owner may believe to be looked at, but is not.

    Raises:
        InputError: It holds no pictures but videos, or its folders hold the pictures.
    """
    if kind_of(source) != "folder" or not os.access(source, os.R_OK | os.X_OK):
        return  # a folder that cannot be listed fails alone, with its reason
    found = [path for path in sorted(source.iterdir()) if not path.name.startswith(".")]
    others = [path for path in found if path.suffix.lower() not in SUFFIXES]
    videos = [path for path in others if path.suffix.lower() in VIDEOS]
    below = [path for path in others if path.is_dir() and _holds_pictures(path)]
    if len(others) == len(found) and (videos or below):
        offered = videos or below
        raise InputError(
            f"{source} holds no pictures; it holds "
            + ("videos: " if videos else "folders of pictures: ")
            + listed([path.name for path in offered]),
            why="a folder stands for the pictures that lie directly in it",
            fix="give these instead: " + " ".join(shlex.quote(str(path)) for path in offered[:5]),
        )
    unseen = videos + below
    if unseen:
        log.warning(
            "%s: only the pictures that lie directly in it are taken, not %s; give these too "
            "to have them taken",
            source,
            listed([path.name for path in unseen]),
        )


def _holds_pictures(folder: Path) -> bool:
    try:
        return any(path.suffix.lower() in SUFFIXES for path in folder.iterdir())
    except OSError:
        return False


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
                fix=_way_in(set(entry.files), needed, recipe)
                or (
                    "hand in Planes(id, files) with these names"
                    if missing
                    else f"leave out {', '.join(sorted(foreign))}"
                ),
            )


def _way_in(given: set[str], needed: set[str], recipe: Recipe) -> str:
    """What to type where footage was given in the place of pictures, or the other way round."""
    command = f"multiplane run {shlex.quote(recipe.file or recipe.name)}"
    if given == {SOURCE} and "images" in needed <= {"images", "masks"}:
        flags = " ".join(f"--{plane} FOLDER" for plane in sorted(needed))
        return (
            f"{command} {flags} -o OUT; in Python: multiplane.pictures({', '.join(sorted(needed))})"
        )
    if SOURCE in needed and given <= {"images", "masks"}:
        return f"{command} INPUT -o OUT"
    return ""


def _check_present(planes: Sequence[Planes]) -> None:
    """See that all files are there, and that their names can be written down.

    Raises:
        InputError: One is not, or is neither a file nor a folder, or its name is no text.
    """
    names = [name for entry in planes for names in entry.files.values() for name in names]
    for name in names:
        if not is_text(name):
            told = unnameable(Path(name))
            raise told
    kinds = {name: kind_of(Path(name)) for name in names}
    absent = [name for name, kind in kinds.items() if not kind]
    if absent:
        raise InputError(
            f"not there: {listed(absent)}",
            why="inputs are looked for before anything runs",
            fix="check the path; names with spaces need quotes",
        )
    odd = [name for name, kind in kinds.items() if kind == "other"]
    if odd:
        raise InputError(
            f"{odd[0]} is neither a file nor a folder",
            why="a pipe or a device has no end that could be found, and cannot be read twice",
            fix="save it as a file first",
        )
