from __future__ import annotations

import numpy as np
import pytest
from drawn_objects import BLUE, RED, Thing, draw
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.track.appearance import learn, likeness, looks_of


def test_the_same_colours_are_alike_and_others_are_not() -> None:
    scene = draw([Thing(RED, lambda i: (30 + 9 * i, 40)), Thing(BLUE, lambda i: (120, 70))], 4)
    (red, blue), later = scene.truth[0], scene.truth[3][0]
    first, other = looks_of(scene.frames[0], red), looks_of(scene.frames[0], blue)
    moved = looks_of(scene.frames[3], later)
    darker = looks_of((scene.frames[0] * 0.94).astype(np.uint8), red)
    assert first is not None
    assert other is not None
    assert moved is not None
    assert darker is not None
    assert first.sum() == pytest.approx(1, abs=1e-5)
    assert likeness(first, moved) > 0.97
    assert likeness(first, darker) > 0.9
    assert likeness(first, other) < 0.3


def test_nobody_has_no_colours() -> None:
    assert looks_of(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.bool_)) is None


@given(st.integers(0, 2**16))
def test_what_is_learned_stays_a_share(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known = None
    for _ in range(4):
        frame = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
        seen = looks_of(frame, rng.random((8, 8)) < 0.5)
        if seen is not None:
            known = learn(known, seen)
            assert known.sum() == pytest.approx(1, abs=1e-5)
            assert 0 <= likeness(known, seen) <= 1
            assert likeness(seen, seen) == pytest.approx(1, abs=1e-5)
