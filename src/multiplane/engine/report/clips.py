"""What became of each clip of which people were taken out: a section of the page a clip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from markupsafe import Markup

from multiplane.engine.report.charts import bars
from multiplane.engine.report.clip_charts import Chart, charts
from multiplane.engine.report.clip_tables import Grid, chunk_grid, disagreement_grid, output_grid
from multiplane.engine.report.cost import RunCost, belongs, money
from multiplane.engine.report.loose import entries, listed, mapping, pair, told, words
from multiplane.engine.report.pictures import small_picture, spread
from multiplane.engine.report.read import SOURCE, Figures, RunResult, StepResult
from multiplane.engine.report.words import counted, timing_word

CHUNKS, STEREO, EXPORT = "split.chunks", "split.stereo", "split.export"
PICTURES = {
    "previews": "people over a checkerboard",
    "overlays": "who was found",
    "confidence": "confidence: white is sure",
}
"""Plane of small pictures → what they show."""
PICTURES_SHOWN = 4
PICTURE_PX = 640
KINDS = {"sbs": "side by side", "over_under": "left over right", "mono": "one picture"}
PROJECTIONS = {"half_equirect": "half-equirectangular", "flat": "flat"}
LITTLE_S = 0.05


@dataclass(frozen=True)
class ClipSheet:
    """All that the page says of one clip.

    Attributes:
        title: The name of its file.
        facts: (what, how it is).
        rows: (what they show, (caption, data URI) of each picture).
        grids: Tables.
        charts: Figures over the frames.
        times: Seconds by part of the work, as SVG; empty when nothing was done yet.
        notes: What has to be known.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    grids: Sequence[Grid]
    charts: Sequence[Chart]
    times: str
    notes: Sequence[str]


@dataclass(frozen=True)
class ClipFigures:
    """What the steps say of one clip.

    Attributes:
        clip: Its id.
        cut: Of the step that cut it into chunks.
        chunks: Chunk id → figures of the step that took people out.
        export: Of the step that wrote the files.
    """

    clip: str
    cut: Figures
    chunks: Mapping[str, Figures]
    export: Figures
    options: Figures = field(default_factory=dict)

    @property
    def first(self) -> Figures:
        """Of the first chunk that is done."""
        return next(iter(self.chunks.values()), {})


def clip_ids(run: RunResult) -> list[str]:
    """The clips of a run that takes people out of clips; none of any other run."""
    step = run.step(CHUNKS)
    return list(step.items) if step else []


def clip_sheets(run: RunResult, cost: RunCost | None, most: int) -> list[ClipSheet]:
    """Put together what there is to say of each clip.

    Args:
        run: The run.
        cost: What its clips cost; None when nobody said what an hour does.
        most: Clips at most.

    Returns:
        One section a clip, in the order of the run.
    """
    return [_sheet(run, figures_of(run, clip), cost) for clip in clip_ids(run)[:most]]


def figures_of(run: RunResult, clip: str) -> ClipFigures:
    """What the steps say of a clip; what is not there yet is empty."""
    chunks, stereo, export = (run.step(stage) for stage in (CHUNKS, STEREO, EXPORT))
    inner = stereo.items.items() if stereo else ()
    return ClipFigures(
        clip,
        mapping(chunks.items.get(clip)) if chunks else {},
        {name: figures for name, figures in inner if belongs(name, clip)},
        mapping(export.items.get(clip)) if export else {},
        stereo.options if stereo else {},
    )


def _sheet(run: RunResult, clip: ClipFigures, cost: RunCost | None) -> ClipSheet:
    steps = [step for stage in (CHUNKS, STEREO, EXPORT) if (step := run.step(stage))]
    files = run.given.get(clip.clip, {}).get(SOURCE) or [clip.clip]
    grids = (output_grid(clip.export), chunk_grid(run, clip.clip, clip.cut, clip.chunks),
             disagreement_grid(clip.chunks, clip.export))  # fmt: skip
    spent = _times(steps, clip.clip)
    notes = [*words(clip.cut.get("notes")), *words(clip.export.get("notes"))]
    return ClipSheet(
        Path(files[0]).name,
        [*_facts(clip), *_work(steps, clip), *_cost(cost, clip.clip)],
        [*_pictures(run, clip.clip)],
        [grid for grid in grids if grid.rows],
        charts(clip.chunks, clip.export, clip.options),
        Markup(bars(spent)) if spent else "",
        list(dict.fromkeys(notes)),
    )


