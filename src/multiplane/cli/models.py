"""``models``: weights and sample media by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from multiplane.cli.console import help_of
from multiplane.cli.convert import convert
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
app.command(help=help_of(convert), short_help="Write weights of LaMa as safetensors.")(convert)


@app.command("list")
def list_() -> None:
    """Show each: whether it is here, size, licence, what it is for.

    "shared" is what another program fetched; it is read where it lies, and not fetched again.
    """
    from multiplane.hub.table import TABLES

    known = [entry for table in TABLES.values() for entry in table.values()]
    rows = [
        (entry.name, _state(entry), entry.size, _licence(entry), _purpose(entry)) for entry in known
    ]
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, state, size, licence, purpose in rows:
        typer.echo(
            f"{name:<{wide[0]}}  {state:<{wide[1]}}  {size:>{wide[2]}}  {licence:<{wide[3]}}  "
            f"{purpose}"
        )


def _state(entry: Known) -> str:
    """Whether a model is here; one that is damaged is no reason to keep silent about the others."""
    from multiplane.hub import shelf

    try:
        if shelf.locate(entry, cache=cache_folder()) is None:
            return "not here"
        return "shared" if shelf.is_shared(entry, cache=cache_folder()) else "here"
    except WeightsError:
        return "damaged"
    except OSError:
        return "no access"


def _licence(entry: Known) -> str:
    from multiplane.hub.entries import Bundle

    marks = [] if entry.commercial else ["NON-COMMERCIAL"]
    if isinstance(entry, Bundle) and entry.gated:
        marks.append("GATED")
    return ", ".join([entry.licence, *marks])


def _purpose(entry: Known) -> str:
    from multiplane.hub.entries import Bundle

    loose = isinstance(entry, Bundle) and entry.revision is None
    return f"{entry.purpose} (pinned on first pull)" if loose else entry.purpose


@app.command(help="Fetch a model or sample media into the cache unless it is there.")
def pull(name: NameArgument) -> None:
    """Fetch a model or sample media into the cache unless it is there.

    Terms that bind whoever uses them are said before.
    """
    from multiplane.hub import shelf
    from multiplane.hub.table import any_entry

    entry = any_entry(name)
    if _licence(entry) != entry.licence:
        typer.echo(f"{entry.title}: {_licence(entry)}", err=True)
    typer.echo(shelf.pull(entry, cache=cache_folder()))


@app.command(help="Say where a model is on this machine, or where it belongs.")
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
        typer.echo(f"fix: {shelf.by_hand(entry, cache_folder())}")
        raise typer.Exit(1)
    typer.echo(found)
