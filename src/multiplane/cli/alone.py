"""A stage that is run alone: a recipe of one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from multiplane.cli.console import progress_bars, show_earlier, show_result
from multiplane.cli.runs import parse_settings

if TYPE_CHECKING:
    from multiplane.engine.inputs import Inputs
    from multiplane.engine.recipe import Recipe
    from multiplane.engine.run import ItemFailure


def run_planes(
    stage: str, folders: dict[str, Path], overrides: dict[str, object], values: dict[str, Any]
) -> None:
    """Run a stage on footage or on folders of planes, as a recipe of its own.

    Args:
        stage: The stage's name.
        folders: Plane → folder; where there are none, the footage in the values.
        overrides: Option → value.
        values: Flag → value.

    Raises:
        typer.Exit: With the exit status of the run.
    """
    from multiplane.engine import folders as planes
    from multiplane.engine.inputs import remembered

    if values.get("inputs"):
        recipe = planes.footage_recipe(stage)
        run_alone(stage, list(values["inputs"]), overrides, values, recipe)
    known = remembered(values["out"])
    inputs = planes.planes_of_folders(folders, known)
    left_out = planes.left_out(folders["frames"], stage.rpartition(".")[2])
    run_alone(stage, inputs, overrides, values, left_out=left_out)


def run_alone(
    stage: str,
    inputs: Inputs,
    overrides: dict[str, object],
    values: dict[str, Any],
    recipe: Recipe | None = None,
    left_out: Sequence[ItemFailure] = (),
) -> NoReturn:
    """Run a stage as a recipe of its own.

    Args:
        stage: The stage's name.
        inputs: What a run takes.
        overrides: Option → value.
        values: Flag → value.
        recipe: The recipe it is; that of the stage alone when absent.
        left_out: What of the inputs is no item, told beside what failed.

    Raises:
        typer.Exit: With the exit status of the run.
    """
    from multiplane.cli import flags
    from multiplane.engine import api
    from multiplane.engine.recipe import stage_recipe

    step = stage.rpartition(".")[2]
    options = {f"{step}.{key}": value for key, value in overrides.items()}
    typed = {
        f"{step}.{key}": flags.spelled(key.rpartition(".")[2], value)
        for key, value in overrides.items()
    }
    settings = parse_settings(values["settings"])
    flags.refuse_contradictions(typed, settings)
    chosen = (recipe or stage_recipe(stage)).with_options({**options, **settings}, typed)
    with progress_bars(values["quiet"]) as progress:
        report = api.run(
            chosen, inputs, values["out"], progress=progress, retry_failed=values["retry_failed"]
        )
    report = replace(report, left_out=(*left_out, *report.left_out))
    show_result(report)
    show_earlier(report)
    raise typer.Exit(report.exit_status)
