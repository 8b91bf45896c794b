"""Single pixels of a crop, read from windows of what was painted."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from multiplane.core.arrays import Mask
from multiplane.restore.inpaint.backends.diffusion.shown import keys
from multiplane.restore.inpaint.backends.diffusion.size import Axis, Size
from multiplane.tensors.tiles import Tile, fade

AT_ONCE = 250_000
"""Pixels that are read together."""


class Points:
    """Pixels of a crop whose colours are gathered from windows that overlap.

    Only these are kept, so memory follows the size of the hole, not that of the picture.
    """

    def __init__(self, where: Mask, size: Size, pictures: int, overlap_px: int) -> None:
        """Begin with nothing.

        Args:
            where: (H, W) of the crop: the pixels.
            size: At which the crop is painted.
            pictures: How many pictures are gathered.
            overlap_px: By how much windows overlap at least, painted px.
        """
        self._size, self._overlap_px = size, overlap_px
        self._rows, self._columns = (found.astype(np.int32) for found in np.nonzero(where))
        self._sums = np.zeros((pictures, len(self._rows), 3), np.float32)
        self._weights = np.zeros(len(self._rows), np.float32)

    def add(self, tile: Tile, index: int, window: torch.Tensor) -> None:
        """Add what was painted in a window to one of the pictures.

        Args:
            tile: Where it lies, painted px.
            index: Which picture.
            window: (1, 3, h, w) of the tile's size, of any device.
        """
        down, across = self._size.down, self._size.across
        begin, end = np.searchsorted(self._rows, _rows_of(down, tile.top, tile.bottom))
        for start in range(begin, end, AT_ONCE):
            some = np.s_[start : min(start + AT_ONCE, end)]
            x = _nearest(across, self._columns[some])
            here = np.flatnonzero((x >= tile.left) & (x < tile.right)) + start
            if not len(here):
                continue
            weight = self._share(tile, here)
            read = _read(window, tile, self._size, self._rows[here], self._columns[here])
            self._sums[index, here] += weight[:, None] * read
            if index == 0:
                self._weights[here] += weight

    def values(self, index: int) -> NDArray[np.float32]:
        """One of the pictures.

        Args:
            index: Which.

        Returns:
            (K, 3) in [0, 255] at the pixels, in row-major order.
        """
        assert (self._weights > 0).all(), "windows cover every pixel that is wanted"
        mean = self._sums[index] / self._weights[:, None]
        return np.asarray(mean.clip(0, 255), np.float32)

    def _share(self, tile: Tile, here: NDArray[np.intp]) -> NDArray[np.float32]:
        """How much the window counts at some of the pixels: less towards its ends."""
        height, width = self._size.painted
        y = _nearest(self._size.down, self._rows[here]) - tile.top
        x = _nearest(self._size.across, self._columns[here]) - tile.left
        down = fade(tile.top, tile.bottom, height, self._overlap_px)
        across = fade(tile.left, tile.right, width, self._overlap_px)
        return np.asarray(down[y] * across[x], np.float32)


def _nearest(axis: Axis, places: NDArray[np.int32]) -> NDArray[np.int64]:
    """In which painted pixel the middle of each pixel of the crop lies."""
    return (2 * places.astype(np.int64) + 1) * axis.scaled // (2 * axis.crop)


def _rows_of(axis: Axis, start: int, stop: int) -> tuple[int, int]:
    """Which pixels of the crop have their middle in painted ones from ``start`` to ``stop``."""

    def first(place: int) -> int:  # the least n with (2n + 1) scaled >= 2 crop place
        return -((axis.scaled - 2 * axis.crop * place) // (2 * axis.scaled))

    return first(start), first(stop)


def _read(
    window: torch.Tensor,
    tile: Tile,
    size: Size,
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
) -> NDArray[np.float32]:
    """(n, 3) the colours of pixels: averages of what they cover, or cubic convolution."""
    if size.scaled == size.crop:
        y, x = (
            torch.from_numpy(p.astype(np.int64)) for p in (rows - tile.top, columns - tile.left)
        )
        read = window[0][:, y.to(window.device), x.to(window.device)]
    elif size.down.shrinks or size.across.shrinks:
        read = _between(
            window, _middle(size.down, rows, tile.top), _middle(size.across, columns, tile.left)
        )
    else:
        read = _mean(
            window,
            _ends(size.down, rows, tile.top, tile.bottom),
            _ends(size.across, columns, tile.left, tile.right),
        )
    return np.asarray(read.T.float().cpu().numpy(), np.float32)


def _middle(axis: Axis, places: NDArray[np.int32], origin: int) -> NDArray[np.float64]:
    """Where the middle of pixels lies in a window; 0.5 is the middle of its first pixel."""
    return (places + 0.5) * axis.scaled / axis.crop - origin


def _ends(axis: Axis, places: NDArray[np.int32], start: int, stop: int) -> NDArray[np.float64]:
    """(n, 2) where pixels begin and end in a window."""
    ends = np.stack([places, places + 1.0], axis=1) * axis.scaled / axis.crop
    return ends.clip(start, stop) - start


def _between(window: torch.Tensor, y: NDArray[np.float64], x: NDArray[np.float64]) -> torch.Tensor:
    """(3, n) by cubic convolution, with the slope of Keys 1981: straight lines stay straight."""
    rows, down = _taps(y, window.shape[2])
    columns, across = _taps(x, window.shape[3])
    there = torch.from_numpy(rows[:, :, None] * window.shape[3] + columns[:, None])
    weights = torch.from_numpy(down[:, :, None] * across[:, None]).to(window.device)
    picked = window[0].float().flatten(1)[:, there.to(window.device)]
    return (picked * weights).sum(dim=(2, 3))


def _taps(
    places: NDArray[np.float64], length: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(n, 4) the pixels next to places, and how much each counts."""
    first = np.floor(places - 0.5).astype(np.int64) - 1
    near = first[:, None] + np.arange(4)
    return near.clip(0, length - 1), keys(places[:, None] - 0.5 - near).astype(np.float32)


def _mean(window: torch.Tensor, y: NDArray[np.float64], x: NDArray[np.float64]) -> torch.Tensor:
    """(3, n) averages over rectangles, from sums over all that is above and to the left."""
    sums = functional.pad(window[0].double().cumsum(1).cumsum(2), (1, 0, 1, 0))

    def below(end_y: int, end_x: int) -> torch.Tensor:
        row, column = (torch.from_numpy(p).to(sums.device) for p in (y[:, end_y], x[:, end_x]))
        top, left = row.floor().long(), column.floor().long()
        bottom, right = (
            (top + 1).clamp(max=sums.shape[1] - 1),
            (left + 1).clamp(max=sums.shape[2] - 1),
        )
        v, u = row - top, column - left
        upper = sums[:, top, left] * (1 - u) + sums[:, top, right] * u
        lower = sums[:, bottom, left] * (1 - u) + sums[:, bottom, right] * u
        return upper * (1 - v) + lower * v

    area = torch.from_numpy((y[:, 1] - y[:, 0]) * (x[:, 1] - x[:, 0])).to(sums.device)
    total = below(1, 1) - below(0, 1) - below(1, 0) + below(0, 0)
    return total / area
