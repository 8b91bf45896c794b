from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.split.segment.backends.sam.candidates import (  # noqa: E402
    Sieve,
    boxes_of,
    suppress,
    thin_across,
)
from multiplane.split.segment.backends.sam.grid import Crop  # noqa: E402
from multiplane.split.segment.backends.sam.presets import Criteria  # noqa: E402
from multiplane.split.segment.backends.sam.proposal import PackedMask, Proposal  # noqa: E402
from multiplane.split.segment.config import AutomaticOptions  # noqa: E402

SIZE = (64, 64)


def disks(*radii: float, steep: float = 4.0):
    """(1, M, 16, 16) logits of disks in the middle."""
    y, x = np.mgrid[:16, :16].astype(np.float32) + 0.5
    reach = np.hypot(x - 8, y - 8)
    return torch.from_numpy(np.stack([steep * (r - reach) for r in radii])[None].astype(np.float32))


def sieve(crop=(0, 0, 64, 64), iou=0.5, stability=0.0, **options) -> Sieve:
    return Sieve(
        AutomaticOptions(**options), Criteria(4, iou, stability), Crop(crop, 0), SIZE, (16, 16),
        torch.device("cpu"),
    )  # fmt: skip


POINT = np.array([[32.0, 32.0]], np.float32)


def test_predicted_iou_has_to_be_above_stability_at_least() -> None:
    logits = disks(3, 4, 5)
    ious = torch.tensor([[0.5, 0.51, 0.9]])
    (found,) = sieve(iou=0.5).sift(POINT, logits, ious)
    assert [round(one.iou, 2) for one in found] == [0.51, 0.9]
    steady = [one.stability for one in found]
    (kept,) = sieve(iou=0.5, stability=max(steady)).sift(POINT, logits, ious)
    assert [one.stability for one in kept] == [max(steady)]
    (kept,) = sieve(iou=0.5, stability=max(steady) + 1e-6).sift(POINT, logits, ious)
    assert kept == []


def test_thresholds_of_nought_let_everything_through_empty_masks_too() -> None:
    (found,) = sieve(iou=0.0).sift(POINT, disks(-30, 5), torch.tensor([[-0.5, 0.0]]))
    assert [one.area_px > 0 for one in found] == [False, True]
    assert np.isnan(found[0].stability)
    proposal = sieve().propose(found[0])
    assert proposal.box == (0, 0, 0, 0)
    assert not proposal.mask.any()


def test_what_a_crop_cuts_off_is_dropped_and_the_rest_is_placed() -> None:
    logits, ious = disks(2, 7.9), torch.tensor([[0.9, 0.9]])
    (found,) = sieve().sift(POINT, logits, ious)
    assert len(found) == 2
    short = sieve(crop=(0, 0, 64, 40))  # so short that both end near its lower edge
    assert short.sift(POINT, logits, ious) == [[]]
    inner = Sieve(
        AutomaticOptions(), Criteria(4, 0.5, 0.0), Crop((100, 200, 228, 328), 1), (400, 400),
        (16, 16), torch.device("cpu"),
    )  # fmt: skip
    (found,) = inner.sift(POINT, logits, ious)
    (one,) = found
    proposal = inner.propose(one)
    assert proposal.crop_box == (100, 200, 228, 328)
    assert proposal.point == (132.0, 232.0)
    assert 200 - 18 < proposal.box[3] - 64 < 300
    assert proposal.mask.shape == (400, 400)
    assert proposal.mask.sum() == one.area_px == proposal.area_px
    assert proposal.mask[264, 164]


def test_the_surest_of_overlapping_boxes_stays() -> None:
    ious = torch.tensor([[0.7, 0.9, 0.8]])
    (found,) = sieve().sift(POINT, disks(5, 5.1, 2), ious)
    kept = sieve().thin(found)
    assert [round(one.iou, 1) for one in kept] == [0.9, 0.8]
    assert sieve().thin([]) == []


def proposal(box, crop) -> Proposal:
    mask = np.zeros((40, 40), np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return Proposal(PackedMask.of(mask), int(mask.sum()), 0.9, 0.9, (1.0, 1.0), crop)


def test_of_crops_the_smallest_stays() -> None:
    whole = proposal((5, 5, 15, 15), (0, 0, 40, 40))
    closer = proposal((5, 5, 15, 15), (0, 0, 20, 20))
    other = proposal((25, 25, 35, 35), (0, 0, 40, 40))
    assert thin_across([whole, other, closer], 0.7) == [closer, other]
    assert thin_across([], 0.7) == []


def test_boxes_are_counted_to_the_last_pixel() -> None:
    assert boxes_of([proposal((5, 6, 15, 7), (0, 0, 40, 40))]).tolist() == [[5, 6, 14, 6]]
    assert boxes_of([]).shape == (0, 4)


def test_overlap_has_to_be_above_the_threshold() -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [20, 20, 30, 30]])
    scores = torch.tensor([0.5, 0.9, 0.1])
    assert suppress(boxes, scores, 0.5) == [1, 0, 2]
    assert suppress(boxes, scores, 0.49) == [1, 2]
