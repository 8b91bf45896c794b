from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.measure.region import grow
from multiplane.restore.candidates import damage as module
from multiplane.restore.candidates.damage import find_damage
from multiplane.restore.inpaint.crops import crops_of


def test_damage_is_what_was_marked_and_grown(loss: Mask) -> None:
    found = find_damage(loss, 3)
    assert np.array_equal(found.mask, loss)
    assert np.array_equal(found.hole, grow(loss, 3))
    assert np.array_equal(found.known, ~found.hole)
    assert found.pieces == 2
    assert np.array_equal(found.places, np.flatnonzero(found.hole))


def test_nothing_is_learned_from_what_is_transparent(loss: Mask) -> None:
    seen = np.zeros_like(loss)
    seen[:20] = True
    assert np.array_equal(find_damage(loss, 1, seen).known, seen & ~grow(loss, 1))


@pytest.mark.parametrize("seen", [None, "hole"])
def test_damage_that_leaves_nothing_is_refused(seen: str | None) -> None:
    mask = np.zeros((8, 8), np.bool_)
    mask[4, 4] = True
    with pytest.raises(InputError, match="covers") as caught:
        find_damage(mask, *((20,) if seen is None else (0, mask)))
    assert caught.value.fix == (
        "give a smaller --grow-px or a smaller mask; or the other --mask-mode"
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 9), st.integers(0, 9))
def test_bands_make_no_difference(seed: int, grow_px: int, feather_px: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((31, 14)) < 0.02
    mask[3, 3] = True
    mask[:, 13] = False
    try:
        whole = find_damage(mask, grow_px)
    except InputError:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BAND_PX", 4)
        banded = find_damage(mask, grow_px)
        shares = banded.shares(feather_px, 255)
    assert np.array_equal(whole.hole, banded.hole)
    assert np.array_equal(whole.shares(feather_px, 255), shares)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.sampled_from([255, 65535]))
def test_the_blend_lies_within_what_was_added(seed: int, grow_px: int, most: int) -> None:
    mask = np.random.default_rng(seed).random((24, 30)) < 0.005
    mask[0, 0] = True
    found = find_damage(mask, grow_px)
    shares = np.zeros(mask.shape, np.int64)
    shares.ravel()[found.places] = found.shares(grow_px, most)
    assert (shares[mask] == most).all()
    assert (shares[found.hole] > 0).all()
    assert (shares[~found.hole] == 0).all()
    assert shares[found.hole].min() < most
    assert (find_damage(mask, 0).shares(0, most) == most).all()


def test_crops_know_their_place(loss: Mask) -> None:
    found = find_damage(loss, 1)
    values = np.arange(len(found.places))
    picture = np.full(loss.shape, -1)
    for crop in crops_of(found.hole, found.known, 4):
        picture[crop.box.slices][crop.hole] = values[found.numbers(crop)]
    assert np.array_equal(picture.ravel()[found.places], values)
