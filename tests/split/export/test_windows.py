from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.export.windows import BLOCK_PX, disjoint, pooled_max, windows_of


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


sides = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda at: slice(at[0], sum(at)))


@given(st.lists(st.tuples(sides, sides), max_size=12))
def test_windows_put_together_hold_all_and_share_nothing(windows: list) -> None:
    counted = np.zeros((52, 52), int)
    for window in disjoint(windows):
        counted[window] += 1
    assert counted.max(initial=0) <= 1
    for window in windows:
        assert counted[window].all()


def test_what_lies_apart_stays_apart() -> None:
    one, other = (slice(0, 4), slice(0, 4)), (slice(0, 4), slice(4, 8))
    assert disjoint([one, other]) == [one, other]


def test_channels_count_together() -> None:
    picture = np.zeros((128, 192, 3), np.uint8)
    picture[70, 130, 2] = 1
    assert windows_of(picture, 0) == [(slice(64, 128), slice(128, 192))]
