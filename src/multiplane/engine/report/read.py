"""What a run left behind, read from the metadata of its steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multiplane.core.errors import InputError, OutputError
from multiplane.engine.folder import INPUTS, LEFT_OUT, PROVENANCE, require_run
from multiplane.engine.kept import read_kept
from multiplane.engine.status import read_status

ENGINE_PARTS = ("load", "compute", "save")
"""The timings that the engine takes of every item; others are the stage's own."""
RATE = "_per_s"
"""How the names of timings end that are no seconds."""
SOURCE = "source"
"""The plane of an input that is footage."""
BULKY = {"rle", "holes", "instances"}
"""Figures that are most of a metadata file and of which the page shows nothing."""

Figures = Mapping[str, Any]
Files = Mapping[str, Mapping[str, list[str]]]
"""Planes id → plane name → files."""


@dataclass(frozen=True)
class StepResult:
    """What one step left.

    Attributes:
        id: The step.
        stage: The stage's name.
        items: Item id → its figures.
        planes: Planes id → plane name → files relative to the run folder (or absolute).
        failures: One mapping a failed item: id, what, why, fix.
        skipped: Item id → the failure upstream it waits for.
        seconds: Loading, computing and saving, summed over the items, whichever run did them.
        timings: Name of a part within → seconds, likewise.
        options: The options it ran with.
        work: Item id → part → seconds, those of the engine and the stage's own.
    """

    id: str
    stage: str
    items: Mapping[str, Figures]
    planes: Files
    failures: list[Mapping[str, str]]
    skipped: Mapping[str, str]
    seconds: float
    timings: Mapping[str, float]
    options: Figures = field(default_factory=dict)
    work: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def seconds_of(self, item: str) -> float:
        """Loading, computing and saving of one item."""
        return sum(self.work.get(item, {}).get(part, 0.0) for part in ENGINE_PARTS)


@dataclass(frozen=True)
class RunResult:
    """What a run left, step by step.

    Attributes:
        root: The run folder.
        recipe: The recipe's name.
        description: Its one sentence.
        given: What it was given: id → plane → files.
        provenance: Versions and fingerprints.
        steps: The steps that have run, in order.
        unfinished: The ids of the steps that are not through.
        active: Whether a process is at work in the folder.
        notes: What could not be read.
        left_out: What of the inputs had no part in it: step, item, what, why, fix.
    """

    root: Path
    recipe: str
    description: str
    given: Files
    provenance: Figures
    steps: list[StepResult] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    active: bool = False
    notes: list[str] = field(default_factory=list)
    left_out: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def sources(self) -> list[str] | None:
        """The footage it was given; None when it was given planes instead."""
        planes = [plane for files in self.given.values() for plane in files]
        if not planes or set(planes) != {SOURCE}:
            return None
        return [name for files in self.given.values() for name in files[SOURCE]]

    @property
    def versions(self) -> Figures:
        """Package → version that it was made with."""
        return _mapping(self.provenance.get("versions"))

    @property
    def fingerprints(self) -> dict[str, str]:
        """Step → what it was made with beside the packages, e.g. weights."""
        return {
            str(entry.get("step")): str(entry["fingerprint"])
            for entry in _list(self.provenance.get("steps"))
            if entry.get("fingerprint")
        }

    def step(self, stage: str) -> StepResult | None:
        """The last step of a stage, or None when the recipe has none or it has not run."""
        found = [step for step in self.steps if step.stage == stage]
        return found[-1] if found else None

    def step_id(self, stage: str) -> str:
        """What the recipe calls a stage, whether it has run or not; empty when it has none."""
        told = [(step.id, step.stage) for step in self.steps]
        for entry in _list(self.provenance.get("steps")):
            told.append((str(entry.get("step")), str(entry.get("stage"))))
        return next((name for name, of in told if of == stage), "")

    def plane(self, name: str, group: str) -> list[Path]:
        """The files of a plane of one shot, made or given; empty when there are none."""
        for step in reversed(self.steps):
            files = step.planes.get(group, {}).get(name)
            if files:
                return [self.root / file for file in files]
        return [self.root / file for file in self.given.get(group, {}).get(name, [])]

    def groups(self) -> list[str]:
        """The ids of the shots (or pictures), in order."""
        seen: dict[str, None] = {}
        for step in self.steps:
            seen.update(dict.fromkeys(step.planes))
        given = (group for group, files in self.given.items() if SOURCE not in files)
        return list(dict.fromkeys([*given, *seen]))

    def frame_figures(self, stage: str) -> Iterator[tuple[str, Figures]]:
        """(shot, figures) of each frame of a stage, in order."""
        step = self.step(stage)
        for item, figures in step.items.items() if step else ():
            for frame in _list(figures.get("frames")):
                yield item, frame


