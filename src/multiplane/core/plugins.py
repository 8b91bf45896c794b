"""Loading by name, late: nothing heavy is imported before it is chosen."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from multiplane.core.config import nearest
from multiplane.core.errors import ConfigError, MissingDependencyError

EXTRAS = {
    "torch": "perceptual",
    "torchvision": "perceptual",
    "lpips": "perceptual",
    "safetensors": "perceptual",
}
"""Package → the extra of ours that installs it."""


def load(target: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import what ``"module:name"`` stands for.

    Args:
        target: A module and an attribute of it, told apart by a colon.

    Returns:
        The attribute.

    Raises:
        MissingDependencyError: A package the module imports is not installed.
        ModuleNotFoundError: The module is ours and does not exist: our own bug.
    """
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        package = (error.name or module).partition(".")[0]
        if package == "multiplane":
            raise
        extra = EXTRAS.get(package)
        raise MissingDependencyError(
            f"{target!r} needs the package {package!r}",
            why="it is optional, so the core install stays small",
            fix=f"pip install 'multiplane[{extra}]'" if extra else f"pip install {package}",
        ) from error


def choose(table: Mapping[str, str], name: str, group: str) -> Any:  # noqa: ANN401
    """Load the entry of a table, or of an installed plug-in that joined its entry-point group.

    Args:
        table: Name → ``"module:name"``, the ones we ship.
        name: The one wanted.
        group: The entry-point group a foreign package joins, e.g. ``multiplane.segment``.

    Returns:
        What the entry stands for.

    Raises:
        ConfigError: Nobody offers that name.
    """
    if name in table:
        return load(table[name])
    foreign = {point.name: point.value for point in entry_points(group=group)}
    if name in foreign:
        return load(foreign[name])
    names = sorted({*table, *foreign})
    guess = nearest(name, names)
    raise ConfigError(
        f"{group} has no {name!r}",
        why=f"known: {', '.join(names)}",
        fix=f"use {guess!r}" if guess else f"use one of {', '.join(names)}",
    )
