from __future__ import annotations

import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.split.stereo.backends.crop import Crop
from multiplane.split.stereo.backends.selfie.alive import Alive

SCENE = draw([Thing(BLUE, lambda i: (120, 70)), Thing(RED, lambda i: (12 + 8 * i, 30))], 16)
PASSES = lambda i: (12 + 24 * i, 30) if i < 6 else None  # noqa: E731
ALIVE = Alive(SCENE.frames)


def test_a_thing_stands_still_and_a_person_does_not() -> None:
    for index in (0, 7, 15):
        frame, (thing, person) = SCENE.frames[index], SCENE.truth[index]
        assert ALIVE.restlessness(index, frame, person) > 0.9
        assert ALIVE.restlessness(index, frame, thing) < 0.1


def test_somebody_who_passes_makes_nothing_alive() -> None:
    crossed = draw([Thing(BLUE, lambda i: (70, 30)), Thing(RED, PASSES)], 16)
    share = Alive(crossed.frames).restlessness(0, crossed.frames[0], crossed.truth[0][0])
    assert share < 0.4


def test_too_little_to_compare_with() -> None:
    few = Alive(SCENE.frames[:3])
    assert few.restlessness(0, SCENE.frames[0], SCENE.truth[0][0]) == 1
    assert few.worth(0, SCENE.frames[0], 0.4)(Crop(slice(0, 9), slice(0, 9), (100, 160)))
    nobody = np.zeros((100, 160), np.bool_)
    assert ALIVE.restlessness(0, SCENE.frames[0], nobody) == 1


def test_windows_in_which_anything_moves_are_worth_a_look() -> None:
    worth = ALIVE.worth(7, SCENE.frames[7], 0.4)
    assert worth(Crop(slice(0, 50), slice(40, 100), (100, 160)))
    assert not worth(Crop(slice(50, 100), slice(90, 150), (100, 160)))