def read_run(root: Path) -> RunResult:
    """Read what a run left.

    Args:
        root: A run folder; the run may still be going on.

    Returns:
        The steps that have run. What is damaged is left out and noted.

    Raises:
        InputError: It is no run folder, has no recipe yet, or a damaged one.
    """
    require_run(root)
    recipe = read_kept(root)
    if recipe is None:
        raise InputError(
            f"{root} has nothing to report yet",
            why="the run was cut off before its recipe was written, or is just beginning",
            fix="the same command again; it goes on where it stopped",
        )
    notes: list[str] = []
    steps = [step for name in recipe.steps if (step := _step_in(root / name, name, notes))]
    unfinished, active = _unfinished(root, recipe.steps, {step.id for step in steps}, notes)
    return RunResult(
        root,
        recipe.name,
        recipe.description,
        _given(root / INPUTS, notes),
        _mapping(_json(root / PROVENANCE, notes)),
        steps,
        unfinished,
        active,
        notes,
        [
            {"item": "", "what": "", "why": "", "fix": "", **entry}
            for entry in _list(_json(root / LEFT_OUT, notes))
        ],
    )


def _unfinished(
    root: Path, steps: tuple[str, ...], read: set[str], notes: list[str]
) -> tuple[list[str], bool]:
    """The steps that are not through, and whether somebody is at work on them."""
    try:
        status = read_status(root)
    except OutputError as error:
        notes.append(f"{error.what}; whether all steps are through is told by their files alone")
        return [step for step in steps if step not in read], False
    return [step.id for step in status.steps if step.state != "finished"], status.active


def _given(path: Path, notes: list[str]) -> Files:
    """Id → plane → files of the inputs of the latest run."""
    given: dict[str, Mapping[str, list[str]]] = {}
    try:
        for entry in _json(path, notes) or []:
            files = {str(plane): [*map(str, names)] for plane, names in entry["files"].items()}
            if files:  # an input of an earlier run has none
                given[str(entry["id"])] = files
    except (TypeError, KeyError, AttributeError) as error:
        notes.append(_damaged(path, error))
        return {}
    return given


def _step_in(place: Path, step: str, notes: list[str]) -> StepResult | None:
    """The step that the metadata in a folder tell of: the JSON file that says it is of the step."""
    for path in sorted(place.glob("*.json")):
        value = _json(path, notes)
        if isinstance(value, dict) and value.get("step") == step:
            try:
                return _step(value)
            except (TypeError, KeyError, AttributeError, ValueError) as error:
                notes.append(_damaged(path, error))
    return None


def _step(value: Mapping[str, Any]) -> StepResult:
    timings: dict[str, float] = {}
    work = {
        str(item): {
            name: float(seconds) for name, seconds in parts.items() if not name.endswith(RATE)
        }
        for item, parts in value["timings"]["items"].items()
    }
    for parts in work.values():
        for name, seconds in parts.items():
            timings[name] = timings.get(name, 0.0) + seconds
    planes = {
        output["id"]: output["files"] for item in value["items"] for output in item["outputs"]
    }
    return StepResult(
        id=value["step"],
        stage=value["stage"],
        items={item["id"]: _mapping(item["figures"]) for item in value["items"]},
        planes=planes,
        failures=[{"why": "", "fix": "", **_mapping(failure)} for failure in value["failures"]],
        skipped=_mapping(value["skipped"]),
        seconds=sum(timings.pop(part, 0.0) for part in ENGINE_PARTS),
        timings=timings,
        options=_mapping(value.get("options")),
        work=work,
    )


def _json(path: Path, notes: list[str]) -> Any:  # noqa: ANN401 - JSON
    """What a file holds, without what is bulky; None and a note when it is damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_hook=_lightened)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        notes.append(_damaged(path, error))
        return None


def _lightened(value: dict[str, Any]) -> dict[str, Any]:
    """An object of a JSON file as soon as it is read, so that the bulk never piles up."""
    for key in BULKY & value.keys():
        if not _names_files(value[key]):  # a plane may be called like a figure
            del value[key]
    return value


def _names_files(value: object) -> bool:
    """Whether it is a list of texts, as the files of a plane are."""
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)


def _damaged(path: Path, error: Exception) -> str:
    what = " ".join(str(error).split()) or type(error).__name__
    return f"{path} is damaged and was left out ({what}); remove it and run the same command again"


def _mapping(value: object) -> Mapping[str, Any]:
    """A mapping, whatever a damaged file has in its place."""
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    """The mappings of a list, whatever a damaged file has in its place."""
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )
