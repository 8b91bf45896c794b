"""``models``: weights and sample media by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multiplane.cli.runs import cache_folder
from multiplane.core.errors import WeightsError

if TYPE_CHECKING:
    from multiplane.hub.entries import Known

app = typer.Typer(
    help="Weights and sample media: what is known, what is here, fetch it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
NameArgument = Annotated[str, typer.Argument(help="A name that `models list` shows.")]


@app.command("list")
def list_() -> None:
    """Show each: whether it is here, size, licence, what it is for."""
    from multiplane.hub.table import TABLES

    for entry in (entry for table in TABLES.values() for entry in table.values()):
        licence = entry.licence if entry.commercial else f"{entry.licence}, NON-COMMERCIAL"
        typer.echo(
            f"{entry.name:<12} {_state(entry):<9} {entry.size:>9}  {licence:<12} {entry.purpose}"
        )


def _state(entry: Known) -> str:
    """Whether a file is here; one that is damaged is no reason to keep silent about the others."""
    from multiplane.hub import shelf

    try:
        return "here" if shelf.locate(entry, cache=cache_folder()) else "not here"
    except WeightsError:
        return "damaged"
    except OSError:
        return "no access"


@app.command()
def pull(name: NameArgument) -> None:
    """Fetch weights or sample media into the cache unless they are there."""
    from multiplane.hub import shelf
    from multiplane.hub.table import any_entry

    typer.echo(shelf.pull(any_entry(name), cache=cache_folder()))


@app.command(help="Say where a file is on this machine, or where it belongs.")
def where(name: NameArgument) -> None:
    """Say where weights or sample media are on this machine, or where they belong.

    Raises:
        typer.Exit: With 1 when they are not here.
    """
    from multiplane.hub import shelf
    from multiplane.hub.table import any_entry

    entry = any_entry(name)
    found = shelf.locate(entry, cache=cache_folder())
    if found is None:
        typer.echo(f"not here; belongs at {shelf.place(entry, cache_folder())}")
        typer.echo(f"fix: multiplane models pull {name}")
        raise typer.Exit(1)
    typer.echo(found)
