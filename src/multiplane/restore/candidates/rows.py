"""Which restorations are made: each row's backend, and where its chance starts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from multiplane.core.choice import ASKED, Choice
from multiplane.core.config import Options
from multiplane.restore.candidates.choice import decide
from multiplane.restore.candidates.config import MOST_SEED, CandidatesOptions, Row


class Planned(NamedTuple):
    """One restoration that is asked for.

    Attributes:
        row: Its number, from 1.
        seed: Where chance starts: a fixed number, or how far to count from the picture's.
        fixed: Whether ``seed`` is a fixed number.
    """

    row: int
    seed: int
    fixed: bool

    def seed_from(self, first: int) -> int:
        """Where chance starts in a picture whose first row starts at ``first``."""
        return self.seed if self.fixed else (first - 1 + self.seed) % MOST_SEED + 1


@dataclass(frozen=True)
class Group:
    """Restorations by one backend with the same options: they go through it together.

    Attributes:
        choice: The backend, and why it is this one.
        rows: What it is asked for.
    """

    choice: Choice[Options]
    rows: tuple[Planned, ...]

    @property
    def kind(self) -> str:
        """The backend's name."""
        return self.choice.kind

    @property
    def chosen(self) -> str:
        """What ``auto`` made of it, and why; empty where it was asked for by name."""
        why = self.choice.why
        return "" if why == ASKED else f"auto chose {self.kind}: {why}"


def plan_rows(options: CandidatesOptions) -> list[Group]:
    """Say which backend makes which rows.

    A row that only names the backend of the stage takes that one's options; so does one that
    names no backend. Row r counts r - 1 up from the seed of the picture, whoever else has a seed
    of its own.

    Args:
        options: Those of the stage.

    Returns:
        The rows by backend and options, in the order in which these come first.
    """
    own = decide(options.backend)
    rows: Sequence[Row] = [Row()] * options.rows if isinstance(options.rows, int) else options.rows
    choices: dict[str, Choice[Options]] = {}
    asked: dict[str, list[Planned]] = {}
    for number, row in enumerate(rows, start=1):
        choice = _choice(row.backend, own)
        key = f"{choice.kind} {choice.options.model_dump_json()}"
        choices.setdefault(key, choice)
        fixed = row.seed > 0
        planned = Planned(number, row.seed if fixed else number - 1, fixed)
        asked.setdefault(key, []).append(planned)
    return [Group(choice, tuple(asked[key])) for key, choice in choices.items()]


def first_seed(options: CandidatesOptions) -> int:
    """Where chance starts in the first row of a picture; drawn when the options leave it open."""
    return options.seed or 1 + secrets.randbelow(MOST_SEED)


def distinct(group: Group, first: int, seeded: bool) -> tuple[list[tuple[int, int]], list[str]]:
    """Leave out rows that would be the same picture again.

    Args:
        group: Rows of one backend.
        first: The seed of the picture.
        seeded: Whether another seed gives another answer.

    Returns:
        (row, seed) each, of those that differ, the seed 0 where it has no part; and what was left
        out and why.
    """
    kept: dict[int | None, tuple[int, int]] = {}
    for planned in group.rows:
        seed = planned.seed_from(first)
        kept.setdefault(seed if seeded else None, (planned.row, seed if seeded else 0))
    rows = list(kept.values())
    left_out = len(group.rows) - len(rows)
    if not left_out:
        return rows, []
    count = f"{len(rows)} row{'s' if len(rows) > 1 else ''} instead of {len(group.rows)}"
    if seeded:
        return rows, [f"{group.kind} was asked for the same seed again: {count}"]
    return rows, [f"{group.kind} gives the same whatever the seed: {count}"]


def _choice(backend: Options | None, own: Choice[Options]) -> Choice[Options]:
    """The backend of a row.

    A row that names the stage's backend and nothing else means that one, as it is set up.
    """
    if backend is None:
        return own
    choice = decide(backend)
    only_named = choice.kind == own.kind and choice.options == type(choice.options)()
    return Choice(own.options, choice.why) if only_named else choice
