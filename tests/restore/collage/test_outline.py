from __future__ import annotations

import cv2
import numpy as np

from multiplane.restore.collage.outline import outline_of


def boxes_of(polygons: list[list[float]]) -> list[tuple[float, float, float, float]]:
    return sorted((min(p[::2]), min(p[1::2]), max(p[::2]), max(p[1::2])) for p in polygons)


def test_each_piece_and_each_island_has_its_outline() -> None:
    damage = np.zeros((60, 80), np.bool_)
    damage[10:30, 5:45] = True
    damage[15:25, 20:30] = False
    damage[50, 70] = True
    damage[40, 10:20] = True
    found = boxes_of(outline_of(damage))
    assert (5.5, 10.5, 44.5, 29.5) in found
    assert (70, 50, 71, 51) in found
    assert (10, 40, 20, 41) in found
    assert len(found) == 4


def test_outlines_are_simplified_and_at_last_left_out() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.blur(rng.random((200, 200)), (9, 9)) < 0.5
    full = sum(map(len, outline_of(noise))) // 2
    assert outline_of(noise, most_points=10) == []
    fewer = sum(map(len, outline_of(noise, most_points=7 * full // 10))) // 2
    assert 0 < fewer < full
    assert outline_of(np.zeros((5, 5), np.bool_)) == []
