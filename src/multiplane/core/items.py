"""Units of work: what goes into a stage and what came of it.

Planes are named lists of files that belong together frame by frame: the frames of a shot, their
masks, their alphas. A stage takes the planes of one shot (or one picture) as an :class:`Item`
and leaves a :class:`Record`. The engine joins the planes of several stages by their id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True)
class Planes:
    """Named lists of files that belong together.

    Attributes:
        id: Stable name, safe as a relative path (``clip/0003``); artefact folders carry it.
        files: Plane name → files, relative to the run folder (or absolute when they are the
            user's own). Planes of one frame each have equal lengths.
        data: What downstream stages need to know and JSON can hold, e.g. ``times`` in seconds,
            ``indices`` (source frame numbers), ``rate`` as "24/1".
    """

    id: str
    files: Mapping[str, tuple[str, ...]]
    data: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One unit of work for one stage.

    Attributes:
        id: The id of its planes.
        root: The run folder; relative files hang from it.
        folder: The stage's own folder, relative to ``root``; artefacts go below it.
        files: Plane name → files, see :class:`Planes`; only the planes the stage asked for.
        data: Joined data of those planes.
    """

    id: str
    root: Path
    folder: str
    files: Mapping[str, tuple[str, ...]]
    data: Mapping[str, Json] = field(default_factory=dict)

    def paths(self, plane: str) -> list[Path]:
        """The files of a plane as paths that can be opened; empty when it is absent."""
        return [self.root / name for name in self.files.get(plane, ())]

    def place(self, plane: str, name: str) -> tuple[str, Path]:
        """Where an artefact of this item goes.

        Args:
            plane: The plane it belongs to.
            name: Its file name.

        Returns:
            The name relative to the run folder, for the record, and the path to write to.
        """
        relative = f"{self.folder}/{plane}/{self.id}/{name}"
        return relative, self.root / relative


@dataclass(frozen=True)
class Record:
    """What came of one item.

    Attributes:
        item: The id of the item.
        outputs: The planes it left, all relative to the run folder; most stages leave one set
            under the item's own id, ``split.shots`` one set a shot.
        figures: What was measured and decided, for metadata and report; the same whenever the
            same work is done again.
        timings: Seconds by name; kept apart since they differ from run to run.
    """

    item: str
    outputs: tuple[Planes, ...] = ()
    figures: Mapping[str, Json] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
