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


CLIPS_TEXT = """
name: vr180-matte
stages:
  - {id: chunks, stage: split.chunks}
  - {id: stereo, stage: split.stereo}
  - {id: export, stage: split.export}
"""
LAYOUT = {
    "kind": "sbs", "size": [64, 32], "eye_size": [32, 32], "swapped": True,
    "projection": "half_equirect", "reasons": ["its name says <sbs>"],
}  # fmt: skip


def over_time(*values: float | None, each: int = 1) -> dict[str, object]:
    """Figures over frames as split.export writes them."""
    known = [value for value in values if value is not None]
    return {
        "mean": sum(known) / len(known) if known else None,
        "min": min(known, default=None), "min_frame": 1, "max": max(known, default=None),
        "max_frame": 2, "values": len(known), "first_frame": 0, "frames_per_point": each,
        "points": list(values),
    }  # fmt: skip


def chunk_figures(start: int, **more: object) -> dict[str, object]:
    return {
        "backend": "selfie", "why": "no GPU", "mode": "master_slave", "work_size": [16, 16],
        "edges": {"method": "guided", "why": "it needs no weights"},
        "rectification": {"why": "the right eye is rolled by 0.5 degrees"},
        "people": [{"id": 1}], "corrected": 2,
        "agreement": {"mean": 0.95, "least": 0.7, "checked": 4, "below_share": 0.0},
        "frames": [{"frame": f"{start + at:06}", "agreement": 0.9 + at / 100} for at in range(3)],
        "memory": ["fewer at once"],
        "disagreements_listed": [{"frame": start, "id": 1, "agreement": None}],
        **more,
    }  # fmt: skip


def export_figures() -> dict[str, object]:
    disagreement = {
        "frame": 3, "id": 1, "agreement": 0.7, "scores": [0.9, 0.4], "worse": "right",
        "why": "the <pictures>", "did": "ensemble", "after": 0.96, "chunk": "walk/0002",
    }  # fmt: skip
    output = {
        "file": "walk_180_LR.mov", "format": "prores_4444", "eye": "", "size": [64, 32],
        "bytes": 1234567, "verified": True, "frames": [5, 5], "largest_time_error_s": 0.0005,
        "sound": "copied", "sound_packets": [9, 9], "notes": ["no NVENC here"],
    }  # fmt: skip
    agreement = {
        **over_time(0.9, 0.95, None, 0.7, 1.0), "min_id": 1, "corrected": {"ensemble": 2},
        "by_person": [
            {"id": 1, **over_time(0.9, 0.95, None, 0.7, 1.0)},
            {"id": 2, **over_time(None, 0.85)},
        ],
    }  # fmt: skip
    return {
        "layout": LAYOUT, "size": [64, 32], "frames": 5, "outputs": [output],
        "people": [
            {"id": 1, "first_frame": 0, "last_frame": 4, "frames": 5, "mean_score": 0.91},
            {"id": 2, "first_frame": 1, "last_frame": 1, "frames": 1, "mean_score": 0.5},
        ],
        "people_per_frame": over_time(1, 2, 1, 1, 1),
        "agreement": agreement,
        "disagreements": {"count": 300, "listed": [disagreement]},
        "quality": {
            "every_frames": 2, "aliasing": over_time(0.01, None, 0.02),
            "stair_px": over_time(0.1, None, 0.2), "width_px": over_time(1.5, None, 1.6),
            "flicker_px": over_time(None, 0.3, 0.4),
        },
        "notes": ["frames were <chosen>"],
    }  # fmt: skip


@pytest.fixture
def clip_folder(tmp_path: Path) -> Path:
    """A run that took people out of one clip of two chunks, as the stages leave it."""
    root = tmp_path / "vr"
    root.mkdir()
    (root / RECIPE).write_text(CLIPS_TEXT)
    book = Ledger(root / FILE_NAME)
    for place, step in enumerate(("chunks", "stereo", "export")):
        book.start_step(step, place, {"items": [], "skipped": {}})
        book.finish_step(step)
    book.close()
    given = [{"id": "walk", "files": {"source": ["/far/walk <i>.mp4"]}, "data": {}}]
    (root / INPUTS).write_text(json.dumps(given))
    (root / PROVENANCE).write_text("{}")
    pictures: dict[str, list[str]] = {}
    for plane in ("previews", "overlays"):
        for frame in range(0, 5, 2):
            path = root / "export" / plane / "walk" / f"{frame:06}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.full((32, 64, 3), 99, np.uint8))
            pictures.setdefault(plane, []).append(str(path.relative_to(root)))
    cut = {
        "layout": LAYOUT, "size": [64, 32], "rate": "25/1", "codec": "h264", "sound_tracks": 1,
        "source_frames": 5, "frames": 5, "notes": [], "bad_files": [],
        "chunks": [
            {"id": "0001", "first": 0, "start": 0, "stop": 2, "frames": 3},
            {"id": "0002", "first": 1, "start": 2, "stop": 5, "frames": 4},
        ],
    }  # fmt: skip
    leave_step(root, "chunks", {"walk": cut}, {"walk": {"compute": 1.0, "chunks": 1.0}})
    chunk_times = {"compute": 4.0, "people": 3.0, "stereo_s": 4.0, "frames_per_s": 0.75}
    leave_step(
        root, "stereo",
        {"walk/0001": chunk_figures(0), "walk/0002": chunk_figures(2)},
        {"walk/0001": chunk_times, "walk/0002": chunk_times},
        options={"validation_threshold": 0.8},
    )  # fmt: skip
    leave_step(
        root, "export", {"walk": export_figures()},
        {"walk": {"compute": 3.0, "export": 2.5, "verify": 0.5}}, files={"walk": pictures},
    )  # fmt: skip
    return root


def leave_step(
    root: Path,
    step: str,
    figures: dict[str, dict[str, object]],
    times: dict[str, dict[str, float]],
    files: dict[str, dict[str, list[str]]] | None = None,
    **parts: object,
) -> None:
    """Write the metadata of a step."""
    items = [
        {
            "id": name,
            "figures": of,
            "outputs": [{"id": name, "files": (files or {}).get(name, {}), "data": {}}],
        }
        for name, of in figures.items()
    ]
    timings = {"wall": 1.0, "items": times}
    value = metadata(step, f"split.{step}", items=items, timings=timings, **parts)
    (root / step).mkdir(exist_ok=True)
    (root / step / f"{step}_metadata.json").write_text(json.dumps(value))
