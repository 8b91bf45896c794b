from __future__ import annotations

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
    assert len(re.findall(r"<img ", text)) == 3 * 3 + 3
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_a_run_that_is_not_finished(run_folder: Path) -> None:
    for step in ("segment", "inpaint", "check"):
        (run_folder / step / f"{step}_metadata.json").unlink()
    text = write_report(run_folder).read_text(encoding="utf-8")
    assert len(re.findall(r"<img ", text)) == 3
