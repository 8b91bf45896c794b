"""Charts of one clip over its frames: agreement of the eyes, flicker, edges, people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from multiplane.engine.report.charts import Axes, lines
from multiplane.engine.report.loose import Points, entries, mapping, points, told
from multiplane.engine.report.masks import number
from multiplane.engine.report.read import Figures

PEOPLE_DRAWN = 8


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes:
        title: What it shows.
        note: How to read it.
        svg: The drawing.
    """

    title: str
    note: str
    svg: str


def charts(chunks: Mapping[str, Figures], export: Figures, options: Figures) -> list[Chart]:
    """Draw what there is to draw of a clip.

    Args:
        chunks: Chunk id → figures of split.stereo.
        export: Figures of split.export; empty before it has run.
        options: Those of split.stereo.

    Returns:
        The charts that have something to show.
    """
    drawn = [*_agreement(chunks, export, options), *_quality(export), *_people(export)]
    return [chart for chart in drawn if chart.svg]


def _agreement(
    chunks: Mapping[str, Figures], export: Figures, options: Figures
) -> Iterator[Chart]:  # fmt: skip
    told_of = mapping(export.get("agreement"))
    series: dict[str, Points] = {
        f"person {told(one.get('id'))}": points(one)
        for one in entries(told_of.get("by_person"))[:PEOPLE_DRAWN]
    }
    if not series and points(told_of):
        series = {"everybody": points(told_of)}
    if not series:
        series = {"least agreement": _by_frame(chunks)}
    values = [value for line in series.values() for _, value in line if value is not None]
    threshold = number(options.get("validation_threshold"))
    shown = [*values, threshold] if threshold is not None else values
    low = max(0.0, math.floor(10 * min(shown, default=0.0) - 1) / 10)
    axes = Axes(low=low, high=1.0, level=threshold)
    yield Chart(
        "Agreement of the eyes",
        "Overlap of a person's mask in both eyes after their own warp; 1 is full. Below the red "
        "line one eye is taken to be wrong and is corrected.",
        _svg(series, axes),
    )


def _by_frame(chunks: Mapping[str, Figures]) -> Points:
    """The least agreement of each frame, from the chunks; of frames in two chunks the later."""
    found: dict[float, float | None] = {}
    for figures in chunks.values():
        for row in entries(figures.get("frames")):
            name = row.get("frame")
            if isinstance(name, str) and name.isdigit():
                found[float(name)] = number(row.get("agreement"))
    return sorted(found.items(), key=lambda point: point[0])


def _quality(export: Figures) -> Iterator[Chart]:
    quality = mapping(export.get("quality"))
    every = number(quality.get("every_frames")) or 1
    gaps = f" Measured in one place of {every:.0f} frames." if every > 1 else ""
    yield Chart(
        "Flicker",
        "By how many px the outline moves from a frame to the next beyond what the footage does; "
        f"0 is steady.{gaps}",
        _svg({"flicker": _measured(quality.get("flicker_px"))}, Axes(unit=" px")),
    )
    yield Chart(
        "Edges",
        "Stairs: two thirds of the outline are within so many px of its own course. Width: over "
        f"how many px an edge goes from 0 to 1.{gaps}",
        _svg(
            {
                "stairs": _measured(quality.get("stair_px")),
                "width": _measured(quality.get("width_px")),
            },
            Axes(unit=" px"),
        ),
    )
    yield Chart(
        "Jagged edges",
        f"Share of the outline that is as hard as no camera draws it; 0 is best.{gaps}",
        _svg({"jagged": _measured(quality.get("aliasing"))}, Axes(high=1.0)),
    )


def _people(export: Figures) -> Iterator[Chart]:
    yield Chart(
        "People",
        "How many are seen.",
        _svg({"people": points(export.get("people_per_frame"))}, Axes()),
    )


def _measured(series: object) -> Points:
    """The points that were measured: between them nobody looked."""
    return [(frame, value) for frame, value in points(series) if value is not None]


def _svg(series: Mapping[str, Points], axes: Axes) -> str:
    return Markup(lines({name: line for name, line in series.items() if line}, axes))
