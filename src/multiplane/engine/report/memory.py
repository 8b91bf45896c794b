"""Memory over the time of the runs in a folder, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from multiplane.engine.report.charts import Axes, lines
from multiplane.engine.report.clip_charts import Chart
from multiplane.engine.resources import Usage, read_usage

RUNS_DRAWN = 3
"""The latest ones; of those before only the peaks are told."""


def memory_charts(root: Path) -> list[Chart]:
    """Draw the memory of the latest runs in a folder.

    Args:
        root: The run folder.

    Returns:
        One chart a run, the latest first; none where nobody looked.
    """
    usages = read_usage(root)
    return [chart for usage in reversed(usages[-RUNS_DRAWN:]) if (chart := _chart(usage)).svg]


def _chart(usage: Usage) -> Chart:
    series = {"memory": _gb(usage.at_s, usage.ram_mb)}
    if usage.vram_mb:
        series["memory of the GPU"] = _gb(usage.at_s, usage.vram_mb)
    marks = [(at, step) for step, at in usage.steps]
    axes = Axes(x="second", x_format=".3g", unit=" GB", marks=marks)
    note = f"At most {usage.ram_peak_mb / 1000:.2f} GB"
    if usage.vram_peak_mb is not None:
        note += f", and {usage.vram_peak_mb / 1000:.2f} GB on the GPU (what torch holds)"
    note += f", in {usage.seconds:.1f} s. Of the process and all it started."
    peaks = [f"{step} {_both(ram, vram)}" for step, ram, vram in usage.step_peaks()]
    if peaks:
        note += f" By step: {', '.join(peaks)}."
    title = usage.started.replace("T", " ").replace("+00:00", " UTC")
    return Chart(title, note, Markup(lines(series, axes)))


def _both(ram_mb: float, vram_mb: float | None) -> str:
    gpu = f" and {vram_mb / 1000:.2f} GB" if vram_mb is not None else ""
    return f"{ram_mb / 1000:.2f}{gpu or ' GB'}"


def _gb(at_s: Sequence[float], mb: Sequence[float]) -> list[tuple[float, float | None]]:
    return [(at, value / 1000) for at, value in zip(at_s, mb, strict=True)]
