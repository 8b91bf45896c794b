from __future__ import annotations

import json

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.motion.camera import still_path
from multiplane.restore.inpaint.chapters import divide
from multiplane.restore.inpaint.choice import decide
from multiplane.restore.inpaint.config import PatchMatchOptions
from multiplane.restore.inpaint.crops import Box, Invention
from multiplane.restore.inpaint.figures import frame_figures, shot_figures
from multiplane.restore.inpaint.fill import Inpainted


def done_with(frame: Frame, blob: Mask) -> Inpainted:
    fills = blob.astype(np.uint8)
    fills[blob & (np.arange(96)[:, None] >= 48)] = 2
    fills[2:6, 2:6] = 2
    return Inpainted(frame, fills, blob, (Invention(Box(2, 2, 6, 6), 16, "opencv"),), carried=True)


def test_each_hole_says_what_filled_it(bricks: Frame, blob: Mask) -> None:
    row = frame_figures("000007", done_with(bricks, blob), "patchmatch")
    assert row["frame"] == "000007"
    assert row["hole_px"] == blob.sum() + 16
    assert row["invented_anew_px"] == 16
    assert row["filled_by"] == "opencv+patchmatch"
    big, small = row["holes"]  # type: ignore[misc]
    assert big["area_px"] == blob.sum()  # type: ignore[index, call-overload]
    shares = big["filled_by"]  # type: ignore[index, call-overload]
    assert abs(sum(shares.values()) - 1) < 1e-3
    assert 0.3 < shares["other frames"] < 0.7
    assert small["box_xyxy"] == [2, 2, 6, 6]  # type: ignore[index, call-overload]


def test_the_shot_sums_up_and_json_holds_it(bricks: Frame, blob: Mask) -> None:
    row = frame_figures("000007", done_with(bricks, blob), "patchmatch")
    (chapter,) = divide({0: Box(10, 10, 30, 30)}, still_path(1), (128, 96), 8, 1e6)
    sheets = [(chapter, (Invention(Box(0, 0, 2, 2), 4, "patchmatch"),))]
    figures = shot_figures([row, row], sheets, decide(PatchMatchOptions()))
    assert (figures["backend"], figures["why"]) == ("patchmatch", "asked for")
    assert figures["hole_px"] == 2 * (blob.sum() + 16)
    assert figures["invented_share"] == row["invented_share"]
    assert 0.3 < row["invented_share"] < 0.7  # type: ignore[operator]
    assert json.loads(json.dumps(figures)) == figures


def test_a_frame_without_a_hole(bricks: Frame) -> None:
    nothing = np.zeros(bricks.shape[:2], np.uint8)
    row = frame_figures("a", Inpainted(bricks, nothing, nothing > 0, (), carried=False), "x")
    assert (row["hole_px"], row["invented_share"], row["holes"]) == (0, 0.0, [])
