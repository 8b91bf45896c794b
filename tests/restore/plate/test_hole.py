import numpy as np

from multiplane.restore.plate.hole import depth_inside, grow, widen


def spot(x=20, y=15):
    mask = np.zeros((40, 50), bool)
    mask[y, x] = True
    return mask


def test_grows_to_a_disc():
    y, x = np.mgrid[:40, :50]
    np.testing.assert_array_equal(grow(spot(), 6), np.hypot(x - 20, y - 15) <= 6.0)


def test_grows_at_the_border_and_leaves_nothing_and_zero_alone():
    y, x = np.mgrid[:40, :50]
    np.testing.assert_array_equal(grow(spot(0, 39), 9), np.hypot(x, y - 39) <= 9.0)
    assert not grow(np.zeros((5, 5), bool), 3).any()
    np.testing.assert_array_equal(grow(spot(), 0), spot())


def test_soft_edges_widen_the_mask_but_far_noise_does_not():
    alpha = np.zeros((40, 50), np.float32)
    alpha[15, 20:24] = 0.4
    alpha[2, 45] = 0.4
    alpha[15, 19] = 0.01
    wide = widen(spot(), alpha, 8)
    assert wide[15, 20:24].all()
    assert wide.sum() == 4
    np.testing.assert_array_equal(widen(spot(), None, 8), spot())


def test_depth_counts_from_the_edge_of_the_mask_not_of_the_frame():
    mask = np.zeros((10, 10), bool)
    mask[:, :5] = True
    assert depth_inside(mask)[0, 4] == 1
    assert depth_inside(mask)[0, 0] == 5
    assert (depth_inside(np.ones((4, 4), bool)) > 1000).all()
