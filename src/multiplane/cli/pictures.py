"""Pictures and their masks as a command takes them."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from multiplane.core.errors import ConfigError

if TYPE_CHECKING:
    from multiplane.core.stage import Stage
    from multiplane.engine.inputs import Inputs
    from multiplane.engine.pictures import Pictures
    from multiplane.engine.recipe import Recipe

PLANES = {"images", "masks"}
"""A stage or recipe that needs some of these, images among them, takes pictures as they are."""
ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images",
        "--image",
        metavar="FILE|FOLDER",
        show_default=False,
        help="Pictures: one, or a folder that is searched downward.",
    ),
]
MasksOption = Annotated[
    Path | None,
    typer.Option(
        "--masks",
        "--mask",
        metavar="FILE|FOLDER",
        show_default=False,
        help="Their masks, named like them: one, a folder that is searched downward, or the folder "
        "of a run that made masks (restore damage).",
    ),
]
_PICTURES = typer.Argument(
    help="Pictures, and folders of them that are searched downward.", metavar="PICTURE"
)
_RUNS = typer.Argument(help="The folder of a run of restore-artwork, or several.", metavar="RUN")


def takes_pictures(needs: Collection[str]) -> bool:
    """Whether a stage works on pictures, rather than on frames."""
    return "images" in needs


def parameters(needs: Collection[str]) -> list[inspect.Parameter]:
    """How the pictures of a stage are given: as they are, with their masks, or as a run."""
    if set(needs) == {"images"}:
        annotation: Any = Annotated[list[Path], _PICTURES]
        return [_parameter("inputs", annotation, inspect.Parameter.empty)]
    if set(needs) <= PLANES:
        return [
            _parameter("plane_images", ImagesOption, None),
            _parameter("plane_masks", MasksOption, None),
        ]
    return [_parameter("inputs", Annotated[list[Path], _RUNS], inspect.Parameter.empty)]


def of_stage(stage: Stage, values: dict[str, Any]) -> Inputs:
    """What a stage is to work on, from the flags.

    Args:
        stage: The stage.
        values: Flag → value.

    Raises:
        ConfigError: Pictures or masks are not given.
        InputError: They are not there, or do not belong together.
    """
    from multiplane.engine.inputs import remembered
    from multiplane.engine.made import planes_of_runs
    from multiplane.engine.pictures import Pictures

    if set(stage.needs) == {"images"}:
        return Pictures(values["inputs"], None, remembered(values["out"]))
    if not set(stage.needs) <= PLANES:
        return planes_of_runs(values["inputs"], stage.needs, stage.accepts)
    command = f"multiplane {stage.name.replace('.', ' ')}"
    return matched(values, command, values["out"])


def of_recipe(
    recipe: Recipe, inputs: Sequence[Path], images: Path | None, masks: Path | None, out: Path
) -> Inputs:
    """What a recipe is to work on: what was given in a row, or pictures with their masks.

    Args:
        recipe: The recipe.
        inputs: Footage.
        images: Pictures.
        masks: Their masks.
        out: The run folder, which knows the names of what it was given before.

    Raises:
        ConfigError: Both or neither are given, or not what the recipe wants.
        InputError: Something is not there, or does not belong together.
    """
    named = shlex.quote(recipe.file or recipe.name)
    needed, used = recipe.planes_wanted()
    if "images" in used:
        flags = " ".join(f"--{plane} FOLDER" for plane in ("images", "masks") if plane in used)
        command, wanted = f"multiplane run {named}", f"multiplane run {named} {flags} -o OUT"
        if inputs:
            raise ConfigError(
                f"{recipe.name} wants {flags}, and got {inputs[0]}",
                why="it works on pictures, matched by name with what belongs to them",
                fix=wanted,
            )
        if masks is not None and "masks" not in used:
            raise ConfigError(
                f"{recipe.name} has no use for --masks", why="it takes pictures alone",
                fix="leave out --masks",
            )  # fmt: skip
        values = {"plane_images": images, "plane_masks": masks}
        return matched(values, command, out, masks_needed="masks" in needed)
    if images is not None or masks is not None or not inputs:
        flag = "--images" if images is not None else "--masks" if masks is not None else "nothing"
        raise ConfigError(
            f"{recipe.name} wants footage, and got {flag}",
            why="it works on videos and folders of pictures, which are named without a flag",
            fix=f"multiplane run {named} INPUT -o OUT",
        )
    return list(inputs)


def matched(values: dict[str, Any], command: str, out: Path, masks_needed: bool = True) -> Pictures:
    """Pictures and their masks.

    Args:
        values: Flag → value.
        command: What was typed, for messages.
        out: The run folder, which knows the names of what it was given before.
        masks_needed: Whether there must be masks.

    Raises:
        ConfigError: One of them is not given.
        InputError: One of them is not there, or no picture has a mask.
    """
    from multiplane.engine.inputs import remembered
    from multiplane.engine.pictures import Pictures

    images, masks = values.get("plane_images"), values.get("plane_masks")
    if images is None or (masks is None and masks_needed):
        lacking = "--images" if images is None else "--masks"
        raise ConfigError(
            f"{command} got no {lacking}",
            why="it works on pictures, and on masks that say what of them is damaged",
            fix=f"{command} --images FOLDER --masks FOLDER -o OUT; multiplane restore damage "
            "FOLDER -o found draws masks to correct by hand",
        )
    return Pictures(images, masks, remembered(out))


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
