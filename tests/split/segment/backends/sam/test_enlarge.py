from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

import torch.nn.functional as F  # noqa: E402, N812 - its usual name
from blobs import blobs  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from multiplane.split.segment.backends.sam.enlarge import Enlargement  # noqa: E402

CPU = torch.device("cpu")


def enlarge(logits, size):
    wide, high = size
    large = F.interpolate(logits[:, None], (high, wide), mode="bilinear", align_corners=False)
    return large[:, 0].numpy()


def drawn(enlargement, outlines, number, size):
    mask = np.zeros(size[::-1], np.bool_)
    x0, y0, x1, y1 = outlines.boxes[number].tolist()
    if outlines.areas[number]:
        box = (x0, y0, x1 + 1, y1 + 1)
        mask[y0 : y1 + 1, x0 : x1 + 1] = enlargement.draw(outlines.outlines[number], box)
    return mask


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([(16, 16), (64, 32), (32, 256), (8, 4), (1, 1), (2, 64)]),
    noise=st.sampled_from([0.0, 0.5, 8.0]),
    threshold=st.sampled_from([0.0, 1.0, -0.125, 40.0, -40.0]),
)
def test_masks_are_those_of_enlarged_logits(seed, size, noise, threshold) -> None:
    """Sizes are powers of two and logits sixteenths: torch's sums are exact in any order."""
    logits = torch.from_numpy(blobs(np.random.default_rng(seed), 3, 16, noise))
    enlargement = Enlargement((16, 16), size, CPU)
    large = enlarge(logits, size)
    bounded = enlargement.bound(logits)
    for cut, count in zip(
        (threshold, 0.25), enlargement.counts(bounded, (threshold, 0.25)), strict=True
    ):
        assert count.tolist() == (large > cut).sum((1, 2)).tolist()
    found = enlargement.outlines(bounded, threshold)
    for number in range(3):
        wanted = large[number] > threshold
        assert found.areas[number] == wanted.sum()
        rows, columns = np.flatnonzero(wanted.any(1)), np.flatnonzero(wanted.any(0))
        box = [columns[0], rows[0], columns[-1], rows[-1]] if len(rows) else [0] * 4
        assert found.boxes[number].tolist() == box
        assert np.array_equal(drawn(enlargement, found, number, size), wanted)


@pytest.mark.parametrize("size", [(97, 61), (480, 270), (20, 33), (31, 700)])
def test_of_any_size_they_differ_only_where_rounding_decides(size) -> None:
    logits = torch.from_numpy(blobs(np.random.default_rng(3), 6, 32, 0.5))
    enlargement = Enlargement((32, 32), size, CPU)
    large = enlarge(logits, size)
    found = enlargement.outlines(enlargement.bound(logits), 0.0)
    for number in range(6):
        mask = drawn(enlargement, found, number, size)
        differing = mask != (large[number] > 0)
        assert np.abs(large[number][differing]).max(initial=0) < 1e-4
        assert mask.sum() == found.areas[number]


def test_only_the_edge_of_a_mask_is_kept_pixel_by_pixel() -> None:
    y, x = np.mgrid[:64, :64].astype(np.float32)
    logits = torch.from_numpy(20 - np.hypot(x - 32, y - 32))[None]
    enlargement = Enlargement((64, 64), (640, 640), CPU)
    found = enlargement.outlines(enlargement.bound(logits), 0.0)
    (outline,) = found.outlines
    assert 100 < len(outline.cells) < 300  # of 4,096: as many as the circle is long
    assert found.areas[0] == pytest.approx(np.pi * 200**2, rel=0.01)


def test_none_at_all() -> None:
    enlargement = Enlargement((16, 16), (40, 30), CPU)
    bounded = enlargement.bound(torch.zeros(0, 16, 16))
    assert enlargement.counts(bounded, (0.0,))[0].tolist() == []
    found = enlargement.outlines(bounded, 0.0)
    assert found.outlines == []
    assert found.boxes.shape == (0, 4)


def test_values_on_a_threshold_are_not_above_it() -> None:
    enlargement = Enlargement((8, 8), (57, 43), CPU)
    bounded = enlargement.bound(torch.full((1, 8, 8), -1.0))
    assert enlargement.counts(bounded, (-1.0,))[0].tolist() == [0]
    assert enlargement.counts(bounded, (-1.01,))[0].tolist() == [57 * 43]
