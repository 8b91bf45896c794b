"""Puts the page together."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from multiplane.core.atomic import write_text
from multiplane.engine.report.advice import Advice, advise
from multiplane.engine.report.charts import bars, histogram
from multiplane.engine.report.pictures import frame_row, spread
from multiplane.engine.report.read import RunResult, read_run

FILE_NAME = "report.html"
SHOTS_SHOWN = 12
FRAMES_SHOWN = 6
WORST_SHOWN = 8
PLACES = 4
"""Decimals in the tables."""


@dataclass(frozen=True)
class Sheet:
    """The pictures of a few frames of one shot, a row a frame."""

    title: str
    rows: list[list[tuple[str, str]]]
    note: str = ""


def write_report(root: Path) -> Path:
    """Write ``report.html`` of a run: one file that needs nothing beside it.

    Args:
        root: The run folder.

    Returns:
        The page.

    Raises:
        InputError: It is no run folder.
        OutputError: It cannot be written.
    """
    run = read_run(root)
    loader = PackageLoader("multiplane.engine.report", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html.j2")
    page = root / FILE_NAME
    write_text(page, template.render(**_content(run)))
    return page


def _content(run: RunResult) -> dict[str, Any]:
    advice = advise(run)
    shares = _shares(run)
    return {
        "run": run,
        "made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "advice": advice,
        "summary": _summary(run),
        "histogram": Markup(histogram(shares)) if shares else "",
        "worst": _worst(run, advice),
        "sheets": _sheets(run),
        "hidden_shots": max(0, len(_shots(run)) - SHOTS_SHOWN),
        "timings": Markup(bars({step.id: step.seconds for step in run.steps})),
        "tables": _tables(run),
    }


def _shots(run: RunResult) -> list[str]:
    return [group for group in run.groups() if run.plane("frames", group)]


def _summary(run: RunResult) -> list[tuple[str, str]]:
    """What a person wants to know first."""
    shots = _shots(run)
    rows = [
        ("input", ", ".join(Path(name).name for name in run.inputs)),
        ("shots", str(len(shots))),
        ("frames", str(sum(len(run.plane("frames", shot)) for shot in shots))),
    ]
    for label, stage, key in (
        ("covered by characters", "restore.inpaint", "coverage_before"),
        ("covered after growing", "restore.inpaint", "coverage_after"),
        ("of the holes, truly seen in other frames", "restore.plate", "seen_share"),
    ):
        mean = _mean(run, stage, key)
        if mean is not None:
            rows.append((label, f"{100 * mean:.1f} % on average"))
    rows.append(("time", f"{sum(step.seconds for step in run.steps):.1f} s"))
    failed = sum(len(step.failures) for step in run.steps)
    if failed:
        rows.append(("failed items", str(failed)))
    return rows


def _mean(run: RunResult, stage: str, key: str) -> float | None:
    values = [
        float(figures[key])
        for _, figures in run.frame_figures(stage)
        if isinstance(figures.get(key), int | float)
    ]
    return sum(values) / len(values) if values else None


def _shares(run: RunResult) -> dict[str, list[float]]:
    """Coverage of every frame, before and after growing."""
    shares: dict[str, list[float]] = {}
    for name, key in (("mask", "coverage_before"), ("mask, grown", "coverage_after")):
        values = [
            float(figures[key])
            for _, figures in run.frame_figures("restore.inpaint")
            if isinstance(figures.get(key), int | float)
        ]
        if values:
            shares[name] = values
    return shares


def _worst(run: RunResult, advice: Advice) -> list[Sheet]:
    """The frames that deserve a look, the worst first."""
    sheets = []
    for shot, stem, reasons in advice.worst[:WORST_SHOWN]:
        stems = [path.stem for path in run.plane("frames", shot)]
        if stem in stems:
            row = frame_row(run, shot, stems.index(stem))
            sheets.append(Sheet(f"{shot} · {stem}", [row], "; ".join(reasons)))
    return sheets


def _sheets(run: RunResult) -> list[Sheet]:
    sheets = []
    for shot in _shots(run)[:SHOTS_SHOWN]:
        count = len(run.plane("frames", shot))
        rows = [frame_row(run, shot, index) for index in spread(count, FRAMES_SHOWN)]
        sheets.append(Sheet(shot, rows, f"{count} frames"))
    return sheets


def _tables(run: RunResult) -> list[tuple[str, list[str], list[list[str]]]]:
    """Per-frame figures of every step that has any: title, columns, rows."""
    tables = []
    for step in run.steps:
        found = list(run.frame_figures(step.stage))
        columns: dict[str, None] = {}
        for _, figures in found:
            columns.update(dict.fromkeys(k for k, v in figures.items() if _plain(v)))
        rows = [[shot, *(_cell(figures, key) for key in columns)] for shot, figures in found]
        if rows:
            tables.append((f"{step.id} ({step.stage})", ["shot", *columns], rows))
    return tables


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def _cell(figures: Mapping[str, Any], key: str) -> str:
    value = figures.get(key)
    if isinstance(value, float):
        return f"{value:.{PLACES}g}"
    return "" if value is None or not _plain(value) else str(value)
