from __future__ import annotations

import json
import re
from pathlib import Path

from multiplane.engine.price import keep_price
from multiplane.engine.report import write_report
from multiplane.engine.report.clips import clip_ids, clip_sheets
from multiplane.engine.report.cost import cost_of
from multiplane.engine.report.read import read_run


def page(root: Path) -> str:
    return write_report(root).read_text(encoding="utf-8")


def test_a_section_a_clip(clip_folder: Path) -> None:
    run = read_run(clip_folder)
    [sheet] = clip_sheets(run, None, 12)
    facts = dict(sheet.facts)
    assert sheet.title == "walk <i>.mp4"
    assert facts["clip"] == "64x32, 5 of 5 frames, 25 frames a second, h264, 1 track of sound"
    assert facts["layout"] == ("side by side, half-equirectangular, the eyes swapped, 32x32 an eye")
    assert facts["known by"] == "its name says <sbs>"
    assert facts["how the eyes stand"] == "the right eye is rolled by 0.5 degrees"
    assert facts["people by"] == "selfie: no GPU"
    assert facts["people"].startswith("2: 1 (frames 0 to 4, score 0.91)")
    assert facts["the eyes agree"] == (
        "0.887 on average, 0.7 at worst (frame 1, person 1); corrected: 2 by ensemble"
    )
    assert facts["flicker"] == "0.35 px on average, 0.4 px at most (frame 2)"
    assert facts["time"] == "12.0 s, 0.417 frames a second"
    assert "cost" not in facts
    assert [title for title, _ in sheet.rows] == ["people over a checkerboard", "who was found"]
    assert [caption for caption, _ in sheet.rows[0][1]] == ["frame 0", "frame 2", "frame 4"]
    assert [grid.title for grid in sheet.grids] == [
        "Files", "Chunks", "Disagreements of the eyes: 300",
    ]  # fmt: skip
    assert "stereo: people" in sheet.times
    assert "frames per s" not in sheet.times
    assert sheet.notes == ["frames were <chosen>"]


def test_the_page_is_one_file_and_escaped(clip_folder: Path) -> None:
    text = page(clip_folder)
    assert "walk &lt;i&gt;.mp4" in text
    assert "the &lt;pictures&gt;" in text
    assert "<chosen>" not in text
    assert "walk_180_LR.mov" in text
    assert "<th>clips</th><td>1</td>" in text
    assert "<th>shots</th>" not in text
    assert len(re.findall("<img ", text)) == 6
    assert len(re.findall("<polyline ", text)) >= 6
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_the_cost_when_an_hour_has_a_price(clip_folder: Path) -> None:
    keep_price(clip_folder, 36.0)
    run = read_run(clip_folder)
    [sheet] = clip_sheets(run, cost_of(run), 12)
    assert dict(sheet.facts)["cost"] == "0.12, 36.00 a minute of footage, at 36 an hour"
    assert "walk: 0.12, 36.00 a minute of footage" in page(clip_folder)


def test_what_is_not_done_yet_is_left_out(clip_folder: Path) -> None:
    (clip_folder / "export" / "export_metadata.json").unlink()
    [sheet] = clip_sheets(read_run(clip_folder), None, 12)
    assert [grid.title for grid in sheet.grids] == ["Chunks", "Disagreements of the eyes: 2"]
    assert [chart.title for chart in sheet.charts] == ["Agreement of the eyes"]
    (clip_folder / "stereo" / "stereo_metadata.json").unlink()
    [sheet] = clip_sheets(read_run(clip_folder), None, 12)
    assert [row[-1] for row in sheet.grids[0].rows] == ["still to do"] * 2
    assert sheet.charts == []
    assert "<h2>Clips</h2>" in page(clip_folder)


def test_figures_of_any_kind_do_no_harm(clip_folder: Path) -> None:
    for step in ("chunks", "stereo", "export"):
        path = clip_folder / step / f"{step}_metadata.json"
        value = json.loads(path.read_text())
        for wrong in (None, "x", -1, [], {}, [1], True):
            for item in value["items"]:
                item["figures"] = dict.fromkeys({*item["figures"]} - {"bad_files"}, wrong)
            path.write_text(json.dumps(value))
            assert "walk" in page(clip_folder)


def test_more_clips_than_anybody_reads_are_counted(clip_folder: Path) -> None:
    path = clip_folder / "chunks" / "chunks_metadata.json"
    value = json.loads(path.read_text())
    value["items"] += [{**value["items"][0], "id": f"more{k}"} for k in range(13)]
    path.write_text(json.dumps(value))
    text = page(clip_folder)
    assert "2 more clips are in the folder." in text


def test_other_recipes_have_no_clips(run_folder: Path) -> None:
    assert clip_ids(read_run(run_folder)) == []
    text = page(run_folder)
    assert "<h2>Clips</h2>" not in text
    assert "<h2>Memory</h2>" not in text
    assert ".chart" not in text
