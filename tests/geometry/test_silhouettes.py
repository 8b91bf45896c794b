import numpy as np
import pytest

from multiplane.geometry.silhouettes import MIN_ROWS, silhouette_samples
from multiplane.geometry.sweep import Cut

CUT = Cut(np.arange(-40, 41) / 1000, np.arange(20, -21, -1) / 1000, 1000.0)


def bar(left, right, rows=slice(5, 35)):
    """A bar whose edges lie between pixels."""
    columns = np.arange(81)
    row = np.clip(columns - left + 0.5, 0, 1) * np.clip(right - columns + 0.5, 0, 1)
    share = np.zeros((41, 81), np.float32)
    share[rows] = row
    return share


@pytest.mark.parametrize("sign", [1, -1])
def test_edges_give_the_disparity_of_their_rows(sign):
    here, there = bar(30.3, 50.8), bar(30.3 - sign * 6.4, 50.8 - sign * 6.4)
    samples = silhouette_samples((CUT, here), (CUT, there), sign)
    assert samples is not None
    assert len(samples.disparity) == 60
    pixels = samples.disparity / samples.per_px
    assert pixels == pytest.approx(6.4, abs=0.2)  # what a share of a pixel leaves open
    assert pixels.mean() == pytest.approx(6.4, abs=0.05)


def test_rows_one_eye_has_alone_say_nothing():
    samples = silhouette_samples(
        (CUT, bar(30, 50)), (CUT, bar(25, 45, rows=slice(20, 41))), 1
    )  # fmt: skip
    assert samples is not None
    assert len(samples.disparity) == 2 * 15
    few = bar(25, 45, rows=slice(5, 5 + MIN_ROWS - 1))
    assert silhouette_samples((CUT, bar(30, 50)), (CUT, few), 1) is None


def test_a_mask_cut_off_at_the_side_has_no_edge_there():
    assert silhouette_samples((CUT, bar(-5, 50)), (CUT, bar(-9, 44)), 1) is None
