from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from drawn_objects import BLUE, RED, Oracle, Thing, draw

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.stereo.backends.carried import (
    Seeded,
    carry,
    least_px,
    share_out,
)
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import iou

SCENE = draw([Thing(RED, lambda i: (40 + i, 30)), Thing(BLUE, lambda i: (72 + i, 34))], 6)
FIRST, SECOND = SCENE.truth[0]
OPTIONS = PeopleOptions(min_person_share=0.005)


def shifted(mask: Mask, by: int) -> Mask:
    return np.roll(mask, by, axis=1)


def look(mask: Mask, number: int | None = None) -> Look:
    return Look(mask, box_of(mask), 0.9, number)


def test_pixels_go_to_the_nearest() -> None:
    told = [look(shifted(FIRST, -4), 5), look(shifted(SECOND, 3), 2)]
    found = {one.id: one for one in share_out(told, np.asarray(FIRST | SECOND))}
    assert iou(found[5].mask, FIRST) > 0.97  # type: ignore[arg-type]
    assert iou(found[2].mask, SECOND) > 0.97  # type: ignore[arg-type]
    assert found[5].box == box_of(found[5].mask)  # type: ignore[arg-type]


def test_who_is_not_seen_gets_nothing_and_strangers_are_nobodys() -> None:
    far = shifted(SECOND, 60)
    assert share_out([look(FIRST, 5)], far) == []
    (found,) = share_out([look(FIRST, 5)], np.asarray(FIRST | far))
    np.testing.assert_array_equal(found.mask, FIRST)
    assert share_out([], FIRST) == []
    assert share_out([look(FIRST, 5)], np.zeros_like(FIRST)) == []


def test_options_reach_the_tracks() -> None:
    frames = SCENE.frames
    assert least_px(OPTIONS, frames[0]) == 80
    assert least_px(PeopleOptions(min_person_share=0), frames[0]) == 1
    told = list(carry(frames, SCENE.looks, Oracle(SCENE), OPTIONS, every_frames=1))
    assert [[one.track_id for one in people] for people in told] == [[1, 2]] * 6
    only = OPTIONS.model_copy(update={"max_people": 1})
    told = list(carry(frames, SCENE.looks, Oracle(SCENE), only, every_frames=1))
    assert [[one.track_id for one in people] for people in told] == [[1]] * 6
    large = OPTIONS.model_copy(update={"min_person_share": 0.5})
    assert list(carry(frames, SCENE.looks, Oracle(SCENE), large, every_frames=1)) == [[]] * 6
    assert list(carry([], SCENE.looks, Oracle(SCENE), OPTIONS, every_frames=1)) == []


def ask(index: int, frame: Frame, people: Sequence[Look]) -> list[Look]:
    return [look(mask) for mask in SCENE.truth[index]]


def test_seeds_are_drawn_by_what_the_eye_sees() -> None:
    seeds = {0: [look(shifted(FIRST, -3), 9), look(SECOND)], 3: []}
    asked = Seeded(seeds.get, ask, Oracle(SCENE))
    (found,) = asked(0, SCENE.frames[0]) or ()
    assert found.id == 9  # who has no id is nobody
    assert found.mask is not None
    assert iou(found.mask, FIRST) > 0.9
    assert asked(1, SCENE.frames[1]) == []  # nobody was told of yet
    told = list(carry(SCENE.frames, asked, asked, OPTIONS, every_frames=1))
    assert [[one.track_id for one in people] for people in told[:3]] == [[9]] * 3
    quiet = Seeded(seeds.get, ask, Oracle(SCENE), between=False)
    assert quiet(1, SCENE.frames[1]) is None
    assert quiet(3, SCENE.frames[3]) == []


def test_who_is_not_seen_is_believed_and_boxes_are_drawn() -> None:
    def blind(index: int, frame: Frame, people: Sequence[Look]) -> list[Look]:
        return []

    (believed,) = Seeded(lambda index: [look(FIRST, 4)], blind, Oracle(SCENE))(
        0, SCENE.frames[0]
    ) or ()  # fmt: skip
    np.testing.assert_array_equal(believed.mask, FIRST)
    box = Look(None, box_of(SECOND), 0.8, 6)
    (drawn,) = Seeded(lambda index: [box], blind, Oracle(SCENE))(
        0, SCENE.frames[0]
    ) or ()  # fmt: skip
    np.testing.assert_array_equal(drawn.mask, SECOND)


def test_between_seeds_who_is_not_seen_is_carried() -> None:
    def half_blind(index: int, frame: Frame, people: Sequence[Look]) -> list[Look]:
        return [look(SCENE.truth[index][0])]

    seeds = {0: [look(FIRST, 9), look(SECOND, 4)]}
    oracle = Oracle(SCENE)
    asked = Seeded(seeds.get, half_blind, oracle)
    told = list(carry(SCENE.frames, asked, asked, OPTIONS, every_frames=1))
    for index, people in enumerate(told):
        assert [one.track_id for one in people] == [4, 9]
        for one, truth in zip(people, reversed(SCENE.truth[index]), strict=True):
            assert iou(one.mask, truth) > 0.95
    assert asked.notes is oracle.notes
    assert asked.fell_short(MemoryError())
