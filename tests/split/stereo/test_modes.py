from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

import numpy as np
import pytest
from oracle_people import SIDES, Film, OraclePeople, film
from stereo_film import hair, missed, near_film, near_scene, person
from stereo_scene import Card, Scene, drawn_person, stands, walks

from multiplane.core.instances import box_of
from multiplane.geometry.disparity import EyePair
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.eyes import WorkingEyes
from multiplane.split.stereo.masks import EyeTrack
from multiplane.split.stereo.modes import Chunk, find_people, when_to_show
from multiplane.split.stereo.timing import Timings
from multiplane.split.track.backend import Look

MODES = ["independent", "master_slave", "joint"]


def chunk(made: Film, people: OraclePeople, **options: Any) -> Chunk:
    working = WorkingEyes((made.work["left"], made.work["right"]), made.size, made.size)
    eyes = EyePair(made.size) if options.get("use_disparity", True) else None
    return Chunk(working, eyes, StereoOptions(**options), [people], Timings())


def who(made: Film, tracks: tuple[EyeTrack, ...]) -> list[list[dict[int, int]]]:
    """Of each eye and frame: id → who it truly is."""
    told: list[list[dict[int, int]]] = []
    for side, eye in zip(SIDES, tracks, strict=True):
        rows = []
        for truth, people in zip(made.truth[side], eye, strict=True):
            row = {}
            for number, one in people.items():
                mask = one.mask.unpack()
                row[number] = max(truth, key=lambda n: (truth[n] & mask).sum())
            rows.append(row)
        told.append(rows)
    return told


@pytest.mark.parametrize("mode", MODES)
def test_the_same_people_have_the_same_ids_in_both_eyes(mode: str) -> None:
    made = near_film()
    oracle = OraclePeople(made, shifts={"right": 5})
    left, right = who(made, find_people(chunk(made, oracle, mode=mode)))
    assert left == right
    assert left[0] == left[-1]
    assert sorted(left[0]) == [1, 2]
    asked = [call[1:] for call in oracle.calls]
    assert (
        asked
        == {
            "independent": [("left", False), ("right", False)],
            "master_slave": [("left", False), ("right", True)],
            "joint": [("both", False), ("left", True), ("right", True)],
        }[mode]
    )


@cache
def crossing() -> Film:
    """1 passes in front of 2."""
    cards = [
        Card(1, walks((-0.3, 1.0), (0.3, 1.0), 1.0), drawn_person(1)),
        Card(2, walks((0.5, 1.6), (-0.5, 1.6), 1.0), drawn_person(2)),
    ]
    return film(Scene(192, cards), [i / 8 for i in range(9)])


@pytest.mark.parametrize("mode", MODES)
def test_people_who_cross_keep_their_ids(mode: str) -> None:
    made = crossing()
    oracle = OraclePeople(made, swaps={"left": 5})  # that eye mistakes them for each other
    left, right = who(made, find_people(chunk(made, oracle, mode=mode)))
    for here, there in zip(left, right, strict=True):
        assert all(there.get(n, who) == who for n, who in here.items())


def test_independent_eyes_miss_what_joint_ones_show_each_other() -> None:
    made = near_film()
    for mode, count in (("independent", 0), ("master_slave", 4), ("joint", 4)):
        oracle = OraclePeople(made, wrong=missed("right", range(4), who=2))
        # Whoever is shown is followed from the mask he is shown with; the oracle still errs.
        tracks = find_people(chunk(made, Followed(oracle), mode=mode))
        assert sum(2 in people for people in tracks[1]) == count, mode


class Followed(OraclePeople):
    """Follows whoever is shown by what is shown, also those it misses by itself."""

    def __init__(self, oracle: OraclePeople) -> None:
        super().__init__(oracle.film, oracle.wrong)

    def follow(self, frames: Any, seeds: Any = None) -> Any:
        if seeds is not None:
            return OraclePeople(self.film).follow(frames, seeds)
        return super().follow(frames)


