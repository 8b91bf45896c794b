"""``recipes``: list, show, check, schema."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(
    help="Recipes: list, show one to copy, check a file.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_() -> None:
    """Show the recipes that come with Multiplane."""
    from multiplane.engine.recipe import builtin_recipes, load_recipe

    for name in builtin_recipes():
        typer.echo(f"{name}: {load_recipe(name).description}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="A name that `recipes list` shows.")]) -> None:
    """Print a recipe to copy and edit."""
    from multiplane.engine.recipe import recipe_text

    typer.echo(recipe_text(name), nl=False)


@app.command()
def check(
    recipe: Annotated[str, typer.Argument(help="A recipe's name, or the path of a YAML file.")],
) -> None:
    """Say whether a recipe would run, or every fault with its line."""
    from multiplane.engine.recipe import load_recipe

    found = load_recipe(recipe)
    typer.echo(f"{recipe}: {found.name}, {len(found.stages)} steps, all well")


@app.command(short_help="Print the JSON Schema of recipes, for editors.")
def schema() -> None:
    """Print the JSON Schema of recipes, for editors that complete and check."""
    from multiplane.engine.schema import recipe_schema

    typer.echo(json.dumps(recipe_schema(), indent=2))
