"""Command-line flags made from an options model, so that both say the same."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from multiplane.core.config import Also, Options, bounds
from multiplane.core.errors import ConfigError


def parameters(model: type[Options]) -> list[inspect.Parameter]:
    """One keyword parameter a field, ready for a typer command.

    Values stay text (the options model parses and checks them, as it does for a recipe); a field
    that is a choice of backends becomes the flag that names the backend, and a list of texts one
    that may be given several times.

    Args:
        model: The options of a stage.

    Returns:
        Parameters with typer options as annotations, default None = not given.
    """
    return [_parameter(name, field) for name, field in model.model_fields.items()]


def given(model: type[Options], values: Mapping[str, Any]) -> dict[str, object]:
    """The options that were typed, as overrides; a text is just that, whatever YAML reads in it."""
    return {
        name: _quoted(values[name])
        if field.annotation is str or values[name] == ""
        else values[name]
        for name, field in model.model_fields.items()
        if values.get(name) not in (None, [])
    }


def with_dashes(word: str) -> str:
    """A flag as we spell it: ``mask_mode`` and ``mask-mode`` are the same."""
    return word.replace("_", "-")


def _quoted(text: str) -> str:
    """A text that YAML reads as what it is: ``[x]`` is no list, and 1950 no number."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=math.inf).strip()


def spelled(name: str, value: object = None) -> str:
    """The flag of an option as it is typed; that of a switch as its value says."""
    flag = name.replace("_", "-")
    return f"--no-{flag}" if value is False else f"--{flag}"


def refuse_contradictions(flags: Mapping[str, str], settings: Iterable[str]) -> None:
    """See that no option is given by its flag and by ``--set`` too.

    Args:
        flags: ``step.option`` of the flags that were typed → the flag.
        settings: ``step.option`` of each ``--set``.

    Raises:
        ConfigError: One is.
    """
    for key in settings:
        whole = key.removesuffix(".kind")
        if whole in flags:
            raise ConfigError(
                f"{flags[whole]} and --set {key} give the same option",
                why="one of them would have to be ignored",
                fix=f"leave out {flags[whole]}, or --set {key}",
            )


def kinds(field: FieldInfo) -> list[str]:
    """The names to choose from when a field is a union told apart by ``kind``; else empty."""
    return [
        str(part.model_fields["kind"].default)
        for part in _parts(field.annotation)
        if isinstance(part, type) and issubclass(part, BaseModel) and "kind" in part.model_fields
    ]


def _parameter(name: str, field: FieldInfo) -> inspect.Parameter:
    if field.annotation is bool:
        option = typer.Option(f"{spelled(name)}/{spelled(name, False)}", help=_help(field))
        annotation: Any = Annotated[bool | None, option]
    elif field.annotation == tuple[str, ...]:
        option = typer.Option(
            spelled(name), metavar="TEXT", help=f"{_help(field)}. Repeatable", show_default=False
        )
        annotation = Annotated[list[str] | None, option]
    else:
        others = [spelled(mark.name) for mark in field.metadata if isinstance(mark, Also)]
        option = typer.Option(spelled(name), *others, metavar=_metavar(field), help=_help(field))
        annotation = Annotated[str | None, option]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _help(field: FieldInfo) -> str:
    limits = bounds(field)
    text = (field.description or "").rstrip(".")
    default = _default(field)
    ending = f" [default: {default}]" if default else ""
    return f"{text}{f' ({limits})' if limits else ''}{ending}"


def _default(field: FieldInfo) -> str:
    """The default in a word; empty where there is none, which the description explains."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return str(getattr(value, "kind", "as in the recipe"))
    if value in (None, "", ()):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _metavar(field: FieldInfo) -> str:
    names = kinds(field)
    if names:
        return "|".join(names)
    choices = [
        str(value)
        for part in _parts(field.annotation)
        if get_origin(part) is Literal
        for value in get_args(part)
    ]
    if choices:
        return "|".join(choices)
    plain = [part for part in _parts(field.annotation) if part in {int, float, str}]
    lists = "|LIST" if any(get_origin(part) is tuple for part in _parts(field.annotation)) else ""
    words = {int: "INTEGER", float: "NUMBER", str: "TEXT"}
    return f"{words[plain[0]]}{lists}" if plain else "YAML"


def _parts(annotation: Any) -> list[Any]:  # noqa: ANN401 - any annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return [part for choice in get_args(annotation) for part in _parts(choice)]
    return [annotation]
