from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multiplane.core.instances import box_of
from multiplane.split.segment.backends.sam.proposal import PackedMask, Proposal, to_upstream

masks = st.tuples(st.integers(1, 20), st.integers(1, 20)).flatmap(
    lambda shape: arrays(np.bool_, shape)
)


@given(mask=masks)
def test_a_packed_mask_is_the_mask(mask) -> None:
    packed = PackedMask.of(mask)
    assert np.array_equal(packed.unpack(), mask)
    assert packed.box == box_of(mask)
    x0, y0, x1, y1 = packed.box
    assert np.array_equal(packed.inside(), mask[y0:y1, x0:x1])
    assert len(packed.bits) == -(-(x1 - x0) * (y1 - y0) // 8)


def a_proposal(mask) -> Proposal:
    return Proposal(PackedMask.of(mask), int(mask.sum()), 0.9, 0.95, (3.5, 2.5), (0, 0, 12, 10))


def test_records_are_as_upstream_writes_them() -> None:
    mask = np.zeros((10, 12), np.bool_)
    mask[2:5, 3:9] = True
    (record,) = to_upstream([a_proposal(mask)])
    assert np.array_equal(record.pop("segmentation"), mask)
    assert record == {
        "area": 18,
        "bbox": [3.0, 2.0, 5.0, 2.0],  # to the last pixel, not beyond
        "predicted_iou": 0.9,
        "point_coords": [[3.5, 2.5]],
        "stability_score": 0.95,
        "crop_box": [0.0, 0.0, 12.0, 10.0],
    }
    (empty,) = to_upstream([a_proposal(np.zeros((10, 12), np.bool_))])
    assert empty["bbox"] == [0.0, 0.0, 0.0, 0.0]


def test_another_mask_has_another_area_and_box() -> None:
    first = a_proposal(np.eye(6, dtype=np.bool_))
    second = first.with_mask(np.ones((6, 6), np.bool_))
    assert (first.area_px, second.area_px) == (6, 36)
    assert second.box == (0, 0, 6, 6)
    assert second.point == first.point
    assert first.mask.sum() == 6
