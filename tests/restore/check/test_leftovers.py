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


class Nothing:
    """Minds nothing."""

    def predict_raw(self, frame: Frame) -> Alpha:
        return np.zeros(frame.shape[:2], np.float32)


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


def test_something_in_another_colour_is_not_the_character(clean: Finished) -> None:
    """A colour of the character's alone, but elsewhere than where the frame has it."""
    frame, background = clean.frame.copy(), clean.background.copy()
    frame[30:60, 40:60] = (200, 30, 30)
    frame[30:60, 60:80] = (30, 30, 200)
    background[30:60, 40:60] = (30, 30, 200)
    background[30:60, 60:80] = (200, 30, 30)
    assert leftover(replace(clean, frame=frame, background=background), Everything()) < 0.05


def test_a_ghost_that_no_network_minds_is_left(clean: Finished) -> None:
    frame = clean.frame.copy()
    folds = np.random.default_rng(5).normal(150, 25, (30, 40, 1)).clip(0, 255)
    frame[30:60, 40:80] = folds.astype(np.uint8)
    half = frame // 2 + clean.background // 2
    assert leftover(replace(clean, frame=frame, background=half), Nothing()) > 0.3
    assert leftover(replace(clean, frame=frame), Nothing()) < 0.05