def _facts(clip: ClipFigures) -> Iterator[tuple[str, str]]:
    cut, first = clip.cut, clip.first
    sound = cut.get("sound_tracks")
    yield (
        "clip",
        listed(
            [
                pair(cut.get("size"), "x"),
                f"{told(cut.get('frames'))} of {told(cut.get('source_frames'))} frames",
                _rate(cut.get("rate")),
                told(cut.get("codec")),
                counted(sound, "track") + " of sound" if isinstance(sound, int) else "",
            ],
            ", ",
        ),
    )
    layout = mapping(cut.get("layout")) or mapping(clip.export.get("layout"))
    if layout:
        kind, projection = told(layout.get("kind")), told(layout.get("projection"))
        yield (
            "layout",
            listed(
                [
                    KINDS.get(kind, kind),
                    PROJECTIONS.get(projection, projection),
                    "the eyes swapped" if layout.get("swapped") is True else "",
                    f"{pair(layout.get('eye_size'), 'x')} an eye",
                ],
                ", ",
            ),
        )
        yield "known by", listed(words(layout.get("reasons")))
    stand = mapping(first.get("rectification")) or mapping(cut.get("stand"))
    if stand.get("why"):
        yield "how the eyes stand", told(stand.get("why"))
    if first:
        yield "people by", listed([told(first.get("backend")), told(first.get("why"))], ": ")
        edges = mapping(first.get("edges"))
        if edges:
            yield "edges by", listed([told(edges.get("method")), told(edges.get("why"))], ": ")
        yield (
            "worked at",
            f"{pair(first.get('work_size'), 'x')} an eye, {told(first.get('mode'))}",
        )
    yield from _found(clip)


def _found(clip: ClipFigures) -> Iterator[tuple[str, str]]:
    export = clip.export
    people = entries(export.get("people"))
    if people:
        parts = [
            f"{told(one.get('id'))} (frames {told(one.get('first_frame'))} to "
            f"{told(one.get('last_frame'))}, score {told(one.get('mean_score'))})"
            for one in people[:8]
        ]
        more = f" and {len(people) - 8} more" if len(people) > 8 else ""
        yield "people", f"{len(people)}: " + ", ".join(parts) + more
    elif export:
        yield "people", "nobody was found"
    agreement = mapping(export.get("agreement"))
    if agreement.get("mean") is not None:
        corrected = mapping(agreement.get("corrected"))
        done = ", ".join(f"{told(count)} by {name}" for name, count in corrected.items())
        yield (
            "the eyes agree",
            f"{told(agreement.get('mean'))} on average, {told(agreement.get('min'))} at worst "
            f"(frame {told(agreement.get('min_frame'))}, person {told(agreement.get('min_id'))}); "
            + (f"corrected: {done}" if done else "nothing to correct"),
        )
    quality = mapping(export.get("quality"))
    for name, (title, unit) in QUALITY.items():
        series = mapping(quality.get(name))
        if series.get("mean") is not None:
            yield (
                title,
                f"{told(series.get('mean'))}{unit} on average, {told(series.get('max'))}{unit} at "
                f"most (frame {told(series.get('max_frame'))})",
            )


QUALITY = {
    "flicker_px": ("flicker", " px"),
    "stair_px": ("stairs", " px"),
    "aliasing": ("jagged", ""),
    "width_px": ("edge width", " px"),
}
"""Figure of split.export → what the page calls it, and its unit."""


def _work(steps: Sequence[StepResult], clip: ClipFigures) -> Iterator[tuple[str, str]]:
    seconds = sum(
        step.seconds_of(item) for step in steps for item in step.work if belongs(item, clip.clip)
    )
    frames = clip.cut.get("frames")
    if seconds and isinstance(frames, int):
        yield "time", f"{seconds:.1f} s, {frames / seconds:.3g} frames a second"


def _cost(cost: RunCost | None, clip: str) -> Iterator[tuple[str, str]]:
    for one in cost.clips if cost else ():
        if one.clip == clip:
            minute = one.per_minute
            more = f", {money(minute)} a minute of footage" if minute is not None else ""
            yield "cost", f"{money(one.cost)}{more}, at {one.price_per_hour:g} an hour"


def _times(steps: Sequence[StepResult], clip: str) -> dict[str, float]:
    """Seconds by part of the work; of a stage that does not tell its parts, all of it."""
    times: dict[str, float] = {}
    for step in steps:
        parts: dict[str, float] = {}
        items = [item for item in step.work if belongs(item, clip)]
        for item in items:
            for key, seconds in step.work[item].items():
                word = timing_word(key) if key in step.timings else ""
                if word:
                    parts[word] = parts.get(word, 0.0) + seconds
        shown = {f"{step.id}: {word}": s for word, s in parts.items() if s >= LITTLE_S}
        whole = sum(step.seconds_of(item) for item in items)
        times |= shown or ({step.id: whole} if whole >= LITTLE_S else {})
    return times


def _pictures(
    run: RunResult, clip: str
) -> Iterator[tuple[str, list[tuple[str, str]]]]:  # fmt: skip
    for plane, title in PICTURES.items():
        files = [path for path in run.plane(plane, clip) if path.suffix == ".png"]
        chosen = [files[at] for at in spread(len(files), PICTURES_SHOWN)]
        shown = [(path, small_picture(path, PICTURE_PX)) for path in chosen]
        row = [(f"frame {path.stem.lstrip('0') or '0'}", uri) for path, uri in shown if uri]
        if row:
            yield title, row


def _rate(value: Any) -> str:  # noqa: ANN401 - a figure
    try:
        return f"{float(Fraction(str(value))):.6g} frames a second"
    except (ValueError, ZeroDivisionError, OverflowError):
        return ""
