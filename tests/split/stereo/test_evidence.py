from __future__ import annotations

import numpy as np
import pytest
from stereo_film import hair, leg, near_sight
from stereo_scene import Flaws

from multiplane.core.arrays import Mask
from multiplane.split.stereo.agreement import Sight
from multiplane.split.stereo.evidence import look_into

LIGHT = Flaws(gain=(1.0, 0.75), gamma=(1.0, 1.2))


def share(of: Mask, by: Mask) -> float:
    return float((of & by).sum() / of.sum())


@pytest.mark.parametrize("light", [False, True])
def test_what_is_missing_is_near_and_what_is_too_much_is_far(light: bool) -> None:
    eyes, one = near_sight(LIGHT if light else None)
    lacking = leg("right", [1])("right", 1, 1, one.masks[1])
    assert lacking is not None
    told = look_into(eyes, Sight(one.frames, (one.masks[0], lacking), one.others, one.plane))
    gone = one.masks[1] & ~lacking
    assert share(gone, told.near) > 0.5
    assert share(gone, told.far) < 0.1
    more = hair("right", [1])("right", 1, 1, one.masks[1])
    assert more is not None
    told = look_into(eyes, Sight(one.frames, (one.masks[0], more), one.others, one.plane))
    extra = more & ~one.masks[1]
    assert share(extra, told.far) > 1.2 * share(extra, told.near)


def test_the_left_eye_can_be_asked_too() -> None:
    eyes, one = near_sight()
    lacking = leg("left", [1])("left", 1, 1, one.masks[0])
    assert lacking is not None
    told = look_into(
        eyes, Sight(one.frames, (lacking, one.masks[1]), one.others, one.plane), "left"
    )
    assert told.to == "left"
    assert share(one.masks[0] & ~lacking, told.near) > 0.35


def test_what_something_stands_before_is_unseen() -> None:
    eyes, one = near_sight()
    x = np.flatnonzero(one.masks[1].any(axis=0))
    covered = one.frames[1].copy()
    covered[:, x[0] - 4 : x[-1] + 5] = (250, 20, 250)  # in the right eye alone
    nobody = np.zeros_like(one.masks[1])
    told = look_into(
        eyes, Sight((one.frames[0], covered), (one.masks[0], nobody), one.others, one.plane)
    )
    assert share(told.there, told.fits) < 0.1
    assert share(told.there, told.unseen) > 0.7


def test_a_sliver_does_not_tell_how_well_predictions_fit() -> None:
    eyes, one = near_sight()
    x = np.flatnonzero(one.masks[1].any(axis=0))
    covered = one.frames[1].copy()
    covered[:, x[0] + 4 :] = (250, 20, 250)  # what is left to see ends in what hides the rest
    sliver = one.masks[1].copy()
    sliver[:, x[0] + 4 :] = False
    assert sliver.any()
    told = look_into(
        eyes, Sight((one.frames[0], covered), (one.masks[0], sliver), one.others, one.plane)
    )
    hidden = told.there & ~sliver
    assert share(hidden, told.fits) < 0.1
    assert share(hidden, told.unseen) > 0.7
