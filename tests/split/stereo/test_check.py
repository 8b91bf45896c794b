from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from oracle_people import SIDES, Film, OraclePeople, Side, Wrong, film
from stereo_film import hair, leg, missed, near_film, near_scene, overlap, tracks_of
from stereo_scene import Card, Flaws, Scene, drawn_person, pillar, stands, still

from multiplane.geometry.disparity import EyePair
from multiplane.geometry.rectification import estimate_rectification
from multiplane.split.stereo.check import Checked, Checker, unchecked
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.eyes import WorkingEyes
from multiplane.split.stereo.masks import EyeTrack
from multiplane.split.stereo.planes import planes_of, steadied

METHODS = ["transfer", "reprocess", "ensemble"]


def checked(made: Film, wrong: Wrong | None = None, **options: Any) -> Checked:
    left, right = tracks_of(made, wrong)
    working = WorkingEyes((made.work["left"], made.work["right"]), made.size, made.size)
    stand = estimate_rectification([(made.work["left"][0], made.work["right"][0])])
    eyes = EyePair(made.size, stand)
    found = planes_of(eyes, working.frames, left, "left")
    planes = {n: steadied(track, 4, range(len(left))) for n, track in found.items()}
    told = StereoOptions(**{"validation_threshold": 0.9, **options})
    return Checker(working, eyes, told, OraclePeople(made), 100).check(left, right, planes)


def likeness(made: Film, tracks: tuple[EyeTrack, ...], side: Side, index: int, who: int) -> float:
    truth = made.truth[side][index][who]
    one = tracks[SIDES.index(side)][index].get(who)
    return overlap(truth, one.mask.unpack()) if one else 0.0


def test_correct_mattes_are_left_alone() -> None:
    made = near_film()
    found = checked(made)
    assert found.disagreements == []
    assert found.tracks == tracks_of(made)
    for pairs in found.pairs:
        assert [pair.id for pair in pairs] == [1, 2]
        for pair in pairs:
            assert (pair.agreement or 0) > 0.85
            assert (pair.agreement or 0) > (pair.raw_iou or 0) + 0.1
            assert (pair.corrected, pair.hidden) == ("", "")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("mistake", [hair, leg])
def test_mistakes_are_found_and_set_right(method: str, side: Side, mistake: Any) -> None:
    made = near_film()
    wrong = mistake(side, [1])
    before = checked(made, wrong, correction_method="none")
    after = checked(made, wrong, correction_method=method)
    for found in (before, after):
        (told,) = found.disagreements
        assert (told.frame, told.id, told.worse) == (101, 1, side)
        assert (told.agreement or 1) < 0.9
        assert told.scores == (0.9, 0.9)
    assert before.disagreements[0].did == "none"
    assert after.disagreements[0].did == method
    assert (after.disagreements[0].after or 0) > (told.agreement or 1) + 0.05
    was = likeness(made, before.tracks, side, 1, 1)
    now = likeness(made, after.tracks, side, 1, 1)
    assert now > was + 0.3 * (1 - was)
    assert [pair.corrected for pair in after.pairs[1]] == [method, ""]
    for index in (0, 2, 3):  # nothing else changed
        assert after.tracks[0][index] == before.tracks[0][index]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("side", SIDES)
def test_who_was_missed_is_put_there(method: str, side: Side) -> None:
    made = near_film()
    found = checked(made, missed(side, [1, 2]), correction_method=method)
    assert [(one.frame, one.worse, one.agreement) for one in found.disagreements] == [
        (101, side, None), (102, side, None),
    ]  # fmt: skip
    for index in (1, 2):
        assert likeness(made, found.tracks, side, index, 1) > 0.85
        assert found.pairs[index][0].corrected == method
    kept = checked(made, missed(side, [1, 2]), correction_method="none")
    assert likeness(made, kept.tracks, side, 1, 1) == 0
    assert kept.disagreements[0].after is None


