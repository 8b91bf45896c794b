"""Reads what ``restore.candidates`` recorded: which restorations there are, and of what make."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multiplane.core.errors import DamagedFileError, InputError

_MOST_BYTES = 16 * 2**20
_AGAIN = "make it again: multiplane run restore-artwork"


@dataclass(frozen=True)
class Restoration:
    """One restoration, as recorded.

    Attributes:
        row: Its number.
        backend: What was asked to invent.
        by: What really did.
        seed: Where chance started; None where it has no part.
        settings: What the backend worked with.
        scores: What was measured, lower is closer to the surroundings; None where it was not.
        rank: Its place by score, from 1; None without scores.
        notes: What was said about it.
        picture: The file.
        layer: The file of the repair alone; None where nobody handed it in.
    """

    row: int
    backend: str
    by: str
    seed: int | None
    settings: Mapping[str, Any]
    scores: Mapping[str, float | None]
    rank: int | None
    notes: tuple[str, ...]
    picture: Path
    layer: Path | None


@dataclass(frozen=True)
class Account:
    """The record of one picture.

    Attributes:
        raw: All of it.
        restorations: Those that were made, by row.
        missing: Those that were not, a sentence each.
    """

    raw: Mapping[str, Any]
    restorations: tuple[Restoration, ...]
    missing: tuple[str, ...] = field(default=())


def read_account(path: Path, pictures: Sequence[Path], layers: Sequence[Path] = ()) -> Account:
    """Read a record and find the pictures it speaks of.

    Args:
        path: The JSON file.
        pictures: The files of the restorations; the record knows them by name.
        layers: The files of the repairs alone, known by name too.

    Returns:
        What it says. Whatever is not of the kind it should be is taken as not said.

    Raises:
        InputError: It cannot be read, or speaks of pictures that are not there, or of none.
        DamagedFileError: It is no record.
    """
    raw = _read(path)
    known = {picture.name: picture for picture in pictures}
    known_layers = {layer.name: layer for layer in layers}
    made: list[Restoration] = []
    missing: list[str] = []
    for number, row in enumerate(_rows(raw, "rows"), start=1):
        name = row.get("candidate")
        if not isinstance(name, str) or not name:
            missing.append(_failure(row, number))
            continue
        picture = known.pop(Path(name).name, None)
        if picture is None:
            raise InputError(
                f"{path.name} speaks of {name}, which is not among the restorations",
                why="each row of a record has its picture",
                fix=_AGAIN,
            )
        layer = known_layers.get(Path(_text(row.get("layer"))).name)
        made.append(_restoration(row, number, picture, layer))
    missing += [_failure(row, 0) for row in _rows(raw, "failed")]
    if not made:
        raise InputError(
            f"{path.name} has no restoration",
            why="; ".join(missing) or "a collage has a row for each",
            fix=_AGAIN,
        )
    return Account(raw, tuple(sorted(made, key=lambda one: one.row)), tuple(missing))


def in_order(account: Account, order: str) -> list[Restoration]:
    """The restorations as a collage shows them.

    Args:
        account: The record.
        order: ``rows``, as they were asked for, or ``rank``, the best score first.
    """
    if order == "rows":
        return list(account.restorations)
    last = len(account.restorations) + 1
    return sorted(account.restorations, key=lambda one: one.rank or last)


def _read(path: Path) -> Mapping[str, Any]:
    """The object in the file.

    Raises:
        InputError: It cannot be read.
        DamagedFileError: It is no JSON object.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
            why="it says what the restorations are",
            fix=_AGAIN,
        ) from error
    try:
        raw = json.loads(data) if len(data) <= _MOST_BYTES else None
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        raise DamagedFileError(
            f"{path} is no record", why="it should hold one JSON object", fix=_AGAIN
        )
    return raw


def _rows(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = raw.get(key)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _restoration(
    row: Mapping[str, Any], number: int, picture: Path, layer: Path | None
) -> Restoration:
    backend = _text(row.get("backend")) or "?"
    return Restoration(
        row=_whole(row.get("row")) or number,
        backend=backend,
        by=_text(row.get("by")) or backend,
        seed=_whole(row.get("seed")),
        settings=_mapping(row.get("settings")),
        scores={key: _number(value) for key, value in _mapping(row.get("scores")).items()},
        rank=_whole(row.get("rank")),
        notes=texts(row.get("notes")),
        picture=picture,
        layer=layer,
    )


def _failure(row: Mapping[str, Any], number: int) -> str:
    """What is said about a row that has no picture."""
    told = row.get("failed") or row.get("error") or row
    said = _mapping(told) if isinstance(told, dict) else {"what": told}
    parts = [_text(said.get("what")), *texts(row.get("notes"))]
    why = "; ".join(filter(None, parts)) or "the record does not say why"
    place = _whole(row.get("row")) or number
    fix = _text(said.get("fix"))
    backend = _text(row.get("backend"))
    return (
        f"Row {place}{f' ({backend})' if backend else ''} is missing: {why}"
        f"{f' (fix: {fix})' if fix else ''}"
    )


def texts(value: object) -> tuple[str, ...]:
    """The texts in a list; none where it is something else."""
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        return None
    return float(value)
