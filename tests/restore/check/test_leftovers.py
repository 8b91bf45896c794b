from __future__ import annotations

from dataclasses import replace

import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.restore.check.leftovers import leftover
from multiplane.restore.check.look import Finished


class Everything:
    """Finds everything salient, as a network does where nobody is."""

    def predict_raw(self, frame: Frame) -> Alpha:
        return np.full(frame.shape[:2], 0.9, np.float32)


def test_a_clean_background_has_none(clean: Finished) -> None:
    assert leftover(clean, Everything()) < 0.02


def test_the_more_is_left_the_higher_it_is(clean: Finished) -> None:
    part = clean.background.copy()
    part[30:40, 40:80] = clean.frame[30:40, 40:80]
    third = leftover(replace(clean, background=part), Everything())
    whole = leftover(replace(clean, background=clean.frame), Everything())
    assert 0.2 < third < 0.4
    assert whole > 0.8


def test_where_nothing_was_there_is_nothing_left(clean: Finished) -> None:
    nothing = np.zeros_like(clean.mask)
    empty = replace(clean, mask=nothing, fills=nothing.astype(np.uint8))
    assert leftover(empty, Everything()) == 0.0
