"""The tables of figures: a row a shot, a row a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multiplane.engine.report.read import Figures, RunResult, StepResult
from multiplane.engine.report.words import Word, counted, figure_word

DIGITS = 4
"""That count, of a number."""
ROWS = 2000
"""More rows than this nobody reads; the metadata file has them all."""
ABSENT = "—"
NO_HOLE = "no hole"
OF_HOLES = {
    "seen_share", "invented_share", "seam", "seam_worst", "joint", "sharpness",
    "flicker", "flicker_beside", "flicker_ratio", "residual", "rim_outliers", "shift_px",
}  # fmt: skip
"""Figures that say nothing about a frame without a hole."""
CHECK_GAPS = (
    "The leftover is measured in one of {every_frames} frames; seam, sharpness and flicker in one "
    "of {closely_every_frames}, flicker not in the first."
)


@dataclass(frozen=True)
class Table:
    """Figures of one step.

    Attributes:
        title: What it is of.
        columns: What stands in each column.
        rows: As many cells as columns each.
        notes: What has to be known to read it.
    """

    title: str
    columns: Sequence[Word]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    @property
    def legend(self) -> list[Word]:
        """The columns whose title alone does not tell enough."""
        return list(dict.fromkeys(column for column in self.columns if column.meaning))


def tables(run: RunResult) -> list[Table]:
    """Two tables a step at most: its shots, then their frames; those without figures not.

    Args:
        run: The run.

    Returns:
        The tables, in the order of the steps.
    """
    return [table for step in run.steps for table in (*_of_shots(step), *_of_frames(run, step))]


def _of_shots(step: StepResult) -> Iterator[Table]:
    rows = list(step.items.items())
    keys = [key for key in _keys(figures for _, figures in rows) if key != "next_step"]
    if keys:
        title = f"{step.id} ({step.stage}): {counted(len(rows), 'item')}"
        yield _table(title, keys, rows)


def _of_frames(run: RunResult, step: StepResult) -> Iterator[Table]:
    if run.step(step.stage) is not step:
        return
    rows = list(run.frame_figures(step.stage))
    if not rows:
        return
    notes = []
    gaps = {key: step.options.get(key) for key in ("every_frames", "closely_every_frames")}
    if step.stage == "restore.check" and all(gaps.values()):
        notes.append(CHECK_GAPS.format(**gaps))
    title = f"{step.id} ({step.stage}): {counted(len(rows), 'frame')}"
    yield _table(title, _keys(figures for _, figures in rows), rows, notes)


def _table(
    title: str, keys: Sequence[str], rows: Sequence[tuple[str, Figures]], notes: Sequence[str] = ()
) -> Table:
    cells = [[shot, *(_cell(figures, key) for key in keys)] for shot, figures in rows[:ROWS]]
    told = list(notes)
    if any(ABSENT in row for row in cells):
        told.append(f"{ABSENT}: not measured, or nothing to compare with.")
    if len(rows) > ROWS:
        more = len(rows) - ROWS
        stand = "row stands" if more == 1 else "rows stand"
        told.append(f"{more} more {stand} in the metadata file of the step.")
    return Table(title, [Word("shot"), *map(figure_word, keys)], cells, told)


def _keys(rows: Iterator[Figures]) -> list[str]:
    """The figures that fit into a cell, in the order they come."""
    keys: dict[str, None] = {}
    for figures in rows:
        keys.update(dict.fromkeys(key for key, value in figures.items() if _plain(value)))
    return list(keys)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str) or _sentences(value)


def _sentences(value: object) -> bool:
    """Whether it is a list of words, as what was done about too little memory."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, str) for v in value)


def _cell(figures: Mapping[str, Any], key: str) -> str:
    value = figures.get(key)
    if key in OF_HOLES and 0 in (figures.get("hole_px"), figures.get("coverage_after")):
        return NO_HOLE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    if _sentences(value):
        return "; ".join(value or ())
    return ABSENT if value is None or value == "" or not _plain(value) else str(value)