def test_nobody_is_put_where_an_eye_cannot_see_them() -> None:
    post = Card(0, stands(-0.02, 0.45, -0.1), still(pillar()), 0.9)
    made = film(near_scene(more=[post]), (0.0, 0.3))
    hidden = Scene(made.layout.eye_size[0], near_scene().cards,
                   Flaws(hidden={"right": frozenset({2})}))  # fmt: skip
    for one in (made, film(hidden, (0.0, 0.3))):
        found = checked(one)
        for side, track in zip(SIDES, found.tracks, strict=True):
            for truth, people in zip(one.truth[side], track, strict=True):
                for number, person in people.items():
                    own = truth.get(number)
                    assert own is not None, (side, number)
                    assert overlap(own, person.mask.unpack()) > 0.8
    assert {pair.hidden for pairs in found.pairs for pair in pairs if pair.id == 2} == {"right"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("x", [-0.05, 0.15])
def test_what_something_hides_from_one_eye_is_not_put_there(x: float, method: str) -> None:
    post = Card(0, stands(x, 0.5), still(pillar((150, 140, 120))), 1.2)
    made = film(Scene(256, [Card(1, stands(0.2, 1.6), drawn_person(1)), post]), (0.1, 0.2))
    sizes = [made.truth[side][0][1].sum() for side in SIDES]
    assert min(sizes) < 0.6 * max(sizes)
    found = checked(made, correction_method=method)
    assert {one.did for one in found.disagreements} <= {"none"}
    assert found.tracks == tracks_of(made)


@pytest.mark.parametrize(
    "flaws",
    [
        Flaws(gain=(1.0, 0.8), gamma=(1.0, 1.15)),
        Flaws(roll_deg=(0.5, -0.7), pitch_deg=(0.0, 0.8)),
    ],
    ids=["light", "turned"],
)
def test_rigs_with_flaws(flaws: Flaws) -> None:
    made = film(near_scene(flaws), (0.0, 0.2))
    assert checked(made).disagreements == []
    found = checked(made, leg("right", [1]))
    assert [(one.frame, one.worse) for one in found.disagreements] == [(101, "right")]
    assert likeness(made, found.tracks, "right", 1, 1) > 0.9


def test_people_cut_by_the_border() -> None:
    scene = Scene(256, [Card(1, stands(0.9, 0.1, -0.1), drawn_person(1))])
    made = film(scene, (0.0, 0.1))
    assert made.truth["left"][0][1][:, -1].any()
    found = checked(made)
    assert found.disagreements == []
    assert found.tracks == tracks_of(made)


def test_what_makes_it_no_better_is_not_done() -> None:
    made = near_film()
    left, right = tracks_of(made, leg("left", [1]))
    working = WorkingEyes((made.work["left"], made.work["right"]), made.size, made.size)
    eyes = EyePair(made.size)
    found = planes_of(eyes, working.frames, left, "left")
    planes = {n: steadied(track, 4, range(len(left))) for n, track in found.items()}

    class Worse(OraclePeople):
        def look(self, frame: Any, hint: Any) -> Any:
            cut = hint.copy()
            cut[::2] = False
            return cut.astype("float32"), 0.9

    options = StereoOptions(validation_threshold=0.9, correction_method="reprocess")
    told = Checker(working, eyes, options, Worse(made)).check(left, right, planes)
    assert told.tracks == (left, right)
    assert [one.did for one in told.disagreements] == ["none"]
    assert told.disagreements[0].after == told.disagreements[0].agreement


def test_without_depth_masks_are_compared_as_they_lie() -> None:
    made = near_film()
    found = unchecked(*tracks_of(made, missed("right", [2])))
    assert [pair.id for pair in found.pairs[2]] == [1, 2]
    assert found.pairs[2][0].raw_iou is None
    assert found.pairs[2][0].scores == (0.9, 0)
    assert 0 < (found.pairs[2][1].raw_iou or 0) < 0.8
    assert dataclasses.asdict(found.pairs[0][0])["agreement"] is None
