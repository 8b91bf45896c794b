from __future__ import annotations

import numpy as np

from multiplane.restore.damage.chains import Lines
from multiplane.restore.damage.pieces import long_lines, of_one_darkness
from multiplane.restore.damage.ridges import STEPS


def test_long_thin_sure_pieces_stay() -> None:
    weak = np.zeros((80, 120), np.bool_)
    weak[10, 5:100] = weak[20, 5:30] = weak[30:60, 5:100] = weak[70, 5:100] = True
    strong = weak.copy()
    strong[70, 10:] = False
    kept = long_lines(Lines(weak, strong), 4, 60)
    assert kept[10, 5:100].all()
    assert kept.sum() == 95


def test_what_touches_a_crack_and_is_lighter_is_left_out() -> None:
    light = np.full((60, 120), 60 * STEPS, np.int16)
    weak = np.zeros(light.shape, np.bool_)
    weak[30, 5:100] = weak[5:30, 50] = True
    light[30, 5:100], light[5:28, 50] = 10 * STEPS, 40 * STEPS
    strong = np.zeros_like(weak)
    strong[30, 20:40] = True
    kept = of_one_darkness(Lines(weak, strong), light)
    assert kept[30, 5:100].all()
    assert not kept[:27].any()
    assert not (kept & ~weak).any()
