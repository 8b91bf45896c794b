"""A run folder as the engine leaves it, drawn by hand."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.engine.folder import INPUTS, PROVENANCE, RECIPE
from multiplane.engine.ledger import FILE_NAME, Ledger

RECIPE_TEXT = """
name: clean-backgrounds
description: In and out.
stages:
  - {id: shots, stage: split.shots}
  - {id: segment, stage: split.segment}
  - {id: inpaint, stage: restore.inpaint}
  - {id: check, stage: restore.check}
"""


def metadata(step: str, stage: str, **parts: object) -> dict[str, object]:
    empty = {"items": [], "failures": [], "skipped": {}, "timings": {"wall": 1.5, "items": {}}}
    return {"step": step, "stage": stage, "version": 1, "options": {}, **empty, **parts}


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    root = tmp_path / "run"
    root.mkdir()
    (root / RECIPE).write_text(RECIPE_TEXT)
    book = Ledger(root / FILE_NAME)
    for place, step in enumerate(("shots", "segment", "inpaint", "check")):
        book.start_step(step, place, {"items": [], "skipped": {}})
        book.finish_step(step)
    book.close()
    given = [{"id": "clip", "files": {"source": ["/far/<clip>.mp4"]}, "data": {}}]
    (root / INPUTS).write_text(json.dumps(given))
    (root / PROVENANCE).write_text(
        json.dumps({"versions": {"numpy": "2"}, "steps": [{"step": "check", "fingerprint": "u@1"}]})
    )
    files: dict[str, list[str]] = {"frames": [], "masks": [], "backgrounds": []}
    for plane, names in files.items():
        for i in range(3):
            path = root / plane / f"{i:06}.png"
            path.parent.mkdir(exist_ok=True)
            shape = (24, 32) if plane == "masks" else (24, 32, 3)
            cv2.imwrite(str(path), np.full(shape, 200 if plane != "masks" else 255, np.uint8))
            names.append(f"{plane}/{i:06}.png")

    def leave(step: str, stage: str, plane: str | None, figures: object, **parts: object) -> None:
        output = {"id": "clip/0001", "files": {plane: files[plane]} if plane else {}, "data": {}}
        item = {"id": "clip/0001", "figures": figures, "outputs": [output]}
        (root / step).mkdir()
        value = metadata(step, stage, items=[item], **parts)
        (root / step / f"{step}_metadata.json").write_text(json.dumps(value))

    shares = [
        {"frame": f"{i:06}", "coverage_before": 0.2, "coverage_after": 0.3 + i / 10}
        for i in range(3)
    ]
    worst = [{"frame": "000002", "reasons": ["a <ghost> is left"], "badness": 3.0}]
    timings = {"wall": 2.5, "items": {"clip/0001": {"compute": 2.0, "save": 0.5, "decode": 0.5}}}
    leave("shots", "split.shots", "frames", {"frames": 3}, timings=timings)
    found = [{"frame": f"{i:06}", "coverage": 0.2, "instances": [{"rle": {}}]} for i in range(3)]
    leave("segment", "split.segment", "masks", {"backend": "combined", "frames": found})
    leave("inpaint", "restore.inpaint", "backgrounds", {"frames": shares})
    figures = {"frames": [], "worst": worst, "next_step": "look at the ghost"}
    leave("check", "restore.check", None, figures)
    return root
