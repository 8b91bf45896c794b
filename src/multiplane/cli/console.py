"""What a person sees: errors, progress bars and the table at the end of a run."""

from __future__ import annotations

import contextlib
import inspect
import logging
import shlex
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import typer

from multiplane.core.errors import MultiplaneError

PAIRS = "pairs"
"""What stands in the place of a step where inputs are left out before any step."""

if TYPE_CHECKING:
    from pathlib import Path

    from multiplane.engine.api import RunReport
    from multiplane.engine.run import RunProgress


def help_of(command: Callable[..., None]) -> str:
    """What the help shows of a command's docstring: all above its Google sections."""
    return (inspect.getdoc(command) or "").partition("\n\nRaises:")[0]


def listen(verbose: int) -> int:
    """Hear more of what a command logs; the option may stand before the command or behind it."""
    if verbose:
        logging.getLogger().setLevel(logging.INFO if verbose == 1 else logging.DEBUG)
    return verbose


def complain(error: MultiplaneError) -> None:
    """Print what went wrong, why and what to type, on standard error."""
    typer.secho(f"error: {error.what}", fg=typer.colors.RED, err=True)
    if error.why:
        typer.secho(f"  why: {error.why}", err=True)
    if error.fix:
        typer.secho(f"  fix: {error.fix}", fg=typer.colors.GREEN, err=True)


@contextlib.contextmanager
def progress_bars(quiet: bool) -> Iterator[RunProgress]:
    """Bars that follow a run, one a step; nothing when quiet or when nobody watches."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda step, done, total: None
        return
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks = {}

        def tell(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield tell


def show_result(report: RunReport) -> None:
    """Print what a run did: a row a step, the failures, and where to look."""
    for step in report.steps:
        counts = [f"{step.done} done"]
        counts += [f"{step.reused} of them before"] if step.reused else []
        counts += [f"{step.failed} failed"] if step.failed else []
        counts += [f"{step.skipped} waiting for a failed item"] if step.skipped else []
        typer.echo(f"{step.id:>10}  {', '.join(counts)}  {step.seconds:.1f} s")
    told = [("failed", failure) for failure in report.failures]
    told += [("left out", failure) for failure in report.left_out]
    for word, failure in told:
        # of what never came to a step the sentence names it
        where = "" if failure.step == PAIRS else f"{failure.step} {failure.item}: "
        typer.secho(f"{word}: {where}{failure.what}", fg="red", err=True)
        if failure.why:
            typer.secho(f"  why: {failure.why}", err=True)
        if failure.fix:
            typer.secho(f"  fix: {failure.fix}", fg="green", err=True)
    typer.echo(f"{'folder':>10}  {report.folder}")
    if any(report.folder.glob("*_collage.png")):
        typer.echo(f"{'to compare':>10}  {report.folder / '*_collage.png'}")
    if report.page:
        typer.echo(f"{'report':>10}  {report.page}")


def show_cost(folder: Path) -> None:
    """Say what the clips of a run cost, when somebody said what an hour of the machine does."""
    from multiplane.engine.price import read_price
    from multiplane.engine.report.cost import cost_lines

    if read_price(folder) is None:
        return
    for line in cost_lines(folder):
        typer.echo(f"{'cost':>10}  {line}")


def show_earlier(report: RunReport) -> None:
    """Say in a line each whose results in the folder are not of this run; the report has none."""
    if report.outdated:
        typer.echo(
            f"{'earlier':>10}  what lies in the folder of {', '.join(report.outdated)}, which "
            "failed, is of an earlier run or unfinished: mend what is said above and run again"
        )
    if report.earlier:
        names = ", ".join(report.earlier)
        command = "multiplane forget " + shlex.join([str(report.folder), *report.earlier[:5]])
        typer.echo(
            f"{'earlier':>10}  results of {names} also lie in the folder; they are not part of "
            "this run: give these inputs again to have them in the report, or delete the results: "
            f"{command}"
        )
