from __future__ import annotations

import cv2
import numpy as np
from drawn_damage import draw_damage, plaster_wall

from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.cracks import find_cracks


def line(length: int, width: int = 3, bright: bool = False) -> tuple[np.ndarray, np.ndarray]:
    frame, drawn = plaster_wall((200, 300)), np.zeros((200, 300), np.uint8)
    cv2.line(drawn, (40, 60), (40 + length, 60 + length // 3), 1, width)
    frame[drawn > 0] = 250 if bright else 30
    return frame, drawn > 0


def test_a_crack_is_found_as_wide_as_it_is() -> None:
    for width in (1, 3, 6):
        frame, drawn = line(180, width)
        found = find_cracks(frame, DamageOptions())
        assert (found & drawn).sum() / (found | drawn).sum() > 0.85


def test_bright_ones_where_they_are_asked_for() -> None:
    frame, drawn = line(180, bright=True)
    assert not find_cracks(frame, DamageOptions()).any()
    for tone in ("bright", "both"):
        found = find_cracks(frame, DamageOptions(crack_tone=tone))
        assert (found & drawn).sum() / (found | drawn).sum() > 0.85


def test_short_and_wide_ones_are_left_out() -> None:
    frame, drawn = line(25)
    assert not find_cracks(frame, DamageOptions()).any()
    assert find_cracks(frame, DamageOptions(crack_min_length_px=20))[drawn].mean() > 0.9
    wide, drawn = line(180, width=14)
    assert not find_cracks(wide, DamageOptions())[drawn].any()
    assert find_cracks(wide, DamageOptions(crack_max_width_px=16))[drawn].mean() > 0.9


def test_more_sensitive_finds_fainter_ones() -> None:
    frame = plaster_wall((200, 300))
    frame[100:103, 50:250] -= 14
    found = [
        find_cracks(frame, DamageOptions(crack_sensitivity=s))[101, 60:240].mean()
        for s in (0.0, 0.5, 1.0)
    ]
    assert found[0] == 0
    assert found[0] <= found[1] <= found[2]
    assert found[2] > 0.9


def test_in_squares_is_as_whole() -> None:
    damaged, _, kinds = draw_damage(plaster_wall(), 1, cracks=5, losses=1, stains=0)
    whole = find_cracks(damaged, DamageOptions())
    assert whole[kinds["cracks"]].mean() > 0.8
    assert np.array_equal(whole, find_cracks(damaged, DamageOptions(), tile_px=97))
