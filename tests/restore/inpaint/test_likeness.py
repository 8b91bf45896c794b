from __future__ import annotations

import numpy as np

from multiplane.restore.inpaint.likeness import likeness, shrink


def test_only_colours_of_its_own_tell_a_character() -> None:
    rng = np.random.default_rng(0)
    background = (np.array([60, 140, 30]) + rng.normal(0, 8, (60, 80, 3))).astype(np.uint8)
    mask = np.zeros((60, 80), np.bool_)
    mask[20:40, 30:60] = True
    frame = background.copy()
    frame[mask] = 150
    assert likeness(frame, background, mask, ~mask).mean() < 0.02
    own = likeness(frame, frame, mask, ~mask)
    assert own[mask].mean() > 0.9
    assert own[~mask].mean() < 0.02


def test_shrinking_averages() -> None:
    picture = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert np.array_equal(shrink(picture, 0.5), [[2.5, 4.5], [10.5, 12.5]])
