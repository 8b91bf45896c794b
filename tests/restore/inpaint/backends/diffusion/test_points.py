from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backends.diffusion import points as module  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.points import Points  # noqa: E402
from multiplane.restore.inpaint.backends.diffusion.size import Axis, Size, find_size  # noqa: E402
from multiplane.tensors.tiles import Tile, lay_tiles  # noqa: E402


def window_of(picture, tile: Tile):
    return torch.from_numpy(picture[tile.part].astype(np.float32)).permute(2, 0, 1)[None]


def read(picture, size: Size, where, tiles, overlap: int = 8):
    points = Points(where, size, 1, overlap)
    for tile in tiles:
        points.add(tile, 0, window_of(picture, tile))
    return points.values(0)


def everything(size: Size) -> list[Tile]:
    return [Tile(0, 0, *size.painted)]


def test_at_its_own_size_pixels_are_what_they_are() -> None:
    rng = np.random.default_rng(0)
    size = find_size((40, 50), 45, 1, 16)
    picture = rng.random((*size.painted, 3)) * 255
    where = rng.random((40, 50)) < 0.3
    assert np.allclose(read(picture, size, where, everything(size)), picture[:40, :50][where])


def test_what_was_enlarged_is_averaged() -> None:
    rng = np.random.default_rng(0)
    size = Size(Axis(20, 60, 64), Axis(30, 75, 80))
    picture = rng.random((64, 80, 3)).astype(np.float32) * 255
    where = rng.random((20, 30)) < 0.5
    expected = cv2.resize(picture[:60, :75], (30, 20), interpolation=cv2.INTER_AREA)
    found = read(picture, size, where, everything(size))
    assert np.allclose(found, expected[where], atol=0.01)


def test_what_was_shrunk_lies_where_it_lay() -> None:
    size = Size(Axis(90, 30, 32), Axis(120, 40, 48))
    y, x = np.mgrid[0:32, 0:48] + 0.5
    picture = np.stack([3 * x, 4 * y, x + 2 * y], -1)
    where = np.zeros((90, 120), np.bool_)
    where[9:80, 9:110] = True
    rows, columns = np.nonzero(where)
    found = read(picture, size, where, everything(size))
    v, u = (rows + 0.5) / 3, (columns + 0.5) / 3
    assert np.allclose(found, np.stack([3 * u, 4 * v, u + 2 * v], -1), atol=0.02)


@settings(max_examples=30, deadline=None)
@given(
    height=st.integers(3, 90), width=st.integers(3, 90), size_px=st.sampled_from([24, 48, 100]),
    side=st.sampled_from([16, 40]), seed=st.integers(0, 99),
)  # fmt: skip
def test_windows_join_to_one_picture(
    height: int, width: int, size_px: int, side: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    size = find_size((height, width), size_px, 4, 8)
    y, x = np.mgrid[0 : size.painted[0], 0 : size.painted[1]] * 0.7
    picture = np.stack([100 + x, 50 + y, x + y], -1)
    where = rng.random((height, width)) < 0.3
    tiles = lay_tiles(size.painted, side, 8, 8)
    whole = read(picture, size, where, everything(size))
    assert np.allclose(read(picture, size, where, tiles), whole, atol=0.6)


def test_many_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    size = find_size((40, 50), 45, 1, 16)
    picture = rng.random((*size.painted, 3))
    where = rng.random((40, 50)) < 0.5
    whole = read(picture, size, where, everything(size))
    monkeypatch.setattr(module, "AT_ONCE", 7)
    assert np.array_equal(read(picture, size, where, everything(size)), whole)


def test_several_pictures_are_kept_apart() -> None:
    size = find_size((16, 16), 16, 1, 16)
    where = np.ones((16, 16), np.bool_)
    points = Points(where, size, 2, 4)
    for tile in lay_tiles((16, 16), 8, 4, 4):
        for index in (0, 1):
            points.add(tile, index, torch.full((1, 3, 8, 8), 10.0 + index))
    assert np.allclose(points.values(0), 10)
    assert np.allclose(points.values(1), 11)
