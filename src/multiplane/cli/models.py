"""``models``: weights by name."""

from __future__ import annotations

from typing import Annotated

import typer

from multiplane.cli.runs import cache_folder
from multiplane.core.errors import WeightsError

app = typer.Typer(
    help="Weights: what is known, what is here, where it comes from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
NameArgument = Annotated[str, typer.Argument(help="A name that `models list` shows.")]


@app.command("list")
def list_() -> None:
    """Show each model: whether it is here, size, licence, what it is for."""
    from multiplane.hub.table import MODELS

    for entry in MODELS.values():
        state = _state(entry.name)
        licence = entry.licence if entry.commercial else f"{entry.licence}, NON-COMMERCIAL"
        typer.echo(f"{entry.name:<10} {state:<9} {entry.size:>9}  {licence:<12} {entry.purpose}")


def _state(name: str) -> str:
    """Whether weights are here; one damaged file is no reason to keep silent about the others."""
    from multiplane.hub import weights

    try:
        return "here" if weights.locate(name, cache=cache_folder()) else "not here"
    except WeightsError:
        return "damaged"
    except OSError:
        return "no access"


@app.command()
def pull(name: NameArgument) -> None:
    """Fetch weights into the cache unless they are there."""
    from multiplane.hub import weights

    typer.echo(weights.pull(name, cache=cache_folder()))


@app.command(help="Say where weights are on this machine, or where they belong.")
def where(name: NameArgument) -> None:
    """Say where weights are on this machine, or where they belong.

    Raises:
        typer.Exit: With 1 when they are not here.
    """
    from multiplane.hub import lookup, weights
    from multiplane.hub.table import entry_of

    found = weights.locate(name, cache=cache_folder())
    if found is None:
        entry = entry_of("models", name)
        typer.echo(f"not here; belongs at {lookup.place(entry, cache_folder())}")
        typer.echo(f"fix: multiplane models pull {name}")
        raise typer.Exit(1)
    typer.echo(found)
