"""The recipe as a user runs it, on a drawn clip of which everything is known."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from run_digest import digest

import multiplane
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.measure.image import psnr
from multiplane.measure.mask import iou

OPTIONS = {
    "segment.backend.kind": "motion",
    "segment.min_instance_px": "100",
    "check.residual": "false",
}


@pytest.fixture(scope="session")
def finished(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run") / "out"
    report = multiplane.run("clean-backgrounds", clip, out, options=OPTIONS)
    assert report.exit_status == 0, report.failures
    assert report.page == out / "report.html"
    return out


def plane(run: Path, step: str, name: str) -> list[np.ndarray]:
    files = sorted((run / step / name).rglob("*.png"))
    return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]


def test_the_sprite_is_found(drawn: Any, finished: Path) -> None:
    masks = [mask >= 128 for mask in plane(finished, "segment", "masks")]
    assert len(masks) == len(drawn.masks)
    scores = [iou(got, true) for got, true in zip(masks, drawn.masks, strict=True)]
    assert np.mean(scores) > 0.8, scores


def test_nobody_is_left(drawn: Any, finished: Path) -> None:
    pictures = plane(finished, "inpaint", "backgrounds")
    fills = plane(finished, "inpaint", "fills")
    for bgr, fill, frame, truth, mask in zip(
        pictures, fills, drawn.frames, drawn.backgrounds, drawn.masks, strict=True
    ):
        picture = bgr[..., ::-1]
        assert (picture[fill == 0] == frame[fill == 0]).all()
        seen = mask & (fill == 1)
        assert seen.sum() > 0.5 * mask.sum()
        assert psnr(picture, truth, mask=seen) > 28


def test_leaves_what_the_design_promises(finished: Path) -> None:
    for name in ("recipe.yaml", "inputs.json", "provenance.json", "report.html"):
        assert (finished / name).stat().st_size > 0
    instances = json.loads((finished / "segment" / "instances_metadata.json").read_text())
    frame = instances["items"][0]["figures"]["frames"][8]
    assert frame["instances"][0]["rle"]["size"] == [160, 240]
    inpainting = json.loads((finished / "inpaint" / "inpainting_metadata.json").read_text())
    frame = inpainting["items"][0]["figures"]["frames"][8]
    assert frame["coverage_after"] > frame["coverage_before"] > 0


def test_running_again_computes_nothing(clip: Path, finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*.png")}
    report = multiplane.run("clean-backgrounds", clip, finished, options=OPTIONS)
    assert report.reused == report.done == 6
    assert before == {path: path.stat().st_mtime_ns for path in finished.rglob("*.png")}


def done_so_far(run: Path) -> dict[Path, int]:
    """The artefacts of all items that the ledger calls done, and when they were written."""
    if not (run / FILE_NAME).exists():
        return {}
    book = Ledger(run / FILE_NAME)
    try:
        entries = [entry for step, *_ in book.steps() for entry in book.entries(step).values()]
    finally:
        book.close()
    names = [run / n for e in entries if e.state == "done" for n, _ in e.artefacts]
    return {path: path.stat().st_mtime_ns for path in names}


def count_done(run: Path) -> int:
    """Items the ledger calls done, read as another process may."""
    path = run / FILE_NAME
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as book:
        try:
            [[count]] = book.execute("SELECT count(*) FROM records WHERE state='done'")
        except sqlite3.OperationalError:  # its tables are not made yet
            return 0
    return int(count)


def wait_for_more(process: subprocess.Popen[bytes], run: Path) -> None:
    """Wait until the run has done one more item than now, or has ended."""
    before = count_done(run)
    while process.poll() is None and count_done(run) <= before:
        time.sleep(0.02)


@pytest.mark.slow
def test_killed_twenty_times_and_resumed_is_the_same(
    clip: Path, finished: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "multiplane", "run", "clean-backgrounds", str(clip)]
    words += ["-q", "-o", str(out)]
    for key, value in OPTIONS.items():
        words += ["--set", f"{key}={value}"]
    chance = random.Random(11)
    kills = 0
    settled: dict[Path, int] = {}
    for _ in range(20):
        process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        if chance.random() < 0.5:  # at any moment, or soon after one more item was done
            time.sleep(chance.uniform(0.5, 7.0))
        else:
            wait_for_more(process, out)
            time.sleep(chance.uniform(0, 0.5))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
        assert {path: path.stat().st_mtime_ns for path in settled} == settled, "computed again"
        settled |= done_so_far(out)
    assert kills
    assert settled
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(finished)


def test_one_bad_input_does_not_end_the_run(clip: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("this is no video")
    report = multiplane.run("clean-backgrounds", [bad, clip], tmp_path / "out", options=OPTIONS)
    assert report.exit_status == 3
    assert [failure.item for failure in report.failures] == ["bad"]
    assert report.failures[0].fix
    assert len(plane(tmp_path / "out", "inpaint", "backgrounds")) == 16
    assert "bad failed" in (tmp_path / "out" / "report.html").read_text()
