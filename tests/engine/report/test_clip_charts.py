from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from multiplane.engine.report.clip_charts import charts
from multiplane.engine.report.clips import figures_of
from multiplane.engine.report.read import read_run


def test_what_was_measured_is_drawn(clip_folder: Path) -> None:
    clip = figures_of(read_run(clip_folder), "walk")
    drawn = {chart.title: chart for chart in charts(clip.chunks, clip.export, clip.options)}
    assert [*drawn] == ["Agreement of the eyes", "Flicker", "Edges", "Jagged edges", "People"]
    for chart in drawn.values():
        ET.fromstring(chart.svg)
    agreement = drawn["Agreement of the eyes"].svg
    assert "person 1" in agreement
    assert "person 2" in agreement
    assert agreement.count("<polyline") == 2, "a line breaks off where somebody is not seen"
    assert agreement.count("<circle") == 1
    assert "stroke-dasharray" in agreement, "the threshold"
    assert drawn["Flicker"].svg.count("<polyline") == 1, "between measured frames it goes on"
    assert "one place of 2 frames" in drawn["Flicker"].note


def test_before_the_clip_is_written_its_chunks_are_drawn(clip_folder: Path) -> None:
    clip = figures_of(read_run(clip_folder), "walk")
    [chart] = charts(clip.chunks, {}, {})
    assert "least agreement" in chart.svg
    assert "stroke-dasharray" not in chart.svg


def test_without_figures_there_are_no_charts() -> None:
    assert charts({}, {}, {}) == []
    assert charts({"a": {"frames": 3}}, {"agreement": [], "quality": 4}, {}) == []
