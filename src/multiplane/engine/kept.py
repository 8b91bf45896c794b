"""The recipe as a run folder keeps it; it may be damaged by now, or not be written yet."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from multiplane.core.errors import InputError
from multiplane.engine import folder
from multiplane.engine.recipe import ID_PATTERN


@dataclass(frozen=True)
class Kept:
    """What those who look at a run want to know of its recipe.

    Attributes:
        name: Its name.
        description: Its one sentence.
        steps: The ids of its steps, in order.
    """

    name: str
    description: str
    steps: tuple[str, ...]


def read_kept(root: Path) -> Kept | None:
    """Read the recipe of a run.

    Args:
        root: Its folder.

    Returns:
        The recipe; None when the run was cut off before it was written.

    Raises:
        InputError: It cannot be read, or is no recipe any more.
    """
    path = root / folder.RECIPE
    try:
        return _checked(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())
        raise InputError(
            f"{path} is damaged: {line}",
            why="it says which steps the run has",
            fix=f"rm {shlex.quote(str(path))}, then the same command again: it is written anew",
        ) from error


def _checked(raw: Any) -> Kept:  # noqa: ANN401 - parsed YAML
    """What is wanted of a recipe.

    Raises:
        ValueError: It is not there.
    """
    value = raw if isinstance(raw, Mapping) else {}
    name, described, stages = (value.get(key) for key in ("name", "description", "stages"))
    entries = stages if isinstance(stages, list) else []
    steps = [str(entry.get("id")) if isinstance(entry, Mapping) else "" for entry in entries]
    if not isinstance(name, str):
        raise ValueError("it has no name")
    if not steps or not all(re.fullmatch(ID_PATTERN, step) for step in steps):
        raise ValueError("it has no steps, or one without an id")
    return Kept(name, described if isinstance(described, str) else "", tuple(steps))
