from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from oracle_people import SIDES, OraclePeople, Side
from stereo_film import hair, leg, near_film, near_sight, overlap

from multiplane.geometry.disparity import EyePair
from multiplane.split.stereo.agreement import Sight
from multiplane.split.stereo.correct import ensemble, reprocessed, transferred
from multiplane.split.stereo.evidence import look_into

SCORES = (0.9, 0.8)


def mistaken(side: Side, mistake: object) -> tuple[EyePair, Sight, Sight]:
    eyes, one = near_sight()
    at = SIDES.index(side)
    wrong = mistake(side, [1])(side, 1, 1, one.masks[at])  # type: ignore[operator]
    masks = (wrong, one.masks[1]) if at == 0 else (one.masks[0], wrong)
    return eyes, one, dataclasses.replace(one, masks=masks)


@pytest.mark.parametrize("method", ["transfer", "reprocess", "ensemble"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("mistake", [hair, leg])
def test_each_way_sets_right_what_is_wrong(method: str, side: Side, mistake: object) -> None:
    eyes, truth, told = mistaken(side, mistake)
    bad, good = SIDES.index(side), 1 - SIDES.index(side)
    evidence = look_into(eyes, told)
    if method == "transfer":
        put = transferred(eyes, told, SCORES, side, evidence)
    elif method == "reprocess":
        put = reprocessed(eyes, told, SCORES, side, OraclePeople(near_film()))
    else:
        put = ensemble(eyes, told, SCORES, side, evidence)
    before = overlap(told.masks[bad], truth.masks[bad])
    after = overlap(put.masks[bad], truth.masks[bad])
    assert after > before + 0.4 * (1 - before)
    assert overlap(put.masks[good], truth.masks[good]) > 0.97
    if method != "ensemble":
        assert put.masks[good] is told.masks[good]


def test_what_the_better_eye_cannot_see_is_kept() -> None:
    eyes, one = near_sight()
    nobody = np.zeros_like(one.masks[1])
    behind = one.masks[1].copy()
    told = Sight(one.frames, (one.masks[0], nobody), (one.others[0], behind), one.plane)
    assert not transferred(eyes, told, SCORES, "right", None).masks[1][behind].any()
    covered = one.frames[1].copy()
    rows = np.flatnonzero(one.masks[1].any(axis=1))
    half = (rows[0] + rows[-1]) // 2
    columns = np.flatnonzero(one.masks[1].any(axis=0))
    covered[:half, columns[0] - 4 : columns[-1] + 5] = (250, 20, 250)
    alone = Sight((one.frames[0], covered), (one.masks[0], nobody), one.others, one.plane)
    evidence = look_into(eyes, alone)
    put = transferred(eyes, alone, (0.9, 0.0), "right", evidence)
    upper, lower = put.masks[1][: half - 6], put.masks[1][half + 6 :]
    assert upper.sum() < 0.15 * one.masks[1][: half - 6].sum()
    assert overlap(lower, one.masks[1][half + 6 :]) > 0.8
    assert put.scores == (0.9, 0.9)


def test_a_look_that_sees_nothing_changes_nothing() -> None:
    eyes, one = near_sight()

    class Blank(OraclePeople):
        def look(self, frame: np.ndarray, hint: np.ndarray) -> tuple[np.ndarray, float]:
            return np.zeros(hint.shape, np.float32), 0.0

    put = reprocessed(eyes, one, SCORES, "left", Blank(near_film()))
    assert put.masks == one.masks
    assert put.scores == SCORES
