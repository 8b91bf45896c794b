from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.sam.video_prompts import mask_input, point_inputs  # noqa: E402

CPU = torch.device("cpu")


def test_a_mask_becomes_square() -> None:
    mask = np.zeros((20, 40), np.bool_)
    mask[:, 20:] = True
    made = mask_input(mask, 16, CPU)
    assert made.shape == (1, 1, 16, 16)
    assert set(made.unique().tolist()) == {0.0, 1.0}
    assert made[0, 0, :, 8:].all()
    assert not made[0, 0, :, :8].any()


def test_a_mask_of_that_size_stays() -> None:
    mask = np.random.default_rng(0).random((16, 16)) > 0.5
    np.testing.assert_array_equal(mask_input(mask, 16, CPU)[0, 0].numpy() > 0, mask)


def test_corners_come_before_points() -> None:
    points = [(8, 8, True), (2, 4, False)]
    made = point_inputs(points, (10, 20, 30, 40), (0.5, 2.0), CPU)
    assert made["point_coords"].tolist() == [[[[5, 40], [15, 80], [4, 16], [1, 8]]]]
    assert made["point_labels"].tolist() == [[[2, 3, 1, 0]]]
    assert point_inputs(points, None, (0.5, 2.0), CPU)["point_labels"].tolist() == [[[1, 0]]]
