"""``restore inpaint``: damage in pictures, several restorations of each; or holes in frames."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from multiplane.cli import flags, pictures
from multiplane.cli.alone import run_planes
from multiplane.cli.console import progress_bars, show_earlier, show_result
from multiplane.cli.runs import (
    QuietOption,
    RetryOption,
    SetOption,
    VerboseOption,
    cache_folder,
    parse_settings,
)
from multiplane.core.config import Options, models_in
from multiplane.core.errors import ConfigError
from multiplane.media.images import SUFFIXES

if TYPE_CHECKING:
    from multiplane.engine.recipe import Recipe

RECIPE = "restore-artwork"
STAGE = "restore.inpaint"
SUMMARY = "Repair pictures: several restorations side by side; or fill what no frame saw."
PICTURES = "Pictures (with --image)"
BACKEND = "The backend diffusion (any of these asks for it)"
COLLAGE = "The collage of pictures"
FILM = "Frames of a film (with --frames)"
BOTH = "Both"
FILM_PLANES = ("frames", "plates", "unseen", "holes", "camera")
OUT_HELP = (
    "The run folder. For one picture also a name that ends in .png: the collage is put there, and "
    "the run beside it in <name>_run."
)
CACHE_HELP = "Folder for downloaded weights, for this call; MULTIPLANE_CACHE says it for all."
IMAGES_HELP = "Pictures: one, or a folder that is searched downward. Repairs them."
MASKS_HELP = (
    "The masks, named like the pictures or frames: one, a folder, or the folder of a run that "
    "made them. Of pictures, folders are searched downward."
)


def command() -> Any:  # noqa: ANN401 - typer's own type
    """The command, with the flags of both ways."""

    def work(**values: Any) -> None:  # noqa: ANN401 - typer fills them by the signature below
        with _cache_at(values["cache_dir"]):
            _work(values)

    groups = _groups()
    own = [parameter for group in groups.values() for parameter in group]
    work.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    titles = {parameter.name: title for title, group in groups.items() for parameter in group}

    class Grouped(TyperCommand):
        """Shows its options by what they are for."""

        def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own
            shown: dict[str, list[tuple[str, str]]] = {title: [] for title in groups}
            for parameter in self.get_params(ctx):
                record = parameter.get_help_record(ctx)
                if record is not None:
                    shown[titles.get(str(parameter.name), BOTH)].append(record)
            for title, records in shown.items():
                with formatter.section(title):
                    formatter.write_dl(records)

    app = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    settings = {"token_normalize_func": flags.with_dashes}
    app.command(
        "inpaint", help=SUMMARY, short_help=SUMMARY, cls=Grouped, context_settings=settings
    )(work)
    return typer.main.get_command(app)


def _models() -> tuple[type[Options], type[Options], type[Options], type[Options]]:
    """Options of candidates, of collages, of the backend diffusion, and of frames."""
    from multiplane.restore.candidates.config import CandidatesOptions
    from multiplane.restore.collage.config import CollageOptions
    from multiplane.restore.inpaint.config import InpaintOptions
    from multiplane.restore.inpaint.diffusion import DiffusionOptions

    return CandidatesOptions, CollageOptions, DiffusionOptions, InpaintOptions


def _choice(model: type[Options], kind: str) -> type[Options] | None:
    """The options of a backend of a stage; None when there is none of that name."""
    for choice in models_in(model.model_fields["backend"].annotation):
        if issubclass(choice, Options) and choice.model_fields["kind"].default == kind:
            return choice
    return None


def _groups() -> dict[str, list[inspect.Parameter]]:
    """Title of a part of the help → its flags."""
    candidates, collage, diffusion, frames = _models()
    of_pictures = {p.name: p for p in flags.parameters(candidates)}
    of_frames = {p.name: p for p in flags.parameters(frames)}
    shared = of_pictures.keys() & of_frames.keys()
    planes = {plane: _plane(plane) for plane in FILM_PLANES}
    return {
        PICTURES: [
            _option("plane_images", Path, "--image", "--images", "--batch-imgs-dir",
                    metavar="FILE|FOLDER", help=IMAGES_HELP),
            *(p for name, p in of_pictures.items() if name not in shared),
        ],
        COLLAGE: flags.parameters(collage),
        BACKEND: [p for p in flags.parameters(diffusion) if p.name != "kind"],
        FILM: [*planes.values(), *(p for name, p in of_frames.items() if name not in shared)],
        BOTH: [
            _option("plane_masks", Path, "--mask", "--masks", "--batch-masks-dir",
                    metavar="FILE|FOLDER", help=MASKS_HELP),
            _option("out", Path, "--out", "-o", "--output", "--output-dir",
                    help=OUT_HELP, needed=True),
            *(_both(p, of_frames[name]) for name, p in of_pictures.items() if name in shared),
            _keyword("settings", SetOption, []),
            _option("cache_dir", Path, "--cache-dir", help=CACHE_HELP),
            _keyword("retry_failed", RetryOption, False),
            _keyword("quiet", QuietOption, False),
            _keyword("verbose", VerboseOption, 0),
        ],
    }  # fmt: skip


def _both(of_pictures: inspect.Parameter, of_frames: inspect.Parameter) -> inspect.Parameter:
    """A flag that both ways have; its help says where they differ."""
    ours, theirs = (one.annotation.__metadata__[0] for one in (of_pictures, of_frames))
    if (ours.help, ours.metavar) == (theirs.help, theirs.metavar):
        return of_pictures
    # typer keeps the first of an option's names where others keep its default
    names = dict.fromkeys([ours.default, *ours.param_decls, theirs.default, *theirs.param_decls])
    metavar = "|".join(dict.fromkeys(f"{theirs.metavar}|{ours.metavar}".split("|")))
    text = f"Of pictures: {ours.help}. Of frames: {theirs.help}"
    return _option(of_pictures.name, str, *names, metavar=metavar, help=text)


def _plane(plane: str) -> inspect.Parameter:
    text = f"The {plane}: a folder of pictures named like the frames, or the folder of a run."
    if plane == "frames":
        text = "The frames: a folder of pictures, or the folder of a run. Fills their holes."
    if plane == "camera":
        text = "The camera.json of the shot, or the folder of a run."
    metavar = "FILE|FOLDER" if plane == "camera" else "FOLDER"
    return _option(f"plane_{plane}", Path, f"--{plane}", metavar=metavar, help=text)


def _option(
    name: str, kind: type, *spelled: str, help: str, metavar: str = "PATH", needed: bool = False
) -> inspect.Parameter:
    option = typer.Option(*spelled, metavar=metavar, help=help, show_default=False)
    if needed:
        return _keyword(name, Annotated[kind, option], inspect.Parameter.empty)
    return _keyword(name, Annotated[kind | None, option], None)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


@contextlib.contextmanager
def _cache_at(folder: Path | None) -> Iterator[None]:
    """Fetch weights into a folder, for as long as this lasts.

    Raises:
        ConfigError: It is a file.
    """
    from multiplane.hub.cache import choose_cache

    if folder is None:
        yield
        return
    if folder.exists() and not folder.is_dir():
        raise ConfigError(
            f"--cache-dir names {folder}, which is no folder",
            why="weights that are fetched are kept there",
            fix="--cache-dir FOLDER; it is made when absent",
        )
    choose_cache(folder.expanduser().absolute())
    try:
        yield
    finally:
        choose_cache(cache_folder())


def _work(values: dict[str, Any]) -> None:
    """Do what the flags ask for.

    Raises:
        ConfigError: They ask for both ways or neither.
    """
    images, frames = values["plane_images"], values["plane_frames"]
    if (images is None) == (frames is None):
        given = "both --image and --frames" if images else "neither --image nor --frames"
        raise ConfigError(
            f"multiplane restore inpaint got {given}",
            why="damage of pictures is repaired several times to choose from; holes in the frames "
            "of a film are filled once, frame by frame alike",
            fix="multiplane restore inpaint --image PICTURE --mask MASK -o OUT, or "
            "multiplane restore inpaint --frames FOLDER --masks FOLDER -o OUT",
        )
    if images is None:
        _fill_frames(values)
    else:
        _repair_pictures(values)


def _repair_pictures(values: dict[str, Any]) -> None:
    """Run the recipe for pictures.

    Raises:
        ConfigError: A flag is one of frames, or there are several pictures for one collage.
        typer.Exit: With the exit status of the run.
    """
    from multiplane.engine import api, collages
    from multiplane.engine.recipe import load_recipe

    candidates, collage, _, frames = _models()
    foreign = {*frames.model_fields} - {*candidates.model_fields}
    _refuse_foreign(values, foreign | {f"plane_{plane}" for plane in FILM_PLANES}, "--image")
    root, grid = _places(values["out"])
    settings = parse_settings(values["settings"])
    own = flags.given(candidates, values)
    backend = _backend("candidates", candidates, own, values, settings)
    options = {f"candidates.{key}": value for key, value in {**own, **backend}.items()}
    options |= {f"collage.{key}": value for key, value in flags.given(collage, values).items()}
    recipe = _with_options(load_recipe(RECIPE), options, settings)
    _refuse_idle(recipe, backend)
    inputs = pictures.matched(values, "multiplane restore inpaint", root)
    if grid is not None:
        if len(inputs) > 1:
            raise ConfigError(
                f"{grid} is one collage, and there are {len(inputs)} pictures",
                why="each picture has a collage of its own",
                fix=f"-o {grid.with_suffix('')}, for a folder of them",
            )
        collages.require_ours(root, grid)
    with progress_bars(values["quiet"]) as progress:
        report = api.run(
            recipe, inputs, root, progress=progress, retry_failed=values["retry_failed"]
        )
    show_result(report)
    made = collages.collages_of(root) if grid is not None else {}
    for path in made.values():
        assert grid is not None  # else there would be none
        collages.put(root, path, grid)
        typer.echo(f"{'collage':>10}  {grid}")
    show_earlier(report)
    raise typer.Exit(report.exit_status)


def _fill_frames(values: dict[str, Any]) -> None:
    """Run the stage alone, on frames.

    Raises:
        ConfigError: A flag is one of pictures, or there are no masks.
    """
    candidates, collage, _, frames = _models()
    _refuse_foreign(
        values, ({*candidates.model_fields} - {*frames.model_fields}) | {*collage.model_fields},
        "--frames",
    )  # fmt: skip
    if values["plane_masks"] is None:
        raise ConfigError(
            "multiplane restore inpaint --frames got no --masks",
            why="masks say what of the frames is to be filled",
            fix="--masks FOLDER, with a mask for each frame, named like it",
        )
    planes = (*FILM_PLANES, "masks")
    folders = {
        plane: values[f"plane_{plane}"] for plane in planes if values[f"plane_{plane}"] is not None
    }
    own = flags.given(frames, values)
    settings = parse_settings(values["settings"])
    run_planes(
        STAGE, folders, {**own, **_backend("inpaint", frames, own, values, settings)}, values
    )


def _places(out: Path) -> tuple[Path, Path | None]:
    """The run folder, and where the one collage is wanted.

    Raises:
        ConfigError: It is wanted as another kind of picture.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES or out.is_dir():
        return out, None
    if suffix != ".png":
        raise ConfigError(
            f"--output {out} ends in {out.suffix}, wanted .png or a folder",
            why="collages are PNG, in which nothing is lost",
            fix=f"--output {out.with_suffix('.png')}",
        )
    return out.with_name(f"{out.stem}_run"), out


