import numpy as np

from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.fill import fill


def test_no_hole_gives_the_frame_back():
    frame = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    done = fill(frame, np.zeros((30, 40), bool), None, None, PlateOptions())
    np.testing.assert_array_equal(done.plate, frame)
    assert not done.unseen.any()
    assert done.figures["seen_share"] == 1.0


def test_what_nobody_saw_holds_colours_of_the_rim_and_is_marked():
    frame = np.full((60, 80, 3), 90, np.uint8)
    hole = np.zeros((60, 80), bool)
    hole[20:40, 30:50] = True
    frame[hole] = 250
    done = fill(frame, hole, None, None, PlateOptions())
    np.testing.assert_array_equal(done.unseen, hole)
    np.testing.assert_array_equal(done.plate[~hole], frame[~hole])
    assert np.abs(done.plate[hole].astype(int) - 90).max() <= 2
    assert done.figures["unseen_px"] == 400


def test_a_frame_that_is_all_hole_is_all_unseen():
    frame = np.full((33, 47, 3), 10, np.uint8)
    hole = np.ones((33, 47), bool)
    done = fill(frame, hole, None, None, PlateOptions())
    assert done.unseen.all()
