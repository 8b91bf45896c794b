from __future__ import annotations

import numpy as np

from multiplane.split.matte.colour import straight_colour


def test_solid_pixels_keep_their_colour_bit_for_bit(drawn) -> None:
    colour = straight_colour(drawn.frame, drawn.alpha, 16)
    solid = drawn.alpha == 1
    assert solid.sum() > 500
    assert np.array_equal(colour[solid], drawn.frame[solid])


def test_the_background_is_taken_out_of_the_edge(drawn) -> None:
    colour = straight_colour(drawn.frame, drawn.alpha, 16).astype(float)
    edge = (drawn.alpha > 0.1) & (drawn.alpha < 0.95)
    before = np.abs(drawn.frame[edge] - drawn.colour[edge].astype(float)).mean()
    after = np.abs(colour[edge] - drawn.colour[edge]).mean()
    assert before > 30
    assert after < 0.3 * before


def test_colour_goes_on_under_the_transparent_surround(drawn) -> None:
    colour = straight_colour(drawn.frame, drawn.alpha, 6)
    clear = drawn.alpha == 0
    assert colour[clear].min() > 110


def test_it_adds_up_to_the_frame_again(drawn) -> None:
    colour = straight_colour(drawn.frame, drawn.alpha, 0).astype(float)
    share = drawn.alpha[..., None]
    assert (np.abs(colour * share - drawn.frame)[drawn.alpha > 0.97]).mean() < 4


def test_nothing_and_everything() -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert not straight_colour(frame, np.zeros((20, 30), np.float32), 8).any()
    assert np.array_equal(straight_colour(frame, np.ones((20, 30), np.float32), 8), frame)


def test_a_speck_that_is_soft_all_over_has_a_colour() -> None:
    frame = np.full((30, 30, 3), 20, np.uint8)
    frame[14:16, 14:16] = 140
    alpha = np.zeros((30, 30), np.float32)
    alpha[14:16, 14:16] = 0.5
    colour = straight_colour(frame, alpha, 4)
    assert colour[14, 14].min() >= 130