def _backend(
    step: str,
    model: type[Options],
    own: Mapping[str, object],
    values: Mapping[str, Any],
    settings: Mapping[str, object],
) -> dict[str, object]:
    """The options of the backend that were given as flags; those of diffusion ask for it.

    Raises:
        ConfigError: Another backend was asked for that has no such option.
    """
    typed = flags.given(_models()[2], values)
    in_settings = settings.get(f"{step}.backend.kind") or settings.get(f"{step}.backend")
    asked = str(own.get("backend") or in_settings or "auto")
    kind = "diffusion" if asked == "auto" and typed else asked
    choice = _choice(model, kind)
    if not typed or choice is None:  # a backend that nobody has is told of with the other options
        return {}
    foreign = [
        flags.spelled(name, typed[name]) for name in typed if name not in choice.model_fields
    ]
    if foreign:
        theirs = [f"--set {step}.backend.{name}" for name in choice.model_fields if name != "kind"]
        raise ConfigError(
            f"{', '.join(foreign)}: not of the backend {kind}, which was asked for",
            why=f"{kind} has {', '.join(theirs) or 'no options'}",
            fix=f"leave out {' '.join(foreign)}; or --backend diffusion",
        )
    named = {} if in_settings else {"backend": kind}
    return {**named, **{f"backend.{name}": value for name, value in typed.items()}}


