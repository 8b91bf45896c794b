from __future__ import annotations

import xml.etree.ElementTree as ET

from multiplane.engine.report.charts import Axes, bars, histogram, lines


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


def test_lines_break_off_where_there_is_no_value() -> None:
    svg = lines({"<one>": [(0, 1.0), (1, 2.0), (2, None), (3, 1.0)], "two": [(0, 5.0)]}, Axes())
    ET.fromstring(svg)
    assert svg.count("<polyline") == 1
    assert svg.count("<circle") == 2
    assert "&lt;one&gt;" in svg


def test_a_level_and_marks_and_values_beyond_the_axes() -> None:
    axes = Axes(low=0.5, high=1.0, level=0.8, marks=[(0, "a<b"), (99, "late")], unit=" <px>")
    svg = lines({"a": [(0, 0.1), (10, 3.0)]}, axes)
    ET.fromstring(svg)
    assert "a&lt;b" in svg
    assert 'stroke="#c33"' in svg
    heights = [float(p.split(",")[1]) for p in svg.split('points="')[1].split('"')[0].split()]
    assert heights == [152.0, 22.0]


def test_lines_without_height_or_width() -> None:
    ET.fromstring(lines({"a": [(3, 0.0)]}, Axes()))
    assert lines({}, Axes()) == lines({"a": [(0, None)]}, Axes()) == ""


def test_many_names_take_more_rows() -> None:
    svg = lines({f"person {k}": [(0, 1.0), (1, 0.5)] for k in range(9)}, Axes())
    ET.fromstring(svg)
    assert svg.count("<polyline") == 9


def test_marks_close_by_stand_below_each_other() -> None:
    axes = Axes(marks=[(0.0, "shots"), (0.1, "segment"), (90.0, "matte")])
    svg = lines({"a": [(0, 1.0), (100, 2.0)]}, axes)
    heights = {name: svg.split(f">{name}<")[0].split('y="')[-1].split('"')[0] for name in
               ("shots", "segment", "matte")}  # fmt: skip
    assert heights["shots"] == heights["matte"] != heights["segment"]
