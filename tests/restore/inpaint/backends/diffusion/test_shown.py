from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backends.diffusion import shown as module
from multiplane.restore.inpaint.backends.diffusion.shown import Shown
from multiplane.restore.inpaint.backends.diffusion.size import Axis, Size, find_size
from multiplane.tensors.tiles import Tile, lay_tiles


def some(height: int, width: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return frame, rng.random((height, width)) < 0.1


def whole(shown: Shown):
    return shown.window(Tile(0, 0, *shown.size.painted))


def test_at_its_own_size_it_is_the_crop_and_then_goes_on_reflected() -> None:
    frame, _ = some(50, 70)
    nothing = np.zeros((50, 70), np.bool_)
    values, hidden = whole(Shown(frame, nothing, find_size((50, 70), 60, 2.0, 32)))
    assert values.shape == (64, 96, 3)
    assert not hidden.any()
    assert np.array_equal(values, np.pad(frame, ((0, 14), (0, 26), (0, 0)), "reflect"))


@pytest.mark.parametrize("size_px", [20, 33, 57, 200])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 99), side=st.sampled_from([16, 48]))
def test_windows_are_parts_of_the_whole(size_px: int, seed: int, side: int) -> None:
    frame, unknown = some(45, 67, seed)
    shown = Shown(frame, unknown, find_size((45, 67), size_px, 8.0, 16))
    values, hidden = whole(shown)
    for tile in lay_tiles(shown.size.painted, side, 8, 16):
        part, lost = shown.window(tile)
        assert np.array_equal(lost, hidden[tile.part])
        assert np.allclose(part[~lost], values[tile.part][~lost], atol=1e-3)


def test_the_unknown_bleeds_into_nothing() -> None:
    frame = np.full((90, 120, 3), 90, np.uint8)
    unknown = np.zeros((90, 120), np.bool_)
    unknown[20:41, 33:71] = True
    unknown[:, 100] = True
    frame[unknown] = 255
    for size_px in (40, 104, 300):
        size = find_size((90, 120), size_px, 8.0, 16)
        values, hidden = whole(Shown(frame, unknown, size))
        assert np.abs(values - 90).max() < 0.01, "also where it is unknown"
        assert hidden.any()
        scale = size.scaled[0] / 90
        inside = hidden[
            round(22 * scale) : round(39 * scale), round(35 * scale) : round(69 * scale)
        ]
        assert inside.all()
        assert not hidden[: int(19 * scale), : int(98 * scale)].any()


def test_shrinking_averages_and_enlarging_is_smooth(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, _ = some(60, 90)
    nothing = np.zeros((60, 90), np.bool_)
    half = Size(Axis(60, 30, 32), Axis(90, 45, 48))
    expected = cv2.resize(frame.astype(np.float32), (45, 30), interpolation=cv2.INTER_AREA)
    values, _ = whole(Shown(frame, nothing, half))
    assert np.allclose(values[:30, :45], expected, atol=1e-3)
    monkeypatch.setattr(module, "AT_ONCE_PX", 1000)
    assert np.allclose(whole(Shown(frame, nothing, half))[0], values, atol=1e-3)
    y, x = np.mgrid[0:20, 0:30]
    ramp = np.stack([5 * x, 8 * y, 3 * x + 4 * y], -1).astype(np.uint8)
    large, _ = whole(Shown(ramp, nothing[:20, :30], Size(Axis(20, 60, 64), Axis(30, 90, 96))))
    wanted = (np.arange(90) + 0.5) / 3 - 0.5
    assert np.allclose(large[30, 6:84, 0], 5 * wanted[6:84], atol=0.01)


def test_where_nothing_is_known_it_is_grey() -> None:
    frame, _ = some(16, 16)
    values, hidden = whole(
        Shown(frame, np.ones((16, 16), np.bool_), find_size((16, 16), 16, 1, 16))
    )
    assert (values == 127.5).all()
    assert hidden.all()


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70), width=st.integers(1, 70), size_px=st.sampled_from([16, 40, 64, 120]),
    row=st.floats(0, 0.999), column=st.floats(0, 0.999),
)  # fmt: skip
def test_a_single_pixel_counts_for_its_cell(
    height: int, width: int, size_px: int, row: float, column: float
) -> None:
    mask = np.zeros((height, width), np.bool_)
    mask[int(row * height), int(column * width)] = True
    shown = Shown(
        np.zeros((height, width, 3), np.uint8), mask, find_size(mask.shape, size_px, 8, 16)
    )
    hidden = whole(shown)[1]
    cells = shown.cells(mask, 8)
    by_pixel = hidden.reshape(cells.shape[0], 8, cells.shape[1], 8).any(axis=(1, 3))
    assert cells.any()
    assert np.array_equal(cells, by_pixel)
