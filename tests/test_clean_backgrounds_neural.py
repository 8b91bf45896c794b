"""The recipe with networks in every place that has one: tiny, random, of the real classes.

Nothing that they find is anybody's mask; what they do is the same each time, and all the rest
(files, figures, resuming, the two steps of the command line) is as with real weights.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_lama import save_upstream, tiny_generator
from tiny_sam import save_tiny_sam
from tiny_vitmatte import make_vitmatte

import multiplane
from multiplane.media.images import write_frame

MEDIA = Path(__file__).resolve().parents[1] / "../shared/media"
PLAIN = {"ledger.sqlite", "provenance.json", "report.html", "run.lock"}
"""What differs between two runs of the same work: times of day, timings, process numbers."""


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


def words(command: list[str], options: dict[str, str], *steps: str) -> list[str]:
    """A command line of ours with the options of some steps."""
    line = [sys.executable, "-m", "multiplane", *command]
    for key, value in options.items():
        if key.partition(".")[0] in steps:
            line += ["--set", f"{key}={value}"]
    return line


def digest(run: Path) -> dict[str, str]:
    """Every file of a run and what it holds, timings left out."""
    found = {}
    for path in sorted(p for p in run.rglob("*") if p.is_file()):
        name = str(path.relative_to(run))
        if name in PLAIN or path.name.startswith("."):
            continue
        data = path.read_bytes()
        if path.name.endswith("_metadata.json"):
            value = json.loads(data)
            value.pop("timings")
            data = json.dumps(value).encode()
        found[name] = hashlib.sha256(data).hexdigest()
    return found


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
