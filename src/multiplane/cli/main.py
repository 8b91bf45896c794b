"""The entry point: puts the commands together and turns errors into three lines."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from multiplane import __version__
from multiplane.cli import models, recipes, runs, stages
from multiplane.cli.console import complain, help_of
from multiplane.cli.misplaced import TellsOfSteps
from multiplane.core.errors import MultiplaneError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="multiplane",
    help="Takes footage and pictures apart into planes: characters, mattes, clean backgrounds.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich help would cost 0.15 s at every start
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(
    "demo",
    help=help_of(runs.demo),
    short_help="Take a clip of Big Buck Bunny apart into planes.",  # a line of the list
)(runs.demo)
app.command("run", help=help_of(runs.run), cls=TellsOfSteps)(runs.run)
app.command("status")(runs.status)
app.command("report")(runs.report)
app.command("forget", help=help_of(runs.forget))(runs.forget)
app.command("doctor", help=help_of(runs.doctor))(runs.doctor)
app.add_typer(recipes.app, name="recipes")
app.add_typer(models.app, name="models")
app.add_typer(stages.verb("split"), name="split")
app.add_typer(stages.verb("restore"), name="restore")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"multiplane {__version__}")
        raise typer.Exit


@app.callback()
def settings(
    *,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="-v: decisions; -vv: numbers. Also behind the command.",
        ),
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Takes footage and pictures apart into planes: characters, mattes, clean backgrounds."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    runs.use_cache()
    runs.use_models()
    runs.use_shared()
    handler = logging.StreamHandler()
    if not verbose:
        handler.addFilter(_is_not_told_at_the_end)
        handler.setFormatter(_Plain())
    else:
        handler.setFormatter(logging.Formatter("%(levelname).1s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class _Plain(logging.Formatter):
    """What a message says, without the name of the module that says it."""

    def format(self, record: logging.LogRecord) -> str:
        """See :meth:`logging.Formatter.format`."""
        return f"{record.levelname.lower()}: {super().format(record)}"


def _is_not_told_at_the_end(record: logging.LogRecord) -> bool:
    """Whether a message is for now: what a run warns of stands in its closing list, in full."""
    return record.name != "multiplane.engine.run" or record.levelno > logging.WARNING


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 when all went well, 2 for an error of input or configuration, 3 when a run ended with some
    items failed, 130 when interrupted. Any other error is a bug of ours and keeps its traceback.

    Args:
        argv: Arguments without the program's name; None takes them from the process.

    Raises:
        SystemExit: Always, with the exit status.
    """
    try:
        app(args=list(argv) if argv is not None else None, prog_name="multiplane")
    except MultiplaneError as error:
        complain(error)
        raise SystemExit(EXIT_ERROR) from None
    except SystemExit as leave:
        # an interruption in a command arrives here as this status, with nothing said
        if leave.code == EXIT_INTERRUPTED:
            typer.echo("interrupted: run the same command again to go on", err=True)
        raise
    except BrokenPipeError:
        # the reader of a pipe (head, less) left; the interpreter would complain at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(EXIT_ERROR) from None
