"""The recipe with networks in every place that has one: tiny, random, of the real classes.

Nothing that they find is anybody's mask; what they do is the same each time, and all the rest
(files, figures, resuming, the two steps of the command line) is as with real weights.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

import torch
from run_digest import digest
from tiny_lama import save_upstream, tiny_generator
from tiny_sam import save_tiny_sam
from tiny_vitmatte import make_vitmatte

import multiplane
from multiplane.cli.main import main
from multiplane.media.images import write_frame

MEDIA = Path(__file__).resolve().parents[1] / "../shared/media"


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The three networks, each named by the path of its weights."""
    root = tmp_path_factory.mktemp("weights")
    sam = save_tiny_sam(root / "sam")
    matte = make_vitmatte(root / "vitmatte")
    lama = save_upstream(root / "lama", tiny_generator())
    return {
        "segment.backend.kind": "sam2",
        "segment.backend.model": str(sam),
        "segment.backend.who": "everything",
        "segment.backend.automatic.points_per_side": "4",
        "segment.backend.automatic.pred_iou_thresh": "0",
        "segment.backend.automatic.stability_score_thresh": "0",
        "segment.min_instance_px": "100",
        "matte.method.kind": "vitmatte",
        "matte.method.model": str(matte),
        "matte.method.tile_px": "128",
        "matte.method.overlap_px": "32",
        "inpaint.backend.kind": "lama",
        "inpaint.backend.model": str(lama),
        "check.residual": "false",
    }


