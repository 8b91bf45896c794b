from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch import PatchMatchInpainter, painter
from multiplane.restore.inpaint.backends.patchmatch.complete import Completion
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
    assert filled.by == "opencv"
    assert np.abs(filled.frame.astype(int) - 90).max() <= 6  # OpenCV's own rounding


@settings(max_examples=12, deadline=None)
@given(
    height=st.integers(176, 183),
    width=st.integers(316, 323),
    border=st.sampled_from(["bottom", "right", "corner"]),
    seed=st.integers(0, 1000),
)
def test_sources_of_odd_sizes_lie_inside_and_are_allowed(
    height: int, width: int, border: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (height, width, 3), np.uint8)
    frame = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.5), np.uint8)
    hole = np.zeros((height, width), np.bool_)
    top, left = {"bottom": (120, 40), "right": (20, 260), "corner": (60, 100)}[border]
    hole[top : height - (border == "corner") * 3, left : width - (border == "bottom") * 40] = True
    sources = ~hole
    sources[:, :8] = False  # so that a source that runs past the end of a row is found out
    found: list[Completion] = []

    def spy(frame: Frame, hole: Mask, allowed: Mask, completion: Completion) -> Frame:
        found.append(completion)
        return frame

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(painter, "render", spy)
        small = PatchMatchOptions(rounds=1, max_megapixels=0.01)
        PatchMatchInpainter(small, seed).fill(frame, hole, sources)
    assert sources.ravel()[found[0].sources].all()


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_means_are_enlarged_a_few_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch, scale: int
) -> None:
    rng = np.random.default_rng(scale)
    means = rng.uniform(0, 255, (13, 9, 3)).astype(np.float32)
    hole = rng.random((13 * scale - 1, 9 * scale - 1)) < 0.5
    large = cv2.resize(means, (9 * scale, 13 * scale), interpolation=cv2.INTER_LINEAR)
    whole = large[: hole.shape[0], : hole.shape[1]][hole]
    for rows in (1, 2, 5, 13):
        monkeypatch.setattr(painter, "_BAND_PX", rows * 9 * scale**2)
        assert np.array_equal(painter._enlarged(means, scale, hole), whole)
