"""``demo``, ``run``, ``status``, ``report``, ``forget`` and ``doctor``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from multiplane.cli.console import listen, progress_bars, show_cost, show_earlier, show_result
from multiplane.cli.pictures import ImagesOption, MasksOption, of_recipe
from multiplane.core.errors import ConfigError

OutOption = Annotated[Path, typer.Option("--out", "-o", help="The run folder.")]
SetOption = Annotated[
    list[str],
    typer.Option(
        "--set",
        "-s",
        metavar="STEP.OPTION=VALUE",
        help="Change an option of the recipe, e.g. segment.min_instance_px=4096. Repeatable; of "
        "the same option the last one counts.",
    ),
]
RetryOption = Annotated[
    bool, typer.Option("--retry-failed", help="Take the items that failed before once more.")
]
PriceOption = Annotated[
    float | None,
    typer.Option(
        "--price-per-hour",
        metavar="PRICE",
        show_default=False,
        help="What an hour of this machine costs, in any currency: the report then tells what "
        "each clip and a minute of footage cost. Kept with the run.",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        callback=listen,
        show_default=False,
        help="-v: decisions; -vv: numbers.",
    ),
]


def cache_folder() -> Path | None:
    """The cache of weights and sample media that the environment asks for, if any."""
    named = os.environ.get("MULTIPLANE_CACHE")
    return Path(named) if named else None


def use_cache() -> None:
    """Make the environment's cache the one of this process, so that stages find it too."""
    named = cache_folder()
    if named is not None:
        from multiplane.hub.cache import choose_cache

        choose_cache(named)


def models_folder() -> Path | None:
    """The folder of the user's own weights that the environment asks for, if any.

    Raises:
        ConfigError: It names no folder.
    """
    named = os.environ.get("MULTIPLANE_MODELS")
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"MULTIPLANE_MODELS names {folder}, which is no folder",
            why="weights are looked for there first",
            fix="export MULTIPLANE_MODELS=FOLDER with a folder that exists, or: "
            "unset MULTIPLANE_MODELS",
        )
    return folder


def use_models() -> None:
    """Make the environment's folder of weights the one of this process."""
    named = models_folder()
    if named is not None:
        from multiplane.hub.cache import choose_models

        choose_models(named)


def use_shared() -> None:
    """Make the cache of huggingface_hub that the environment names the one of this process.

    Raises:
        ConfigError: Our own variable names no folder.
    """
    from multiplane.hub.cache import choose_shared

    named = os.environ.get("MULTIPLANE_SHARED_CACHE", "")
    if named.lower() == "off":
        choose_shared(None, off=True)
        return
    if named and not Path(named).expanduser().is_dir():
        raise ConfigError(
            f"MULTIPLANE_SHARED_CACHE names {named}, which is no folder",
            why="what other programs fetched is read there",
            fix="export MULTIPLANE_SHARED_CACHE=FOLDER with a folder that exists; "
            "MULTIPLANE_SHARED_CACHE=off, to look into none; or: unset MULTIPLANE_SHARED_CACHE",
        )
    choose_shared(Path(named).expanduser() if named else _theirs())