def _refuse_idle(recipe: Recipe, backend: Mapping[str, object]) -> None:
    """See that the options of the backend are those of some row.

    Raises:
        ConfigError: All rows name other backends.
    """
    options = next(step.options for step in recipe.steps() if step.id == "candidates")
    rows = getattr(options, "rows", 1)
    kind = getattr(getattr(options, "backend", None), "kind", "")
    if not backend or isinstance(rows, int):
        return
    if all(row.backend is not None and row.backend.kind != kind for row in rows):
        typed = [flags.spelled(key.partition(".")[2]) for key in backend if "." in key]
        raise ConfigError(
            f"{', '.join(typed)}: of the backend {kind}, and no row is by {kind}",
            why=f"--rows names {', '.join(dict.fromkeys(row.backend.kind for row in rows))}",
            fix=f"name {kind} among the rows, or leave out {' '.join(typed)}",
        )


def _refuse_foreign(values: Mapping[str, Any], foreign: set[str], given: str) -> None:
    """See that no flag is one of the other way.

    Raises:
        ConfigError: One is.
    """
    typed = [name for name in sorted(foreign) if values.get(name) not in (None, [])]
    if typed:
        words = [flags.spelled(name.removeprefix("plane_"), values[name]) for name in typed]
        other = "--image PICTURE" if given == "--frames" else "--frames FOLDER"
        raise ConfigError(
            f"{', '.join(words)}: not for {given}",
            why="pictures are repaired by one recipe and the frames of a film by another stage, "
            "each with its own options: multiplane restore inpaint --help",
            fix=f"leave out {' '.join(words)}, or give {other} instead of {given}",
        )


def _with_options(
    recipe: Recipe, options: Mapping[str, object], settings: Mapping[str, object]
) -> Recipe:
    """The recipe with what was typed; messages name the flags."""
    typed = {key: flags.spelled(key.rpartition(".")[2], value) for key, value in options.items()}
    flags.refuse_contradictions(typed, settings)
    return recipe.with_options({**options, **settings}, typed)
