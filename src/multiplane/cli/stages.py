"""``split`` and ``restore``: every stage on its own, with the options it has in a recipe."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from multiplane.cli.alone import run_alone, run_planes
from multiplane.cli.runs import OutOption, QuietOption, RetryOption, SetOption, VerboseOption
from multiplane.core.errors import ConfigError

HELP = {
    "split": "Footage into planes, a stage at a time.",
    "restore": "What was behind the planes, a stage at a time.",
}
INPUT_PLANES = ("source", "frames", "footage")
"""A stage that needs some of these and nothing else takes footage as it is."""


def verb(name: str) -> typer.Typer:
    """The commands of one verb, each made from its stage's code when it is asked for."""

    class Stages(TyperGroup):
        """Finds the stages of the verb in the engine's table."""

        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - typer's own type
            from multiplane.engine.stages import stage_names

            prefix = f"{name}."
            return [stage[len(prefix) :] for stage in stage_names() if stage.startswith(prefix)]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - typer's own type
            if cmd_name not in self.list_commands(ctx):
                return None
            return _command(f"{name}.{cmd_name}")

    app = typer.Typer(cls=Stages, help=HELP[name], no_args_is_help=True, rich_markup_mode=None)
    app.callback()(lambda: None)
    return app


def _command(stage: str) -> Any:  # noqa: ANN401 - typer's own type
    """The command of one stage."""
    from multiplane.cli import flags, inpaint, pictures
    from multiplane.engine.stages import find_stage

    if stage == inpaint.STAGE:
        return inpaint.command()
    found = find_stage(stage)
    takes_footage = set(found.needs) <= set(INPUT_PLANES)
    takes_pictures = pictures.takes_pictures(found.needs)

    def work(**values: Any) -> None:  # noqa: ANN401 - typer fills them by the signature below
        overrides = flags.given(found.options, values)
        if takes_pictures:
            run_alone(stage, pictures.of_stage(found, values), overrides, values)
        folders = {
            plane: values[f"plane_{plane}"]
            for plane in (*found.needs, *found.accepts)
            if values.get(f"plane_{plane}") is not None
        }
        if takes_footage:
            _one_way_in(stage, values.get("inputs") or [], folders)
        run_planes(stage, folders, overrides, values)

    planes = _planes(found.needs, found.accepts)
    if takes_footage:
        own = set(found.options.model_fields)  # an option of that name says it better
        others = tuple(plane for plane in found.accepts if plane not in own)
        planes = [*_footage(), *(_planes((), ("frames", *others)) if others else ())]
    if takes_pictures:
        planes = pictures.parameters(found.needs)
    common = [
        _keyword("out", OutOption),
        _keyword("settings", SetOption, []),
        _keyword("retry_failed", RetryOption, default=False),
        _keyword("quiet", QuietOption, default=False),
        _keyword("verbose", VerboseOption, default=0),
    ]
    signature = inspect.Signature([*planes, *flags.parameters(found.options), *common])
    work.__signature__ = signature  # type: ignore[attr-defined]
    summary = (type(found).__doc__ or stage).strip().splitlines()[0]
    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    settings = {"token_normalize_func": flags.with_dashes}
    name = stage.rpartition(".")[2]
    app.command(name, help=summary, short_help=summary, context_settings=settings)(work)
    return typer.main.get_command(app)


def _one_way_in(stage: str, inputs: list[Path], folders: dict[str, Path]) -> None:
    """See that a stage is given footage, or planes with frames among them.

    Raises:
        ConfigError: It is given neither or both, or planes without their frames.
    """
    if (inputs and not folders) or (not inputs and "frames" in folders):
        return
    command = f"multiplane {stage.replace('.', ' ')}"
    given = " and ".join([*map(str, inputs[:1]), *(f"--{plane}" for plane in folders)])
    raise ConfigError(
        f"{command} got {given or 'nothing to work on'}, wanted footage, or --frames with their "
        "planes",
        why="planes belong to frames file by file, and footage has no files of frames yet",
        fix=f"{command} film.mp4 -o OUT, or {command} --frames RUN --masks RUN -o OUT",
    )


def _footage() -> list[inspect.Parameter]:
    argument = typer.Argument(
        help="Videos, folders of pictures, single pictures, or several of these."
    )
    annotation = Annotated[list[Path] | None, argument]
    return [_keyword("inputs", annotation, None)]


def _planes(needs: tuple[str, ...], accepts: tuple[str, ...]) -> list[inspect.Parameter]:
    """A folder a plane; files belong together by their names."""
    from multiplane.engine.folders import SHARED, SINGLE

    parameters = []
    for plane in (*needs, *accepts):
        needed = plane in needs
        text = f"The {plane}: a folder of pictures named like the frames, or the folder of a run."
        if plane == "frames":
            text = "The frames: a folder of pictures, or the folder of a run."
        elif plane in SINGLE:
            text = f"The {plane}{SINGLE[plane]} of the shot, or the folder of a run."
        elif plane in SHARED:
            text = f"{text.rstrip('.')}, or one picture for all frames."
        metavar = "FILE|FOLDER" if plane in {*SINGLE, *SHARED} else "FOLDER"
        option = typer.Option(f"--{plane}", metavar=metavar, help=text)
        annotation = Annotated[Path, option] if needed else Annotated[Path | None, option]
        default = inspect.Parameter.empty if needed else None
        parameters.append(_keyword(f"plane_{plane}", annotation, default))
    return parameters


def _keyword(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty  # noqa: ANN401
) -> inspect.Parameter:  # fmt: skip
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )
