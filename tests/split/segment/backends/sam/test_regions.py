from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from multiplane.split.segment.backends.sam.proposal import PackedMask, Proposal
from multiplane.split.segment.backends.sam.regions import clean, clean_all

EIGHT = np.ones((3, 3))


def literally(mask, least):
    """Holes first, then islands, region by region, with another library."""
    mask = mask.copy()
    labels, count = ndimage.label(~mask, EIGHT)
    for number in range(1, count + 1):
        if (labels == number).sum() < least:
            mask[labels == number] = True
    labels, count = ndimage.label(mask, EIGHT)
    areas = [(labels == number).sum() for number in range(1, count + 1)]
    if not areas:
        return mask
    kept = [n for n, area in enumerate(areas, 1) if area >= least] or [1 + int(np.argmax(areas))]
    return np.isin(labels, kept)


@settings(deadline=None)
@given(mask=arrays(np.bool_, (9, 11)), least=st.integers(1, 30))
def test_regions_of_random_masks(mask, least) -> None:
    before = mask.copy()
    cleaned, wanted = clean(mask, least), literally(mask, least)
    assert cleaned.sum() == wanted.sum()
    sizes = sorted(np.bincount(ndimage.label(wanted, EIGHT)[0].ravel()))
    assert sorted(np.bincount(ndimage.label(cleaned, EIGHT)[0].ravel())) == sizes
    assert np.array_equal(mask, before)
    if np.array_equal(cleaned, before) and least == 1:
        assert cleaned is mask


def test_holes_are_filled_crumbs_go_and_corners_touch() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[2:10, 2:10] = True
    mask[5, 5] = False  # a pinhole
    mask[10, 10] = True  # touches in a corner
    mask[15:17, 15:17] = True  # a crumb
    cleaned = clean(mask, 5)
    wanted = np.zeros((20, 20), np.bool_)
    wanted[2:10, 2:10] = wanted[10, 10] = True
    assert np.array_equal(cleaned, wanted)
    assert clean(wanted, 5) is wanted


def test_of_crumbs_only_the_largest_stays() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[2, 2] = mask[8:10, 8:10] = mask[15, 3:6] = True
    cleaned = clean(mask, 100)
    assert cleaned.sum() == 4
    assert cleaned[8:10, 8:10].all()
    assert not clean(np.zeros((4, 4), np.bool_), 5).any()


def proposal(mask) -> Proposal:
    return Proposal(PackedMask.of(mask), int(mask.sum()), 0.9, 0.9, (1.0, 1.0), (0, 0, 20, 20))


def test_masks_that_became_the_same_are_thinned_and_the_untouched_wins() -> None:
    plain = np.zeros((20, 20), np.bool_)
    plain[2:12, 2:12] = True
    crumbly = plain.copy()
    crumbly[18, 18] = True
    other = np.zeros((20, 20), np.bool_)
    other[13:20, 13:20] = True
    found = clean_all([proposal(crumbly), proposal(plain), proposal(other)], 5, 0.7, 400)
    assert len(found) == 2
    assert np.array_equal(found[0].mask, plain)
    assert found[0].area_px == 100
    holed = other.copy()
    holed[15, 15] = False
    assert clean_all([proposal(holed)], 5, 0.7, 48) == []
    assert clean_all([proposal(holed)], 5, 0.7, 49)[0].area_px == 49
