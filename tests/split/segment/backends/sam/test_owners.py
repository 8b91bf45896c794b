from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multiplane.split.segment.backends.sam.owners import share_out
from multiplane.split.segment.backends.sam.proposal import PackedMask, Proposal


def proposal(mask, iou=0.9) -> Proposal:
    return Proposal(PackedMask.of(mask), int(mask.sum()), iou, 0.9, (1.0, 1.0), (0, 0, 1, 1))


def test_the_surer_has_what_two_claim_and_gaps_go_to_the_nearest() -> None:
    left, right = np.zeros((2, 6, 20), np.bool_)
    left[:, :8] = True
    right[:, 6:10] = True
    first, second = share_out([proposal(left, 0.8), proposal(right, 0.9)])
    assert first.mask[:, :6].all()
    assert first.area_px == 36
    assert second.mask[:, 6:].all()
    assert second.area_px == 6 * 14


def test_of_equally_sure_ones_the_earlier_has_it() -> None:
    whole = np.ones((4, 4), np.bool_)
    found = share_out([proposal(whole), proposal(whole)])
    assert len(found) == 1
    part = np.zeros((4, 4), np.bool_)
    part[:2] = True
    first, second = share_out([proposal(part, 0.8), proposal(whole, 0.8)])
    assert (first.area_px, second.area_px) == (8, 8)


def test_none_and_empty_masks_own_nothing() -> None:
    assert share_out([]) == []
    assert share_out([proposal(np.zeros((4, 4), np.bool_))]) == []


@settings(deadline=None)
@given(
    masks=arrays(np.bool_, st.tuples(st.integers(1, 5), st.just(7), st.just(9))),
    seed=st.integers(0, 99),
)
def test_every_pixel_has_one_owner_and_it_is_one_that_claimed_it_if_any_did(masks, seed) -> None:
    ious = np.random.default_rng(seed).uniform(0, 1, len(masks))
    given_out = [proposal(mask, iou) for mask, iou in zip(masks, ious, strict=True)]
    found = share_out(given_out)
    if not masks.any():
        assert found == []
        return
    owners = np.stack([one.mask for one in found])
    assert (owners.sum(0) == 1).all()
    for one in found:
        source = masks[list(ious).index(one.predicted_iou)]
        claimed = masks.any(0)
        assert not (one.mask & claimed & ~source).any()
