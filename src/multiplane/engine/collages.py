"""Collages where people look for them: ``<stem>_collage.png`` at the top of the run folder."""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from multiplane.core.atomic import write_beside
from multiplane.core.errors import OutputError
from multiplane.engine import folder
from multiplane.engine.check import Step
from multiplane.engine.report.read import read_run

log = logging.getLogger(__name__)

PLANE = "collages"
KEPT = "collages.json"
"""Where a run folder notes what it has put elsewhere, to tell it from files of others."""


def hand_out(root: Path, steps: Iterable[Step]) -> list[Path]:
    """Put the collages of a run at the top of its folder, as second names of the same files.

    Those of pictures that are called alike get their folders into the name. A file that the run
    did not put there stays as it is, and is told of.

    Args:
        root: The run folder.
        steps: The steps of its recipe.

    Returns:
        The collages at the top of the folder.

    Raises:
        OutputError: The folder cannot be written.
    """
    if not any(PLANE in step.stage.makes for step in steps):
        return []
    made = collages_of(root)
    often = Counter(path.name.casefold() for path in made.values())
    taken = {name for name, count in often.items() if count == 1}
    placed = []
    for group, path in made.items():
        name = path.name
        if often[name.casefold()] > 1:
            name = f"{group.replace('/', '_')}_collage{path.suffix}"
            while name.casefold() in taken:
                name = f"_{name}"
            taken.add(name.casefold())
        try:
            put(root, path, root / name, group)
            take_back(root, group, but=name)  # what it was called while no other was called so
        except OutputError as error:
            if _is_ours(root, root / name):
                raise
            log.warning("%s; the collage is %s", error.what, path)
        else:
            placed.append(root / name)
    return placed


def collages_of(root: Path) -> dict[str, Path]:
    """The collage of each picture of a run, by the id of the picture."""
    run = read_run(root)
    found = {group: run.plane(PLANE, group) for group in run.groups()}
    return {group: paths[0] for group, paths in found.items() if paths and paths[0].is_file()}


def put(root: Path, source: Path, place: Path, group: str = "") -> None:
    """Give a file of a run a second name, or a copy where the file system has no such thing.

    Args:
        root: The run folder.
        source: The file.
        place: Where it is to be seen as well.
        group: The picture that it is of; left out where the user chose the place.

    Raises:
        OutputError: There is another file already, or it cannot be written.
    """
    require_ours(root, place)
    if not (place.exists() and place.samefile(source)):
        with write_beside(place) as part:
            try:
                os.link(source, part)
            except OSError:  # another disk, or one without such links
                shutil.copy2(source, part)
    state = place.stat()
    entry: list[int | str] = [state.st_size, state.st_mtime_ns, group]
    kept = _kept(root)
    if kept.get(_key(root, place)) != entry:
        folder.write_json(root / KEPT, {**kept, _key(root, place): entry})


def take_back(root: Path, group: str, but: str = "") -> bool:
    """Remove the names that the collages of a picture have at the top of a run folder.

    Args:
        root: The run folder.
        group: The picture.
        but: A name that stays.

    Returns:
        Whether there was any. One that was changed since is not ours any more, and stays.

    Raises:
        OSError: It cannot be removed.
    """
    kept = _kept(root)
    gone = [
        name
        for name, entry in kept.items()
        if entry[2:] == [group] and name != but and name == Path(name).name
    ]
    ours = [name for name in gone if (root / name).is_file() and _is_ours(root, root / name)]
    for name in ours:
        (root / name).unlink()
    if gone:
        left = {name: entry for name, entry in kept.items() if name not in gone}
        folder.write_json(root / KEPT, left)
    return bool(ours)


def require_ours(root: Path, place: Path) -> None:
    """See that nothing of somebody else's is at a place.

    Args:
        root: The run folder that wants to write there.
        place: The place.

    Raises:
        OutputError: There is something that this run did not put there, or has been changed since.
    """
    if os.path.lexists(place) and not _is_ours(root, place):
        raise OutputError(
            f"{place} is there already, and is not as this run left it",
            why="it may be the only copy of something else",
            fix=f"choose another name with --output, or move it away: mv {shlex.quote(str(place))} "
            f"{shlex.quote(str(place.with_stem(f'{place.stem}_before')))}",
        )


def _is_ours(root: Path, place: Path) -> bool:
    try:
        state = place.lstat()
    except OSError:
        return True  # nobody's
    return _kept(root).get(_key(root, place), [])[:2] == [state.st_size, state.st_mtime_ns]


def _key(root: Path, place: Path) -> str:
    place = place.absolute()
    return place.name if place.parent == root.absolute() else str(place)


def _kept(root: Path) -> dict[str, list[int | str]]:
    """Place → [bytes, time of change in ns, picture] of what the run has put there."""
    try:
        value = json.loads((root / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: entry for name, entry in value.items() if isinstance(entry, list)}
