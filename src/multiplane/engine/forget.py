"""Removes what earlier runs left in a run folder of inputs that the latest run was not given."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from multiplane.core.atomic import explain_write_error
from multiplane.core.config import nearest
from multiplane.core.errors import InputError
from multiplane.engine import collages, folder, lock
from multiplane.engine.inputs import EARLIER
from multiplane.engine.names import listed


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
        entries = _entries(root)
        earlier = [name for name, entry in entries.items() if EARLIER in entry]
        for name in names:
            if name not in earlier:
                told = _no_earlier(name, root, list(entries), earlier)
                raise told
        return [name for name in names or earlier if _remove(root, name)]


def _entries(root: Path) -> dict[str, dict[str, Any]]:
    """What the run folder was ever given, by the name it has there.

    Raises:
        InputError: That cannot be read.
    """
    path = root / folder.INPUTS
    try:
        return {str(entry["id"]): dict(entry) for entry in json.loads(path.read_bytes())}
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


def _remove(root: Path, name: str) -> bool:
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
        for plane, place in places:
            shutil.rmtree(place)
            for above in place.parents:
                if above == plane or any(above.iterdir()):
                    break
                above.rmdir()
        taken = collages.take_back(root, name)
    except OSError as error:
        told = explain_write_error(root, error)
        raise told from error
    return bool(places) or taken


def _inside(above: Path, path: Path) -> bool:
    """Whether a path, links followed, lies below another one and is not that one."""
    return above.resolve() in path.resolve().parents
