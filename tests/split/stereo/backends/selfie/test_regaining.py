from __future__ import annotations

import cv2
import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.stereo.backends.selfie.following import SelfiePropagator
from multiplane.split.stereo.backends.selfie.people import SelfiePeople
from multiplane.split.stereo.backends.selfie.regaining import Regaining
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.stereo.people_config import SelfiePeople as SelfieOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import iou

LEAVES = draw(
    [Thing(RED, lambda i: (40, 40)), Thing(BLUE, lambda i: (110, 44) if i < 1 else None)], 3
)
OPTIONS = PeopleOptions(
    backend=SelfieOptions(scales=2, restlessness=0), min_person_share=0.005, every_frames=6
)


def gaudy(frame: Frame) -> Alpha:
    spread = frame.max(axis=-1).astype(np.float32) - frame.min(axis=-1)
    return np.asarray(np.clip((spread - 60) / 40, 0, 1), np.float32)


def one_at_a_time(frame: Frame) -> Alpha:
    """Sees nobody in a picture in which two are whole and apart."""
    alpha = gaudy(frame)
    _, _, stats, _ = cv2.connectedComponentsWithStats((alpha >= 0.5).astype(np.uint8))
    boxes = stats[1:][stats[1:, cv2.CC_STAT_AREA] > 50]
    starts, stops = boxes[:, :2], boxes[:, :2] + boxes[:, 2:4]
    whole = (starts > 0).all(axis=1) & (stops < frame.shape[1::-1]).all(axis=1)
    return alpha if np.count_nonzero(whole) < 2 else np.zeros_like(alpha)


def twice(picture: Mask) -> Mask:
    return picture.repeat(2, axis=0).repeat(2, axis=1)


def look(mask: Mask, number: int | None = None) -> Look:
    return Look(mask, box_of(mask), 0.9, number)


def test_nobody_is_out_of_sight_when_two_who_crossed_part() -> None:
    things = [Thing(BLUE, lambda i: (82 + 4 * i, 50)), Thing(RED, lambda i: (78 - 4 * i, 50))]
    scene = draw(things, 6)
    frames = [frame.repeat(2, axis=0).repeat(2, axis=1) for frame in scene.frames]
    told = list(SelfiePeople(OPTIONS, predict=one_at_a_time).follow(frames))
    ids = [[one.track_id for one in people] for people in told]
    assert ids == [[1], [1], [1], [1], [1, 2], [1, 2]]  # the next regular look is at frame 6
    for people, truth in zip(told[4:], scene.truth[4:], strict=True):
        for one, mask in zip(people, reversed(truth), strict=True):  # red keeps its number
            assert iou(one.mask, twice(mask)) > 0.9


def test_it_looks_every_few_frames_and_where_somebody_got_lost() -> None:
    asked = []

    def find(index: int, frame: Frame) -> list[Look]:
        asked.append(index)
        return [look(both), look(elsewhere)]

    kept, leaves = LEAVES.truth[0]
    both, elsewhere = np.asarray(kept | leaves), np.roll(leaves, 30, axis=0)
    propagator = SelfiePropagator(gaudy, 0.3)
    assert not propagator.lost
    assert propagator.in_sight() == []
    regaining, following = Regaining(find, propagator, 4), propagator.start()
    following.step(LEAVES.frames[0])
    assert len(regaining(0, LEAVES.frames[0]) or ()) == 2
    following.add(3, look(kept))
    following.add(5, look(leaves))
    seen = following.step(LEAVES.frames[1])
    assert propagator.lost
    stays, apart = regaining(1, LEAVES.frames[1]) or ()
    assert stays.id == 3
    assert stays.mask is seen[3].mask  # not what was found of him and another
    assert apart.mask is elsewhere
    following.step(LEAVES.frames[2])
    assert not propagator.lost  # once
    assert regaining(2, LEAVES.frames[2]) is None
    assert asked == [0, 1]