def _theirs() -> Path | None:
    """Where huggingface_hub keeps its cache, by its own variables; None where none is set."""
    for name, below in (
        ("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "huggingface/hub"),
    ):  # fmt: skip
        if os.environ.get(name):
            return Path(os.path.expandvars(os.environ[name])).expanduser() / below
    return None


def parse_settings(settings: list[str]) -> dict[str, object]:
    """Turn ``STEP.OPTION=VALUE`` words into overrides of a recipe.

    Args:
        settings: The words as typed.

    Returns:
        Dotted key → value as text; the recipe reads it as YAML.

    Raises:
        ConfigError: A word without ``=``.
    """
    overrides: dict[str, object] = {}
    for word in settings:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ConfigError(
                f"--set got {word!r}, wanted STEP.OPTION=VALUE",
                why="an option is named by its step and its key in the recipe",
                fix="--set segment.min_instance_px=4096",
            )
        overrides[key] = value
    return overrides


def run(  # noqa: PLR0913 - each option of the command is one
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of a YAML file.")],
    out: OutOption,
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(help="Videos, folders of pictures, single pictures, or several of these."),
    ] = None,
    settings: SetOption = [],  # noqa: B006 - typer copies it
    *,
    images: ImagesOption = None,
    masks: MasksOption = None,
    price_per_hour: PriceOption = None,
    retry_failed: RetryOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Run a recipe; running it again goes on where it stopped.

    Raises:
        typer.Exit: With 3 when some items failed.
    """
    from multiplane.engine import api
    from multiplane.engine.price import check_price, keep_price
    from multiplane.engine.recipe import load_recipe
    from multiplane.engine.report import write_report

    overrides = parse_settings(settings)
    if price_per_hour is not None:
        check_price(price_per_hour)
    chosen = load_recipe(recipe)
    given = of_recipe(chosen, inputs or [], images, masks, out)
    with progress_bars(quiet) as progress:
        report = api.run(
            chosen, given, out, options=overrides, retry_failed=retry_failed, progress=progress
        )
    if price_per_hour is not None:
        keep_price(report.folder, price_per_hour)
        if report.page:
            write_report(report.folder)
    show_result(report)
    show_cost(report.folder)
    show_earlier(report)
    raise typer.Exit(report.exit_status)


def demo(
    out: OutOption = Path("multiplane-demo"),
    settings: SetOption = [],  # noqa: B006 - typer copies it
    *,
    retry_failed: RetryOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
) -> None:
    """Take a clip of Big Buck Bunny apart: cut-outs, masks, backgrounds with nobody in them.

    Raises:
        typer.Exit: With 3 when some items failed.
    """
    from multiplane.engine import api
    from multiplane.hub import media
    from multiplane.hub.table import MEDIA

    entry = MEDIA["bigbuckbunny"]
    typer.echo(f"{entry.title}: {entry.credit}, {entry.licence}")
    clip = media.find(entry.name, cache=cache_folder())
    with progress_bars(quiet) as progress:
        report = api.run(
            "clean-backgrounds", [clip], out, options=parse_settings(settings),
            retry_failed=retry_failed, progress=progress,
        )  # fmt: skip
    show_result(report)
    show_earlier(report)
    raise typer.Exit(report.exit_status)


def status(folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]) -> None:
    """Say how far a run has come; works while it runs."""
    from multiplane.engine.status import describe

    for line in describe(folder):
        typer.echo(line)


def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    *,
    price_per_hour: PriceOption = None,
) -> None:
    """Write report.html of a run afresh and say where it is."""
    from multiplane.engine.folder import require_run
    from multiplane.engine.price import keep_price
    from multiplane.engine.report import write_report

    require_run(folder)
    if price_per_hour is not None:
        keep_price(folder, price_per_hour)
    page = write_report(folder)
    show_cost(folder)
    typer.echo(page)


def forget(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Inputs as the run calls them; none: all earlier ones."
        ),
    ] = None,
) -> None:
    """Delete results of inputs that the latest run was not given."""
    from multiplane.engine.forget import forget as remove

    deleted = remove(folder, names or [])
    for name in deleted:
        typer.echo(f"{'deleted':>10}  {name}")
    if not deleted:
        typer.echo("no results of earlier inputs lie there")


def doctor(
    recipe: Annotated[str, typer.Argument(help="Check for this recipe.")] = "clean-backgrounds",
    out: OutOption = Path(),
) -> None:
    """Say what this machine has, what is missing, and what to type.

    Raises:
        typer.Exit: With 1 when something that is needed is missing.
    """
    from multiplane.engine.doctor import examine

    colours = {"ok": "green", "warn": "yellow", "missing": "red"}
    checks = examine(recipe, out, cache=cache_folder())
    for check in checks:
        mark = typer.style(f"{check.state:>7}", fg=colours[check.state])
        typer.echo(f"{mark}  {check.name}: {check.found}")
        if check.fix:
            typer.echo(f"         fix: {check.fix}")
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(1)
