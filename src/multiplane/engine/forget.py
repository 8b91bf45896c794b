"""Removes what earlier runs left in a run folder of inputs that the latest run was not given."""

from __future__ import annotations

import json
import logging
import os
import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from multiplane.core.atomic import explain_write_error
from multiplane.core.config import nearest
from multiplane.core.errors import InputError
from multiplane.engine import collages, folder, lock
from multiplane.engine.inputs import EARLIER
from multiplane.engine.names import listed

log = logging.getLogger(__name__)


class _Stays(NamedTuple):
    """What is never removed.

    Attributes:
        ids: Of the inputs of the latest run.
        above: The folders that these ids lie in.
        given: All that was ever handed in, links followed.
        holding: The folders above that.
    """

    ids: frozenset[str]
    above: frozenset[str]
    given: frozenset[Path]
    holding: frozenset[Path]

    def has(self, name: str, place: Path) -> bool:
        """Whether any of it lies in the folder of an input, or the other way round."""
        path, real = PurePosixPath(os.path.normpath(name)), Path(os.path.realpath(place))
        return (
            str(path) in self.above
            or not self.ids.isdisjoint(map(str, (path, *path.parents)))
            or real in self.holding
            or not self.given.isdisjoint((real, *real.parents))
        )


def forget(root: Path, names: Sequence[str] = ()) -> list[str]:
    """Remove the results of earlier inputs: their folders in every plane, and their collages.

    What was handed in is never touched, nor what the latest run has made or taken up. Given
    again, such an input is worked on anew.

    Args:
        root: The run folder.
        names: The inputs, as the run calls them; none for all whose results lie there.

    Returns:
        The inputs of which something was removed.

    Raises:
        InputError: It is no run folder, or an input is one of the latest run, or none.
        OutputError: A run is at work in the folder, or something cannot be removed.
    """
    folder.require_run(root)
    with lock.hold(root):
        entries, stays = _look(root)
        earlier = [name for name, entry in entries.items() if EARLIER in entry]
        for name in names:
            if name not in earlier:
                told = _no_earlier(name, root, list(entries), earlier)
                raise told
        return [name for name in names or earlier if _remove(root, name, stays)]


def _stays(entries: dict[str, dict[str, Any]]) -> _Stays:
    ids = frozenset(name for name, entry in entries.items() if EARLIER not in entry)
    told = (files for one in entries.values() for files in (one.get(EARLIER), one.get("files")))
    lists: list[Iterable[Any]] = [
        names for files in told if isinstance(files, dict) for names in files.values()
    ]
    given = frozenset(Path(os.path.realpath(str(name))) for names in lists for name in names)
    above = (str(folder) for name in ids for folder in PurePosixPath(name).parents)
    return _Stays(
        ids, frozenset(above), given, frozenset(up for one in given for up in one.parents)
    )


def _look(root: Path) -> tuple[dict[str, dict[str, Any]], _Stays]:
    """What the run folder was ever given, by the name it has there; and what of it stays.

    Raises:
        InputError: That cannot be read.
    """
    path = root / folder.INPUTS
    try:
        entries = {str(entry["id"]): dict(entry) for entry in json.loads(path.read_bytes())}
        return entries, _stays(entries)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read: {error}",
            why="it says which results are of the latest run",
            fix="run once more into this folder, then type the same again",
        ) from error


def _no_earlier(name: str, root: Path, known: list[str], earlier: list[str]) -> InputError:
    if name in known:
        return InputError(
            f"{name} is part of the latest run in {root}",
            why="only results that are in no report any more are removed",
            fix="run again without this input first, or choose another folder with -o",
        )
    guess = nearest(name, earlier)
    told = listed(earlier) or "none"
    return InputError(
        f"no earlier input of {root} is called {name!r}",
        why=f"earlier inputs: {told}",
        fix=f"multiplane forget {shlex.quote(str(root))} {shlex.quote(guess or 'NAME')}",
    )


def _remove(root: Path, name: str, stays: _Stays) -> bool:
    """Remove the results of an input; say whether there were any.

    Raises:
        OutputError: Something cannot be removed.
    """
    real = root.resolve()
    try:
        places = [
            (plane, plane / name)
            for plane in root.glob("*/*/")
            if (plane / name).is_dir() and _inside(real, plane) and _inside(plane, plane / name)
        ]
        kept = [place for _, place in places if stays.has(name, place)]
        if kept:
            log.warning(
                "%s stays: it is among what was handed in or what the latest run made; delete it "
                "by hand if you do not want it",
                kept[0],
            )
        gone = [(plane, place) for plane, place in places if place not in kept]
        for plane, place in gone:
            shutil.rmtree(place)
            for above in place.parents:
                if above == plane or any(above.iterdir()):
                    break
                above.rmdir()
        taken = collages.take_back(root, name)
    except OSError as error:
        told = explain_write_error(root, error)
        raise told from error
    return bool(gone) or taken


def _inside(above: Path, path: Path) -> bool:
    """Whether a path, links followed, lies below another one and is not that one."""
    return above.resolve() in path.resolve().parents
