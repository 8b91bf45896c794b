"""Planes that earlier runs made, as the input of a stage alone."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.core.items import Planes
from multiplane.engine.names import Ids, listed
from multiplane.engine.report.read import read_run


def planes_of_runs(
    runs: Sequence[Path], needs: Collection[str], accepts: Collection[str] = ()
) -> list[Planes]:
    """Take what runs were given and made, a set an item.

    Args:
        runs: Run folders.
        needs: The planes that are wanted.
        accepts: Those that are taken where they are there.

    Returns:
        Planes with the ids they had; a number is added to one that two runs have.

    Raises:
        InputError: A folder is no run, or has none of which all planes are there.
    """
    ids = Ids()
    found: list[Planes] = []
    for root in runs:
        run = read_run(root)
        before = len(found)
        for group in run.groups():
            files = {
                plane: tuple(str(path.absolute()) for path in run.plane(plane, group))
                for plane in (*needs, *accepts)
            }
            if all(files[plane] for plane in needs):
                there = {plane: names for plane, names in files.items() if names}
                found.append(Planes(ids.take(*group.split("/")), there))
        if len(found) == before:
            raise InputError(
                f"the run in {root} has not {listed([*needs])} of any picture",
                why="all of them belong to what is made of a picture",
                fix="multiplane run restore-artwork --images FOLDER --masks FOLDER -o OUT, then "
                f"name OUT in the place of {shlex.quote(str(root))}",
            )
    return found
