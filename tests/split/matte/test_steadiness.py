from __future__ import annotations

import numpy as np

from multiplane.split.matte.steadiness import Steadiness


def test_change_is_a_share_of_the_band() -> None:
    steadiness = Steadiness()
    mask = np.zeros((10, 10), bool)
    moved = mask.copy()
    moved[:2] = True
    steadiness.add(mask.astype(np.float32), mask, 40)
    steadiness.add(moved.astype(np.float32) / 2, moved, 40)
    assert steadiness.figures() == {"alpha_change": 0.25, "mask_change": 0.5}


def test_one_frame_changes_nothing() -> None:
    steadiness = Steadiness()
    steadiness.add(np.ones((4, 4), np.float32), np.ones((4, 4), bool), 0)
    assert steadiness.figures() == {"alpha_change": 0.0, "mask_change": 0.0}
