from __future__ import annotations

import json
import re
from pathlib import Path

from multiplane.engine.report import write_report


def test_one_file_with_everything_inside(run_folder: Path) -> None:
    page = write_report(run_folder)
    text = page.read_text(encoding="utf-8")
    assert page == run_folder / "report.html"
    assert "look at the ghost" in text
    assert "a &lt;ghost&gt; is left" in text
    assert "&lt;clip&gt;.mp4" in text
    assert "covered after growing" in text
    assert text.index("Worst frames first") < text.index("Frame by frame")
    assert len(re.findall(r"<img ", text)) == 3 * 3 + 3
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_a_run_that_is_not_finished(run_folder: Path) -> None:
    for step in ("segment", "inpaint", "check"):
        (run_folder / step / f"{step}_metadata.json").unlink()
    text = write_report(run_folder).read_text(encoding="utf-8")
    assert len(re.findall(r"<img ", text)) == 3
    assert "Nothing stands out" not in text


def given_planes(root: Path, steps: tuple[str, ...]) -> str:
    """The page of a run that was given frames and masks, without some of its steps."""
    for step in steps:
        (root / step / f"{step}_metadata.json").unlink()
    files = {
        plane: [f"{root}/{plane}/{i:06}.png" for i in range(3)] for plane in ("frames", "masks")
    }
    given = [{"id": "clip/0001", "files": files, "data": {}}]
    (root / "inputs.json").write_text(json.dumps(given))
    return write_report(root).read_text(encoding="utf-8")


def test_a_stage_alone_shows_what_it_was_given(run_folder: Path) -> None:
    text = given_planes(run_folder, ("shots", "segment", "check"))
    assert "<th>frames</th><td>3</td>" in text
    assert f"<th>masks</th><td>{run_folder}/masks</td>" in text
    assert len(re.findall(r"<figcaption>mask</figcaption>", text)) == 3
    assert len(re.findall(r"<figcaption>background</figcaption>", text)) == 3


def test_no_hole_was_seen_where_there_is_none(run_folder: Path) -> None:
    path = run_folder / "inpaint" / "inpaint_metadata.json"
    text = re.sub(r'"coverage_(\w+)": [\d.]+', r'"coverage_\1": 0.0', path.read_text())
    path.write_text(
        text.replace('"coverage_after"', '"seen_share": 1.0, "hole_px": 0, "coverage_after"')
    )
    text = given_planes(run_folder, ("shots", "segment"))
    assert "<td>— (there is no hole)</td>" in text
    assert "<td>0 % on average</td>" in text
    assert "100.0 %" not in text
    assert "<h2>Share of the picture covered" not in text


def test_words_for_people(run_folder: Path) -> None:
    text = write_report(run_folder).read_text(encoding="utf-8")
    assert "decode 0.5 s" in text
    assert "shots (split.shots): 1 item" in text
    assert "coverage_after" not in text
    assert ">3 frames<" in text


def test_damage_is_shown(run_folder: Path) -> None:
    (run_folder / "inputs.json").write_text("[{")
    text = write_report(run_folder).read_text(encoding="utf-8")
    assert "Files of the run are damaged" in text
    assert "inputs.json is damaged" in text