def test_nobody_is_shown_to_an_eye_that_cannot_see_them() -> None:
    scene = near_scene()
    hidden = Scene(scene.size_px, scene.cards, dataclasses.replace(
        scene.flaws, hidden={"right": frozenset({2})}))  # fmt: skip
    made = film(hidden, (0.0, 0.2))
    _, right = find_people(chunk(made, OraclePeople(made), mode="master_slave"))
    assert [sorted(people) for people in right] == [[1], [1]]


def test_people_at_the_seam_are_two() -> None:
    scene = Scene(192, [Card(1, stands(1.0, 0.05, -0.1), drawn_person(1)),
                        Card(2, stands(0.0, 1.2), drawn_person(2))])  # fmt: skip
    made = film(scene, (0.0, 0.1))
    assert made.truth["left"][0][1][:, -1].any()  # cut by the outer border
    tracks = find_people(chunk(made, OraclePeople(made), mode="joint"))
    for side, track in zip(SIDES, tracks, strict=True):
        for truth, people in zip(made.truth[side], track, strict=True):
            areas = sorted(one.mask.area_px for one in people.values())
            assert areas == sorted(int(mask.sum()) for mask in truth.values())


def test_boxes_of_a_person_lead() -> None:
    made = near_film()
    box = box_of(made.truth["left"][0][2])
    told = chunk(made, OraclePeople(made))
    told.boxes = {0: {0: [Look(None, box, 1.0, 4)]}}
    left, right = who(made, find_people(told))
    assert left == right == [{4: 2}] * 4
    both = chunk(made, OraclePeople(made))
    other = box_of(made.truth["right"][0][2])
    both.boxes = {0: {0: [Look(None, box, 1.0, 4)]}, 1: {0: [Look(None, other, 1.0, 4)]}}
    assert who(made, find_people(both)) == [[{4: 2}] * 4] * 2


def test_without_disparity_people_are_paired_by_place() -> None:
    made = near_film()
    oracle = OraclePeople(made, shifts={"right": 5})
    left, right = who(
        made, find_people(chunk(made, oracle, mode="independent", use_disparity=False))
    )
    assert left == right == [{1: 1, 2: 2}] * 4


def test_both_eyes_at_once_find_the_same() -> None:
    made = near_film()
    for mode in MODES:
        one = chunk(made, OraclePeople(made, hair("left", [1])), mode=mode)
        two = chunk(made, OraclePeople(made, hair("left", [1])), mode=mode)
        two.people = [OraclePeople(made, hair("left", [1])) for _ in range(2)]
        assert find_people(one) == find_people(two)


def test_one_eye_and_nobody() -> None:
    made = near_film()
    mono = chunk(made, OraclePeople(made))
    mono.working = WorkingEyes((made.work["left"],), made.size, made.size)
    mono.eyes = None
    (track,) = find_people(mono)
    assert [sorted(people) for people in track] == [[1, 2]] * 4
    empty = film(Scene(64, []), (0.0,))
    for mode in MODES:
        assert find_people(chunk(empty, OraclePeople(empty), mode=mode)) == ([{}], [{}])


def test_when_people_are_shown() -> None:
    one = person(np.ones((2, 2), np.bool_))

    def frames(*told: tuple[int, ...]) -> EyeTrack:
        return [dict.fromkeys(numbers, one) for numbers in told]

    assert when_to_show([frames(*[(1,)] * 10)], 4) == [0, 4, 8]
    assert when_to_show([frames((1,), (1, 2), (1, 2), (1,))], 12) == [0, 1, 3]
    # 1 is away and comes back: the other eye goes on by itself until then
    assert when_to_show([frames((1,), (), (), (), (1,))], 2) == [0, 4]
    assert when_to_show([frames((1,), ()), frames((1,), (1,))], 12) == [0]
