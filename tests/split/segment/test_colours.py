from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.split.segment.colours import Colours

RED, BLUE, GREEN = (200, 40, 40), (40, 60, 200), (40, 200, 60)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A red thing on blue ground, green far off, and what is believed of it."""
    rng = np.random.default_rng(5)
    frame = np.full((96, 128, 3), BLUE, float)
    frame[:, 110:] = GREEN
    frame[30:60, 30:60] = RED
    belief = np.full((96, 128), -1, np.float32)
    belief[30:60, 30:60] = 1
    noisy = np.clip(frame + rng.normal(0, 5, frame.shape), 0, 255)
    return noisy.astype(np.uint8), belief


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((8, 8, 3), colour, np.uint8)


def test_colours_of_characters_speak_for_them_and_those_beside_against() -> None:
    colours = Colours([scene()])
    assert colours.known
    assert (colours.lean(plain(RED)) > 0.5).all()
    assert (colours.lean(plain(BLUE)) < -0.5).all()


def test_colours_that_are_never_near_say_little() -> None:
    colours = Colours([scene()])
    green, never = colours.lean(plain(GREEN)), colours.lean(plain((250, 250, 0)))
    assert np.abs(green).max() < 0.1
    assert np.abs(never).max() < 0.1


def test_colours_that_both_have_say_little() -> None:
    frame, belief = scene()
    frame[:] = BLUE
    assert np.abs(Colours([(frame, belief)]).lean(plain(BLUE))).max() < 0.4


def test_nothing_is_known_where_nobody_was_seen_or_nothing_else() -> None:
    frame, belief = scene()
    for samples in ([], [(frame, -np.abs(belief))], [(frame, np.abs(belief))]):
        colours = Colours(samples)
        assert not colours.known
        assert not colours.lean(frame).any()


def test_all_frames_are_learned_from() -> None:
    frame, belief = scene()
    other = frame.copy()
    other[30:60, 30:60] = GREEN
    colours = Colours([(frame, belief), (other, belief)])
    assert (colours.lean(plain(RED)) > 0).all()
    assert (colours.lean(plain(GREEN)) > 0).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_lean_is_bounded(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
    belief = rng.normal(0, 1, (24, 32)).astype(np.float32)
    lean = Colours([(frame, belief)]).lean(frame)
    assert lean.shape == (24, 32)
    assert lean.dtype == np.float32
    assert np.abs(lean).max() <= 1
