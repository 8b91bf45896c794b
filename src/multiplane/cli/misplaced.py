"""Flags that ``run`` does not have, since they are options of a recipe's steps."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand

from multiplane.cli.flags import spelled, with_dashes
from multiplane.core.config import Also, Options, models_in
from multiplane.core.errors import ConfigError, MultiplaneError


class TellsOfSteps(TyperCommand):
    """A command that takes a recipe; of a flag that one of its steps has it says what to type."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own type
        """See :meth:`typer.core.TyperCommand.parse_args`.

        Raises:
            ConfigError: A flag is the option of a step.
        """
        known = {name for one in self.get_params(ctx) for name in (*one.opts, *one.secondary_opts)}
        refuse_misplaced(args, known)
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


def refuse_misplaced(args: Sequence[str], known: set[str]) -> None:
    """See that no flag is the option of a step of the recipe.

    Args:
        args: What was typed.
        known: The flags that the command has.

    Raises:
        ConfigError: One is.
    """
    for number, word in enumerate(args):
        flag, equals, value = word.partition("=")
        flag = with_dashes(flag)
        if not flag.startswith("--") or flag in known or flag == "--":
            continue
        after = args[number + 1] if number + 1 < len(args) else "VALUE"
        typed = value if equals else "VALUE" if after.startswith("--") else after
        settings = _settings(args, flag, typed)
        if settings:
            raise ConfigError(
                f"multiplane run has no {flag}",
                why="the options of a recipe's steps are given by --set; as flags they are given "
                "to the command of a stage alone: multiplane split, multiplane restore",
                fix=" or ".join(settings),
            )


def _settings(args: Sequence[str], flag: str, value: str) -> list[str]:
    """How an option of a step is set; a way for each step that has it."""
    from multiplane.engine.recipe import builtin_recipes, load_recipe

    named = [word for word in args if word in builtin_recipes() or word.endswith((".yaml", ".yml"))]
    try:
        steps = load_recipe(named[0]).steps() if named else ()
    except MultiplaneError:  # which is told in its own words, once the flag is mended
        return []
    found = []
    for step in steps:
        name, switch = _option(type(step.options), flag)
        if name:
            found.append(_set(f"{step.id}.{name}", switch or value))
            continue
        backend = type(step.options).model_fields.get("backend")
        for choice in models_in(backend.annotation) if backend else ():
            kind, (name, switch) = choice.model_fields.get("kind"), _option(choice, flag)
            if name and kind:
                found.append(
                    f"{_set(f'{step.id}.backend', str(kind.default))} "
                    f"{_set(f'{step.id}.backend.{name}', switch or value)}"
                )
    return found


def _option(model: type[Any], flag: str) -> tuple[str, str]:
    """The option that a flag would stand for, and what a switch is set to; empty if none."""
    fields = model.model_fields if issubclass(model, Options) else {}
    for name, field in fields.items():
        others = [spelled(mark.name) for mark in field.metadata if isinstance(mark, Also)]
        if field.annotation is bool and flag in (spelled(name), spelled(name, False)):
            return name, "true" if flag == spelled(name) else "false"
        if flag in (spelled(name), *others):
            return name, ""
    return "", ""


def _set(key: str, value: str) -> str:
    return f"--set {shlex.quote(f'{key}={value}')}"
