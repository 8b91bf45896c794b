from __future__ import annotations

import cv2
import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.instances import box_of
from multiplane.split.stereo.backends.motion import MotionPeople
from multiplane.split.stereo.people_config import MotionPeople as MotionOptions
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import iou

SCENE = draw(
    [Thing(RED, lambda i: (18 + 11 * i, 25)), Thing(BLUE, lambda i: (142 - 11 * i, 75))], 12
)
OPTIONS = PeopleOptions(backend=MotionOptions(), min_person_share=0.005)


def test_a_tripod_is_noticed() -> None:
    people = MotionPeople(OPTIONS)
    told = list(people.follow(SCENE.frames))
    assert people.notes[0] == "the camera stands still"
    assert "backend: motion" in people.notes
    assert [len(one) for one in told] == [2] * 12
    rng = np.random.default_rng(1)
    wide = cv2.GaussianBlur(rng.integers(0, 255, (90, 160, 3)).astype(np.uint8), (0, 0), 2)
    pan = [np.ascontiguousarray(wide[:, 4 * i : 4 * i + 100]) for i in range(8)]
    list(people.follow(pan))
    assert people.notes[0] == "the camera moves"


def test_an_unsure_one_is_left_out() -> None:
    sure = MotionPeople(OPTIONS.model_copy(update={"threshold": 0.99}))
    assert list(sure.follow(SCENE.frames)) == [[]] * 12


def test_rough_seeds_are_set_right_and_go_on_between() -> None:
    def seeds(index: int) -> list[Look] | None:
        rough = np.roll(SCENE.truth[index][0], 4, axis=1)
        return [Look(rough, box_of(rough), 0.9, 7)] if index == 0 else None

    told = list(MotionPeople(OPTIONS).follow(SCENE.frames, seeds))
    for index, people in enumerate(told):
        (one,) = people
        assert one.track_id == 7
        assert iou(one.mask, SCENE.truth[index][0]) > 0.9
