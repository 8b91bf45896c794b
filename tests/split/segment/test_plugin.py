"""A backend that another package brings, from its entry points to its masks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from multiplane.core.instances import decode_rle
from multiplane.media.images import write_frame

PACKAGE = """
from typing import Literal

import numpy as np
from pydantic import Field

from multiplane.core.config import Options
from multiplane.split.segment.backend import Segmentation


class BrightOptions(Options):
    \"\"\"Everything brighter than a threshold.\"\"\"

    kind: Literal["bright"] = "bright"
    threshold: int = Field(default=250, ge=0, le=255, description="luma from which it is selected")


class BrightSegmenter:
    def __init__(self, options):
        self._threshold = options.threshold

    def segment(self, shot, progress):
        def beliefs():
            for index in range(len(shot)):
                bright = shot.frame(index).mean(axis=2) >= self._threshold
                yield np.where(bright, 1, -1).astype(np.float32)

        return Segmentation(beliefs())
"""


def test_a_plug_in_is_chosen_like_one_of_ours(tmp_path: Path) -> None:
    package = tmp_path / "site" / "bright_plugin.py"
    package.parent.mkdir()
    package.write_text(PACKAGE)
    info = package.parent / "bright_plugin-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bright-plugin\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(
        "[multiplane.segment]\nbright = bright_plugin:BrightSegmenter\n"
        "[multiplane.segment.options]\nbright = bright_plugin:BrightOptions\n"
    )
    frame = np.zeros((60, 80, 3), np.uint8)
    frame[20:40, 30:60] = 220
    for number in range(2):
        write_frame(tmp_path / "frames" / f"{number}.png", frame)
    out = tmp_path / "out"
    words = ["split", "segment", str(tmp_path / "frames"), "-o", str(out), "-q"]
    choice = ["--backend", "bright", "--set", "segment.backend.threshold=200"]
    done = subprocess.run(
        [sys.executable, "-m", "multiplane", *words, *choice],
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads((out / "segment" / "instances_metadata.json").read_text())
    (instance,) = told["items"][0]["figures"]["frames"][0]["instances"]
    assert np.array_equal(decode_rle(instance["rle"]), frame[..., 0] > 0)
    assert "bright-plugin 1.2" in (out / "provenance.json").read_text()
