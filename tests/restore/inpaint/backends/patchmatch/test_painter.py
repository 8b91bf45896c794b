from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch import PatchMatchInpainter
from multiplane.restore.inpaint.config import PatchMatchOptions


def test_large_crops_are_searched_small_and_copied_large(bricks: Frame, blob: Mask) -> None:
    frame = np.tile(bricks, (2, 2, 1))
    hole = np.zeros(frame.shape[:2], np.bool_)
    hole[:96, :128] = blob
    small = PatchMatchInpainter(PatchMatchOptions(max_megapixels=0.0125))
    filled = small.fill(frame, hole, ~hole)
    assert filled.by == "patchmatch"
    assert np.array_equal(filled.frame[~hole], frame[~hole])
    change = np.abs(np.diff(filled.frame.astype(float), axis=1)).mean(axis=2)
    assert change[hole[:, 1:]].mean() > 0.85 * change[~hole[:, 1:]].mean()


def test_without_a_whole_patch_colours_flow_in_and_it_says_so() -> None:
    frame = np.full((12, 12, 3), 90, np.uint8)
    hole = np.ones((12, 12), np.bool_)
    hole[0] = False
    filled = PatchMatchInpainter(PatchMatchOptions()).fill(frame, hole, ~hole)
    assert filled.by == "diffusion"
    assert np.abs(filled.frame.astype(int) - 90).max() <= 6  # OpenCV's own rounding
