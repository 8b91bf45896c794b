from __future__ import annotations

import numpy as np
import pytest
from stereo_film import hair, large_film, leg, near_film

from multiplane.core.arrays import Mask
from multiplane.geometry.disparity import EyePair
from multiplane.split.stereo.agreement import Sight, agreement, common, raw_iou, within


def sight(number: int, index: int = 1) -> tuple[EyePair, Sight]:
    film = near_film()
    eyes = EyePair(film.size)
    frames = film.work["left"][index], film.work["right"][index]
    truth = film.truth["left"][index], film.truth["right"][index]
    masks = truth[0][number], truth[1][number]
    others = truth[0][3 - number], truth[1][3 - number]
    plane = eyes.plane(*frames, masks[0])
    assert plane is not None
    return eyes, Sight(frames, masks, others, plane)


def test_a_correct_matte_agrees_after_the_warp_and_not_before() -> None:
    film = large_film()
    eyes = EyePair(film.size)
    frames = film.work["left"][0], film.work["right"][0]
    masks = film.truth["left"][0][1], film.truth["right"][0][1]
    plane = eyes.plane(*frames, masks[0])
    assert plane is not None
    nobody = np.zeros(masks[0].shape, np.bool_)
    one = Sight(frames, masks, (nobody, nobody), plane)
    assert raw_iou(*masks) < 0.8
    assert (agreement(eyes, one) or 0) >= 0.97
    assert (agreement(eyes, one, rims=False) or 0) >= 0.995


@pytest.mark.parametrize("number", [1, 2])
def test_small_people_agree_but_for_their_rims(number: int) -> None:
    eyes, one = sight(number)
    assert (agreement(eyes, one) or 0) > 0.85
    assert (agreement(eyes, one, rims=False) or 0) > 0.97


@pytest.mark.parametrize("wrong", [hair("left", [1]), leg("left", [1])])
def test_mistakes_are_more_than_rims(wrong: object) -> None:
    eyes, one = sight(1)
    mistaken = wrong("left", 1, 1, one.masks[0])  # type: ignore[operator]
    told = Sight(one.frames, (mistaken, one.masks[1]), one.others, one.plane)
    for rims in (True, False):
        before, after = agreement(eyes, one, rims=rims), agreement(eyes, told, rims=rims)
        assert before is not None
        assert after is not None
        assert after < before - 0.1


def test_what_one_eye_cannot_see_does_not_count() -> None:
    eyes, one = sight(1)
    half: Mask = np.zeros(one.masks[0].shape, np.bool_)
    rows = np.flatnonzero(one.masks[1].any(axis=1))
    half[: (rows[0] + rows[-1]) // 2] = True  # somebody before 1, in one eye
    seen = one.masks[1] & ~half
    hidden = Sight(one.frames, (one.masks[0], seen), (one.others[0], half), one.plane)
    assert (agreement(eyes, hidden) or 0) > 0.85
    assert not (common(eyes, hidden) & half).any()
    assert not common(eyes, hidden, "left")[: rows[0] + 20].any()
    missed = Sight(one.frames, (one.masks[0], seen), one.others, one.plane)
    assert (agreement(eyes, missed) or 0) < 0.6
    assert (agreement(eyes, missed, unseen=half) or 0) > 0.85
    assert agreement(eyes, missed, unseen=np.ones_like(half)) is None


def test_straight_eyes_see_all_of_each_other() -> None:
    eyes, one = sight(1)
    inside = within(eyes, one.plane, "right", (256, 256))[16:-16, 24:-24]
    assert inside.all()
