"""Films of a stereo scene that tests of split.stereo share, and the mistakes they make on them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
from oracle_people import Film, Side, Wrong, film
from stereo_scene import Card, Flaws, Scene, drawn_person, stands, walks

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of
from multiplane.geometry.disparity import EyePair
from multiplane.split.stereo.agreement import Sight
from multiplane.split.stereo.masks import EyeTrack, PackedMask, Person

SIZE = 256
TIMES = (0.0, 0.2, 0.4, 0.6)


def near_scene(flaws: Flaws | None = None, more: Sequence[Card] = (), size: int = SIZE) -> Scene:
    """Somebody who walks at a metre, large in the picture, and somebody who stands further off."""
    cards = [
        Card(1, walks((-0.25, 0.95), (0.2, 1.05), 2.0), drawn_person(1)),
        Card(2, stands(0.75, 1.5), drawn_person(2)),
    ]
    return Scene(size, [*cards, *more], flaws)


@cache
def near_film() -> Film:
    """Four frames of it."""
    return film(near_scene(), TIMES)


@cache
def large_film() -> Film:
    """One frame of somebody who fills the picture, where rounding to pixels costs little."""
    scene = Scene(512, [Card(1, stands(0.0, 0.6), drawn_person(1, 768))])
    return film(scene, (0.1,))


def hair(side: Side, frames: Sequence[int]) -> Wrong:
    """One eye takes what is round the head of 1 for hair."""

    def wrong(eye: Side, index: int, number: int, mask: Mask) -> Mask:
        if (eye, number) != (side, 1) or index not in frames:
            return mask
        x0, y0, x1, y1 = box_of(mask)
        more = np.zeros(mask.shape, np.uint8)
        cv2.circle(more, ((x0 + x1) // 2, y0 + 6), round(0.14 * (y1 - y0)), 1, -1)
        return np.asarray(mask | (more > 0))

    return wrong


def leg(side: Side, frames: Sequence[int]) -> Wrong:
    """One eye misses a leg of 1, and a hand."""

    def wrong(eye: Side, index: int, number: int, mask: Mask) -> Mask:
        if (eye, number) != (side, 1) or index not in frames:
            return mask
        x0, y0, x1, y1 = box_of(mask)
        cut = mask.copy()
        cut[y0 + round(0.45 * (y1 - y0)) :, : round(0.5 * (x0 + x1))] = False
        return cut

    return wrong


def missed(side: Side, frames: Sequence[int], who: int = 1) -> Wrong:
    """One eye misses somebody."""
    return lambda eye, index, number, mask: (
        None if (eye, number) == (side, who) and index in frames else mask
    )


def person(mask: Mask, number: int = 1, score: float = 0.9) -> Person:
    """Somebody with a mask."""
    return Person(number, PackedMask.of(mask), score)


def tracks_of(made: Film, wrong: Wrong | None = None) -> tuple[EyeTrack, EyeTrack]:
    """Both eyes as they are, or as somebody mistakes them."""
    both: list[EyeTrack] = []
    sides: tuple[Side, Side] = ("left", "right")
    for side in sides:
        track: EyeTrack = []
        for index, masks in enumerate(made.truth[side]):
            told = {n: wrong(side, index, n, m) if wrong else m for n, m in masks.items()}
            track.append({n: person(m, n) for n, m in told.items() if m is not None})
        both.append(track)
    return both[0], both[1]


def overlap(first: Mask, second: Mask) -> float:
    """IoU; 1 when both are empty."""
    either = int((first | second).sum())
    return int((first & second).sum()) / either if either else 1.0


def near_sight(flaws: Flaws | None = None) -> tuple[EyePair, Sight]:
    """1 in both eyes of one frame, with the true masks."""
    made, at = (near_film(), 1) if flaws is None else (film(near_scene(flaws), (0.2,)), 0)
    eyes = EyePair(made.size)
    frames = made.work["left"][at], made.work["right"][at]
    truth = made.truth["left"][at], made.truth["right"][at]
    plane = eyes.plane(*frames, truth[0][1])
    assert plane is not None
    return eyes, Sight(frames, (truth[0][1], truth[1][1]), (truth[0][2], truth[1][2]), plane)
