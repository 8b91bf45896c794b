from __future__ import annotations

import xml.etree.ElementTree as ET

from multiplane.engine.report.charts import bars, histogram


def test_histogram_counts_every_frame() -> None:
    svg = histogram({"mask": [0.0, 0.26, 0.26, 1.0]}, bins=4)
    ET.fromstring(svg)
    assert "mask: 2 frames with 25-50 %" in svg
    assert "mask: 1 frame with 75-100 %" in svg
    assert "50-75 %" not in svg, "an empty column is not worth reading"


def test_bars_escape_names() -> None:
    svg = bars({"<shots>": 1.25, "plate": 0.0})
    ET.fromstring(svg)
    assert "&lt;shots&gt;" in svg
    assert "1.2 s" in svg


def test_nothing_to_draw() -> None:
    ET.fromstring(bars({}))
    ET.fromstring(histogram({}))
