"""What is looked for, in the words of the backend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from multiplane.core.config import nearest
from multiplane.core.errors import ConfigError

ALL = "all"
_TOLD = 12
"""How many known names a message lists."""


def wanted_labels(asked: str, known: Mapping[str, str], backend: str) -> frozenset[str]:
    """Which labels boxes must have to be kept. Capitals are worth nothing.

    Args:
        asked: Names with commas between them, or ``all``.
        known: What one may ask the backend for → the label that such boxes have.
        backend: What to call it in messages.

    Returns:
        Labels of the backend.

    Raises:
        ConfigError: The backend knows no such name, or none at all.
    """
    names = [name.strip() for name in asked.split(",") if name.strip()]
    spelled = {name.casefold(): label for name, label in known.items()}
    if [name.casefold() for name in names] == [ALL] and spelled:
        return frozenset(spelled.values())
    strange = [name for name in names if name.casefold() not in spelled]
    if strange or not names:
        _refuse(strange[0] if strange else asked, list(known), backend)
    return frozenset(spelled[name.casefold()] for name in names)


def _refuse(name: str, known: list[str], backend: str) -> NoReturn:
    """Say which labels there are.

    Raises:
        ConfigError: Always.
    """
    listed = ", ".join(known[:_TOLD]) or "none"
    if len(known) > _TOLD:
        listed += f" and {len(known) - _TOLD} more"
    if known and all(re.fullmatch(r"LABEL_\d+", label) for label in known):
        raise ConfigError(
            f"{backend} knows no label {name!r}; its classes have no names: {listed}",
            why="the config.json beside the weights does not say what its classes are (id2label)",
            fix=f"put the config.json there that came with the weights, or: --labels {known[0]}",
        )
    guess = nearest(name.casefold(), [label.casefold() for label in known])
    meant = next((label for label in known if label.casefold() == guess), "")
    offered = meant or (known[0] if known else ALL)
    raise ConfigError(
        f"{backend} knows no label {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
        why=f"it knows: {listed}",
        fix=f"--labels {_quoted(offered)}, or --labels {ALL}",
    )


def _quoted(name: str) -> str:
    return f"'{name}'" if " " in name else name
