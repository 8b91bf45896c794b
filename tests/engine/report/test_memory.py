from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

from multiplane.engine.report import write_report
from multiplane.engine.report.memory import memory_charts
from multiplane.engine.resources import FILE_NAME, Usage


def keep(root: Path, *usages: Usage) -> None:
    value = {"version": 1, "runs": [usage.to_json() for usage in usages]}
    (root / FILE_NAME).write_text(json.dumps(value))


def usage(day: int, **more: object) -> Usage:
    parts = {"vram_mb": (), "steps": (("<shots>", 0.0), ("plate", 1.0)), **more}
    at, ram = (0.0, 1.0, 2.0), (100.0, 900.0, 1500.0)
    return Usage(f"2026-01-0{day}T10:00:00+00:00", 2.5, at, ram, **parts)  # type: ignore[arg-type]


def test_the_latest_runs_are_drawn(tmp_path: Path) -> None:
    keep(tmp_path, *(usage(day) for day in range(1, 6)))
    charts = memory_charts(tmp_path)
    assert [chart.title[:10] for chart in charts] == ["2026-01-05", "2026-01-04", "2026-01-03"]
    assert charts[0].note.startswith("At most 1.50 GB, in 2.5 s.")
    assert charts[0].note.endswith("By step: <shots> 0.10 GB, plate 1.50 GB.")
    ET.fromstring(charts[0].svg)
    assert "&lt;shots&gt;" in charts[0].svg
    assert charts[0].svg.count("<polyline") == 1


def test_memory_of_the_gpu(tmp_path: Path) -> None:
    keep(tmp_path, usage(1, vram_mb=(0.0, 2000.0, 1000.0)))
    [chart] = memory_charts(tmp_path)
    assert "2.00 GB on the GPU" in chart.note
    assert "plate 1.50 and 2.00 GB" in chart.note
    assert chart.svg.count("<polyline") == 2


def test_nobody_looked(tmp_path: Path) -> None:
    assert memory_charts(tmp_path) == []
    keep(tmp_path, Usage("2026-01-01", 1.0, (), ()))
    assert memory_charts(tmp_path) == []


def test_any_page_shows_it(run_folder: Path) -> None:
    keep(run_folder, usage(1))
    text = write_report(run_folder).read_text(encoding="utf-8")
    assert text.index("<h2>Time</h2>") < text.index("<h2>Memory</h2>")
    assert "2026-01-01 10:00:00 UTC" in text