@pytest.fixture(scope="module")
def footage(drawn: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of the drawn clip."""
    folder = tmp_path_factory.mktemp("walk")
    for number in range(4):
        write_frame(folder / f"{number:04d}.png", drawn.frames[number])
    return folder


@pytest.fixture(scope="module")
def finished(
    footage: Path, options: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("neural") / "out"
    report = multiplane.run("clean-backgrounds", footage, out, options=options)
    assert report.exit_status == 0, report.failures
    return out


def figures(run: Path, step: str, name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((run / step / name).read_text())["items"][0]["figures"]
    return told


def test_networks_in_every_place(footage: Path, finished: Path, options: dict[str, str]) -> None:
    segmented = figures(finished, "segment", "instances_metadata.json")
    assert (segmented["backend"], segmented["why"]) == ("sam2", "asked for")
    assert segmented["model"] == options["segment.backend.model"]
    assert segmented["proposed"] >= 4
    assert segmented["tracks"]
    painted = figures(finished, "inpaint", "inpainting_metadata.json")
    assert painted["backend"] == "lama"
    provenance = json.loads((finished / "provenance.json").read_text())
    told = {step["step"]: step["fingerprint"] for step in provenance["steps"]}
    assert told["segment"].startswith("own@")
    assert all(told[step] for step in ("segment", "matte", "inpaint"))
    for number in range(4):
        frame = cv2.imread(str(footage / f"{number:04d}.png"))
        (picture,) = (finished / "inpaint" / "backgrounds").rglob(f"{number:04d}.png")
        (fill,) = (finished / "inpaint" / "fills").rglob(f"{number:04d}.png")
        kept = cv2.imread(str(fill), cv2.IMREAD_UNCHANGED) == 0
        assert 0 < kept.mean() < 1
        assert np.array_equal(cv2.imread(str(picture))[kept], frame[kept])
    assert "sam2" in (finished / "report.html").read_text()


def test_cut_off_in_between_and_resumed_is_the_same(
    footage: Path, finished: Path, options: dict[str, str], tmp_path: Path
) -> None:
    class CutOffError(Exception):
        pass

    def cut_after(count: int) -> Any:
        seen = []

        def progress(*told: Any) -> None:
            seen.append(told)
            if len(seen) > count:
                raise CutOffError

        return progress

    out = tmp_path / "out"
    for count in (2, 4, 6):
        with pytest.raises(CutOffError):
            multiplane.run(
                "clean-backgrounds", footage, out, options=options, progress=cut_after(count)
            )
    report = multiplane.run("clean-backgrounds", footage, out, options=options)
    assert report.exit_status == 0
    assert report.reused >= 1
    assert digest(out) == digest(finished)


def call(line: list[str]) -> int:
    """Call the command line in this process."""
    with pytest.raises(SystemExit) as ended:
        main(line)
    return int(ended.value.code or 0)


def settings(options: dict[str, str], step: str) -> list[str]:
    """The options of one step as they are typed."""
    own = {key: value for key, value in options.items() if key.startswith(f"{step}.")}
    return [word for key, value in own.items() for word in ("--set", f"{key}={value}")]


def test_two_steps(footage: Path, options: dict[str, str], tmp_path: Path) -> None:
    first, second = tmp_path / "masks", tmp_path / "clean"
    own = {key: value for key, value in options.items() if not key.endswith(("kind", "_px"))}
    typed = ["--backend", "sam2", "--min-instance-px", "4096", "--context", "transparent"]
    line = ["split", "segment", str(footage), "-o", str(first), "--device", "cpu", "-q", *typed]
    assert call([*line, *settings(own, "segment")]) == 0
    assert len(list((first / "segment" / "masks").rglob("*.png"))) == 4
    instances = figures(first, "segment", "instances_metadata.json")["frames"]
    areas = [one["area_px"] for frame in instances for one in frame["instances"]]
    assert areas
    assert min(areas) >= 4096
    cutouts = list((first / "segment" / "cutouts").rglob("*.png"))
    assert len(cutouts) == len(areas)
    assert cv2.imread(str(cutouts[0]), cv2.IMREAD_UNCHANGED).shape[2] == 4
    line = ["restore", "inpaint", "--frames", str(footage), "--masks", str(first)]
    line += ["-o", str(second), "--mask-dilate", "8", "--batch-size", "2", "--device", "cpu", "-q"]
    assert call([*line, "--backend", "lama", *settings(own, "inpaint")]) == 0
    assert len(list((second / "inpaint" / "backgrounds").rglob("*.png"))) == 4


def test_a_truncated_checkpoint_stops_before_anything_is_done(
    footage: Path, options: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, broken = Path(options["segment.backend.model"]), tmp_path / "broken"
    shutil.copytree(whole, broken)
    file = broken / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])
    line = ["split", "segment", str(footage), "-o", str(tmp_path / "out"), "--backend", "sam2"]
    assert call([*line, "-q", "--device", "cpu", "--set", f"segment.backend.model={broken}"])
    told = capsys.readouterr().err
    assert "model.safetensors" in told
    assert "fix:" in told
    assert not list((tmp_path / "out").rglob("masks/*"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_cuda_where_there_is_none(
    footage: Path, options: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = options["segment.backend.model"]
    line = ["split", "segment", str(footage), "-o", str(tmp_path), "--backend", "sam2", "-q"]
    assert call([*line, "--device", "cuda", "--set", f"segment.backend.model={model}"])
    told = capsys.readouterr().err
    assert "device 'cuda' is not there" in told
    assert "'cpu'" in told


@pytest.mark.slow
def test_killed_and_resumed_is_the_same(
    footage: Path, finished: Path, options: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    line = [sys.executable, "-m", "multiplane", "run", "clean-backgrounds", str(footage)]
    line += ["-q", "-o", str(out)]
    for key, value in options.items():
        line += ["--set", f"{key}={value}"]
    chance = random.Random(5)
    for _ in range(8):
        process = subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(4.0, 14.0))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert digest(out) == digest(finished)


@pytest.mark.slow
@pytest.mark.skipif(not (MEDIA / "juggle.mp4").exists(), reason="no shared media")
def test_real_footage(options: dict[str, str], tmp_path: Path) -> None:
    chosen = {**options, "segment.backend.who": "characters", "shots.every_frames": "6"}
    chosen["segment.backend.evidence"] = "motion"
    report = multiplane.run(
        "clean-backgrounds", MEDIA / "juggle.mp4", tmp_path / "out", options=chosen
    )
    assert report.exit_status == 0, report.failures
    told = figures(tmp_path / "out", "segment", "instances_metadata.json")
    assert told["evidence"] == "motion"
    assert len(told["frames"]) == len(list((tmp_path / "out/inpaint/backgrounds").rglob("*.png")))
