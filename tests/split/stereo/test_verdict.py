from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from oracle_people import SIDES, Side
from stereo_film import hair, leg, near_sight

from multiplane.split.stereo.agreement import Sight
from multiplane.split.stereo.evidence import look_into
from multiplane.split.stereo.verdict import judge, jump, why_missing


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("mistake", [hair, leg])
def test_the_eye_that_errs_is_found_by_the_pictures(side: Side, mistake: object) -> None:
    eyes, one = near_sight()
    at = SIDES.index(side)
    wrong = mistake(side, [1])(side, 1, 1, one.masks[at])  # type: ignore[operator]
    masks = (wrong, one.masks[1]) if at == 0 else (one.masks[0], wrong)
    told = dataclasses.replace(one, masks=masks)
    found = judge(told, look_into(eyes, told), (0.0, 0.0), (0.9, 0.9))
    assert found.worse == side
    assert "the pictures" in found.why


def test_where_pictures_are_silent_steadiness_and_scores_tell() -> None:
    eyes, one = near_sight()
    evidence = look_into(eyes, one)
    silent = np.zeros_like(evidence.near)
    evidence = dataclasses.replace(evidence, near=silent, far=silent)
    assert judge(one, evidence, (0.6, 0.0), (0.9, 0.9)).worse == "left"
    assert "jumps" in judge(one, evidence, (0.0, 0.6), (0.9, 0.9)).why
    assert judge(one, evidence, (0.0, 0.0), (0.9, 0.4)).worse == "right"
    nothing = judge(one, evidence, (0.0, 0.0), (0.9, 0.9))
    assert nothing.worse == ""
    assert nothing.why == "nothing tells the eyes apart"


def test_jumps_are_told_from_growth() -> None:
    areas = {index: 1000 + 20 * index for index in range(10)}
    assert jump(areas, 5) < 0.05
    assert jump({**areas, 5: 300}, 5) > 0.8
    assert jump({3: 100}, 3) == 0
    assert jump(areas, 40) == 0


def test_who_is_missed_and_who_is_hidden() -> None:
    eyes, one = near_sight()
    nobody = np.zeros_like(one.masks[1])
    alone = Sight(one.frames, (one.masks[0], nobody), one.others, one.plane)
    assert why_missing(one.masks[0], look_into(eyes, alone)).missed
    x = np.flatnonzero(one.masks[1].any(axis=0))
    covered = one.frames[1].copy()
    covered[:, x[0] - 4 : x[-1] + 5] = (250, 20, 250)
    hidden = dataclasses.replace(alone, frames=(one.frames[0], covered))
    assert not why_missing(one.masks[0], look_into(eyes, hidden)).missed
    behind = dataclasses.replace(alone, others=(one.others[0], one.masks[1] | one.others[1]))
    told = why_missing(one.masks[0], look_into(eyes, behind))
    assert not told.missed
    assert "behind other people" in told.why


def test_what_is_hidden_from_one_eye_is_no_mistake_of_either() -> None:
    eyes, one = near_sight()
    lacking = leg("right", [1])("right", 1, 1, one.masks[1])
    assert lacking is not None
    told = dataclasses.replace(one, masks=(one.masks[0], lacking))
    evidence = look_into(eyes, told)
    assert not judge(told, evidence, (0.0, 0.0), (0.9, 0.9)).hidden
    evidence = dataclasses.replace(evidence, unseen=evidence.common)
    found = judge(told, evidence, (0.0, 0.6), (0.9, 0.4))
    assert (found.worse, found.hidden) == ("", True)
    assert "hidden from one of them" in found.why
