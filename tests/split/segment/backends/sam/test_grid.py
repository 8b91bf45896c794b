from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

import slow_masks
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.segment.backends.sam.grid import Crop, crops_of, cut_off, points_of

sizes = st.tuples(st.integers(64, 3000), st.integers(64, 3000))


@given(size=sizes, layers=st.integers(0, 3), overlap=st.sampled_from([0.0, 0.1, 512 / 1500, 0.5]))
def test_crops_are_upstreams(size, layers, overlap) -> None:
    ours = [(crop.box, crop.layer) for crop in crops_of(size, layers, overlap)]
    assert ours == slow_masks.crop_boxes(size, layers, overlap)


@given(size=sizes, layers=st.integers(0, 3))
def test_crops_of_a_layer_cover_the_picture(size, layers) -> None:
    crops = [crop for crop in crops_of(size, layers, 512 / 1500) if crop.layer == layers]
    assert len(crops) == 4**layers
    assert {x for crop in crops for x in crop.box[::2]} >= {0, size[0]}
    starts = sorted({crop.box[0] for crop in crops})
    ends = sorted({crop.box[2] for crop in crops})
    assert all(start <= end for start, end in zip(starts[1:], ends, strict=False))


def test_a_picture_too_small_for_parts_has_fewer() -> None:
    crops = crops_of((1, 1), 2, 0.3)
    assert crops[0].box == (0, 0, 1, 1)
    assert all(crop.area_px > 0 for crop in crops)


def test_points_are_middles_of_cells_and_x_runs_fastest() -> None:
    crop = Crop((100, 50, 180, 90), 1)
    assert crop.size == (80, 40)
    points = points_of(crop, 4, 1)
    assert points.dtype == np.float32
    assert points[:5].tolist() == [[10, 5], [30, 5], [50, 5], [70, 5], [10, 15]]
    assert np.allclose(points, slow_masks.grid(4) * [80, 40])


@pytest.mark.parametrize(("layer", "side"), [(0, 9), (1, 4), (2, 2), (3, 1), (4, 1)])
def test_layers_have_fewer_points_and_one_at_least(layer, side) -> None:
    assert len(points_of(Crop((0, 0, 8, 8), layer), 9, 2)) == side**2


@given(
    corners=st.tuples(*[st.integers(0, 90)] * 4),
    crop=st.sampled_from([(0, 0, 100, 100), (30, 0, 100, 60), (40, 40, 90, 90)]),
)
def test_cut_off_is_upstreams(corners, crop) -> None:
    size = (100, 100)
    found = cut_off(np.array([corners]), Crop(crop, 1), size)
    assert found.tolist() == [slow_masks.is_cut_off(list(corners), crop, size)]
