"""What a run left behind, read from the metadata of its steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multiplane.core.errors import InputError
from multiplane.engine.folder import INPUTS, PROVENANCE, require_run
from multiplane.engine.kept import read_kept

ENGINE_PARTS = ("load", "compute", "save")
"""The timings that the engine takes of every item; others are the stage's own."""

Figures = Mapping[str, Any]


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
    """

    id: str
    stage: str
    items: Mapping[str, Figures]
    planes: Mapping[str, Mapping[str, list[str]]]
    failures: list[Mapping[str, str]]
    skipped: Mapping[str, str]
    seconds: float
    timings: Mapping[str, float]


@dataclass(frozen=True)
class RunResult:
    """What a run left, step by step.

    Attributes:
        root: The run folder.
        recipe: The recipe's name.
        description: Its one sentence.
        inputs: The files and folders it was given.
        provenance: Versions and fingerprints.
        steps: The steps that have run, in order.
    """

    root: Path
    recipe: str
    description: str
    inputs: list[str]
    provenance: Figures
    steps: list[StepResult] = field(default_factory=list)

    def step(self, stage: str) -> StepResult | None:
        """The last step of a stage, or None when the recipe has none or it has not run."""
        found = [step for step in self.steps if step.stage == stage]
        return found[-1] if found else None

    def plane(self, name: str, group: str) -> list[Path]:
        """The files of a plane of one shot; empty when no step made it."""
        for step in reversed(self.steps):
            files = step.planes.get(group, {}).get(name)
            if files:
                return [self.root / file for file in files]
        return []

    def groups(self) -> list[str]:
        """The ids of the shots (or pictures), in order."""
        seen: dict[str, None] = {}
        for step in self.steps:
            seen.update(dict.fromkeys(step.planes))
        return list(seen)

    def frame_figures(self, stage: str) -> Iterator[tuple[str, Figures]]:
        """(shot, figures) of each frame of a stage, in order."""
        step = self.step(stage)
        for item, figures in step.items.items() if step else ():
            frames = figures.get("frames")
            for frame in frames if isinstance(frames, list) else ():
                yield item, frame


def read_run(root: Path) -> RunResult:
    """Read what a run left.

    Args:
        root: A run folder; the run may still be going on.

    Returns:
        The steps that are finished.

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
    given = _json(root / INPUTS, [])
    run = RunResult(
        root,
        recipe.name,
        recipe.description,
        [name for entry in given for names in entry["files"].values() for name in names[:1]],
        _json(root / PROVENANCE, {}),
    )
    for step in recipe.steps:
        found = _metadata(root / step, step)
        if found:
            run.steps.append(_step(found))
    return run


def _metadata(place: Path, step: str) -> Any:  # noqa: ANN401 - JSON
    """The metadata of a step: the one JSON file in its folder that says it is of the step."""
    for path in sorted(place.glob("*.json")):
        value = _json(path, None)
        if isinstance(value, dict) and value.get("step") == step and "items" in value:
            return value
    return None


def _step(value: Mapping[str, Any]) -> StepResult:
    timings: dict[str, float] = {}
    for parts in value["timings"]["items"].values():
        for name, seconds in parts.items():
            timings[name] = timings.get(name, 0.0) + seconds
    planes = {
        output["id"]: output["files"] for item in value["items"] for output in item["outputs"]
    }
    return StepResult(
        id=value["step"],
        stage=value["stage"],
        items={item["id"]: item["figures"] for item in value["items"]},
        planes=planes,
        failures=value["failures"],
        skipped=value["skipped"],
        seconds=sum(timings.pop(part, 0.0) for part in ENGINE_PARTS),
        timings=timings,
    )


def _json(path: Path, default: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError):
        return default
