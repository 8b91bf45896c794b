from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.instances import box_of
from multiplane.split.track.appearance import Looks, looks_of
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.matching import match, match_returning


def square(x: int) -> np.ndarray:
    mask = np.zeros((20, 60), np.bool_)
    mask[5:15, x : x + 10] = True
    return mask


def look(mask: np.ndarray) -> Look:
    return Look(mask, box_of(mask))


def test_all_are_matched_at_once() -> None:
    """The first look overlaps the first best, but the second has nobody else."""
    seen = {4: Sighting(square(10), 1), 9: Sighting(square(16), 1)}
    assert match([look(square(12)), look(square(7))], seen, 0.2) == {0: 9, 1: 4}
    assert match([look(square(12))], seen, 0.2) == {0: 4}
    assert match([look(square(40))], seen, 0.2) == {}
    assert match([], seen, 0.2) == {}
    assert match([look(square(12))], {}, 0.2) == {}


def test_boxes_are_held_against_boxes() -> None:
    seen = {4: Sighting(square(10), 1)}
    assert match([Look(None, (11, 5, 21, 15))], seen, 0.5) == {0: 4}
    assert match([Look(None, (18, 5, 28, 15))], seen, 0.5) == {}


@dataclass
class Left:
    number: int
    looks: Looks | None
    centre: tuple[float, float]


def test_colours_decide_whether_and_places_decide_who() -> None:
    scene = draw([Thing(RED, lambda i: (30, 40)), Thing(BLUE, lambda i: (120, 60)),
                  Thing(RED, lambda i: (90, 30))], 1)  # fmt: skip
    frame, masks = scene.frames[0], scene.truth[0]
    red, blue = looks_of(frame, masks[0]), looks_of(frame, masks[1])
    gone = [Left(1, red, (100, 30)), Left(2, red, (20, 40))]
    assert match_returning(frame, [look(mask) for mask in masks], gone, 0.75) == {0: 2, 2: 1}
    assert match_returning(frame, [look(masks[1])], [Left(5, blue, (0, 0))], 0.75) == {0: 5}
    boxes = [Look(None, box_of(mask)) for mask in masks]
    assert match_returning(frame, boxes, gone, 0.75) == {0: 2, 2: 1}
    assert match_returning(frame, [], gone, 0.75) == {}
