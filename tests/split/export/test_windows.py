from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.export.windows import BLOCK_PX, pooled_max, windows_of


@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    seed=st.integers(0, 50),
    margin=st.integers(0, 100),
)
def test_windows_hold_everything_and_its_margin(
    height: int, width: int, seed: int, margin: int
) -> None:
    noise = np.random.default_rng(seed)
    alpha = np.zeros((height, width), np.uint8)
    for _ in range(noise.integers(0, 4)):
        alpha[noise.integers(height), noise.integers(width)] = noise.integers(1, 256)
    covered = np.zeros(alpha.shape, np.bool_)
    for rows, columns in windows_of(alpha, margin):
        covered[rows, columns] = True
    for y, x in zip(*np.nonzero(alpha), strict=True):
        assert covered[
            max(0, y - margin) : y + margin + 1, max(0, x - margin) : x + margin + 1
        ].all()
    assert covered.any() == alpha.any()


def test_far_parts_are_left_alone() -> None:
    alpha = np.zeros((640, 1280), np.uint8)
    alpha[10, 10] = alpha[600, 1200] = 255
    sizes = [(r.stop - r.start) * (c.stop - c.start) for r, c in windows_of(alpha, 0)]
    assert sizes == [BLOCK_PX**2, BLOCK_PX**2]


def test_blocks_at_the_rim_may_be_smaller() -> None:
    alpha = np.zeros((70, 130), np.uint8)
    alpha[69, 129] = 9
    assert pooled_max(alpha).tolist() == [[0, 0, 0], [0, 0, 9]]
