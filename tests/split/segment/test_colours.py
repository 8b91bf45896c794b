from __future__ import annotations

import numpy as np

from multiplane.split.segment.colours import Colours


def test_colours_lean_to_where_they_were_seen() -> None:
    frame = np.full((60, 80, 3), (40, 120, 40), np.uint8)
    belief = np.full((60, 80), -1, np.float32)
    frame[20:40, 30:50] = (200, 60, 60)
    belief[20:40, 30:50] = 1
    lean = Colours([(frame, belief)]).lean(frame)
    assert lean[22:38, 32:48].min() > 0.9
    assert lean[:10].max() < -0.9
    assert np.abs(Colours([(frame, belief)]).lean(np.full_like(frame, 255))).max() < 0.1


def test_a_colour_that_both_have_leans_nowhere() -> None:
    frame = np.full((60, 80, 3), 128, np.uint8)
    belief = np.full((60, 80), -1, np.float32)
    belief[20:40, 30:50] = 1
    assert np.abs(Colours([(frame, belief)]).lean(frame)).max() < 0.1


def test_nobody_seen_nothing_learned() -> None:
    frame = np.zeros((10, 10, 3), np.uint8)
    learned = Colours([(frame, np.full((10, 10), -1, np.float32))])
    assert not learned.known
    assert not learned.lean(frame).any()
