"""Puts the page together."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from multiplane.core.atomic import write_text
from multiplane.engine.report.advice import Advice, advise, seen_shares
from multiplane.engine.report.artworks import (
    PICTURES_SHOWN,
    SCORES,
    artwork_counts,
    artwork_ids,
    artwork_sheets,
)
from multiplane.engine.report.charts import bars, histogram
from multiplane.engine.report.clips import clip_ids, clip_sheets, figures_of
from multiplane.engine.report.cost import RunCost, cost_of
from multiplane.engine.report.masks import Masks, judge_masks, number, percent
from multiplane.engine.report.memory import memory_charts
from multiplane.engine.report.pictures import frame_row, spread
from multiplane.engine.report.read import RunResult, StepResult, read_run
from multiplane.engine.report.tables import tables
from multiplane.engine.report.words import counted, timing_word

FILE_NAME = "report.html"
SHOTS_SHOWN = 12
CLIPS_SHOWN = 12
FRAMES_SHOWN = 6
WORST_SHOWN = 8
INPUTS_SHOWN = 6
LITTLE_S = 0.05
"""A part of a stage's time that is less is not worth a word."""


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
    masks = judge_masks(run)
    advice = advise(run, masks)
    shares = _shares(run, masks)
    cost = cost_of(run)
    return {
        "run": run,
        "made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "advice": advice,
        "summary": [*_summary(run, masks), *_cost(cost)],
        "clips": clip_sheets(run, cost, CLIPS_SHOWN),
        "hidden_clips": max(0, len(clip_ids(run)) - CLIPS_SHOWN),
        "artworks": artwork_sheets(run),
        "scores": SCORES,
        "hidden_artworks": max(0, len(artwork_ids(run)) - PICTURES_SHOWN),
        "memory": memory_charts(run.root),
        "histogram": Markup(histogram(shares)) if shares else "",
        "worst": _worst(run, advice),
        "hidden_worst": max(0, len(advice.worst) - WORST_SHOWN),
        "sheets": _sheets(run),
        "hidden_shots": max(0, len(_shots(run)) - SHOTS_SHOWN),
        "timings": Markup(bars({step.id: step.seconds for step in run.steps})),
        "parts": {step.id: _parts(step) for step in run.steps},
        "tables": tables(run),
        "versions": run.versions,
        "fingerprints": run.fingerprints,
    }


def _shots(run: RunResult) -> list[str]:
    return [group for group in run.groups() if run.plane("frames", group)]


def _summary(run: RunResult, masks: Masks) -> list[tuple[str, str]]:
    """What a person wants to know first."""
    rows = [*_inputs(run), *_amount(run)]
    covered = [share for shares in masks.coverage.values() for _, share in shares]
    if covered:
        spread_told = f", {percent(min(covered))} to {percent(max(covered))}"
        rows.append(("covered by characters", _mean(covered) + spread_told * any(covered)))
    grown = _grown(run)
    if grown:
        rows.append(("covered after growing", _mean(grown)))
        seen = list(seen_shares(run))
        if seen:
            rows.append(("of the holes, truly seen in other frames", _mean(seen)))
        elif not any(grown):
            rows.append(("of the holes, truly seen in other frames", "— (there is no hole)"))
    rows.append(("time", f"{sum(step.seconds for step in run.steps):.1f} s"))
    failed = sum(len(step.failures) for step in run.steps)
    if failed:
        rows.append(("failed items", str(failed)))
    if run.left_out:
        rows.append(("left out", str(len(run.left_out))))
    return rows


def _amount(run: RunResult) -> list[tuple[str, str]]:
    """How much there is: pictures, shots, or clips of which people were taken out."""
    restored, restorations = artwork_counts(run)
    if restored:
        return [("pictures", str(restored)), ("restorations", str(restorations))]
    if artwork_ids(run):
        return [("pictures", str(len(artwork_ids(run))))]
    clips = clip_ids(run)
    if clips:
        counts = [number(figures_of(run, clip).cut.get("frames")) or 0 for clip in clips]
        return [("clips", str(len(clips))), ("frames", f"{sum(counts):.0f}")]
    shots = _shots(run)
    count = sum(len(run.plane("frames", shot)) for shot in shots)
    return [("shots", str(len(shots))), ("frames", str(count))]


def _cost(cost: RunCost | None) -> list[tuple[str, str]]:
    """What the clips cost, and all; nothing when nobody said what an hour does."""
    told = [*cost.lines()] if cost else []
    return [("cost", line) for line in [*told[:-1][:CLIPS_SHOWN], *told[-1:]]]


def _inputs(run: RunResult) -> list[tuple[str, str]]:
    """What the run was given: footage by its name, planes by their folders."""
    if run.sources is not None:
        names = [Path(name).name for name in run.sources]
        more = f", … ({len(names)} in all)" if len(names) > INPUTS_SHOWN else ""
        return [("input", ", ".join(names[:INPUTS_SHOWN]) + more)]
    folders: dict[str, dict[str, None]] = {}
    for files in run.given.values():
        for plane, names in files.items():
            folders.setdefault(plane, {}).update({str(Path(name).parent): None for name in names})
    return [(plane, ", ".join([*places][:INPUTS_SHOWN])) for plane, places in folders.items()]


def _mean(shares: Sequence[float]) -> str:
    return f"{percent(sum(shares) / len(shares))} on average"


def _grown(run: RunResult) -> list[float]:
    """Share of every frame that was filled."""
    for stage in ("restore.inpaint", "restore.plate", "restore.check"):
        found = [number(figures.get("coverage_after")) for _, figures in run.frame_figures(stage)]
        if found:
            return [share for share in found if share is not None]
    return []


def _shares(run: RunResult, masks: Masks) -> dict[str, list[float]]:
    """Coverage of every frame, before and after growing; nothing where nobody is."""
    before = [share for shares in masks.coverage.values() for _, share in shares]
    shares = {"mask": before, "mask, grown": _grown(run)}
    return {name: values for name, values in shares.items() if any(values)}


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
        sheets.append(Sheet(shot, rows, counted(count, "frame")))
    return sheets


def _parts(step: StepResult) -> str:
    """What the time of a step went into, as far as the stage tells."""
    told = [(timing_word(key), seconds) for key, seconds in step.timings.items()]
    shown = [(word, seconds) for word, seconds in told if word and seconds >= LITTLE_S]
    return ", ".join(f"{word} {seconds:.1f} s" for word, seconds in shown)
