"""What a model is shown of a crop, a window at a time: scaled, without what means nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.diffusion.size import Axis, Size
from multiplane.restore.plate.light import spread
from multiplane.tensors.tiles import Tile

AT_ONCE_PX = 4_000_000
"""Pixels of the crop that are turned into numbers together."""


@dataclass(frozen=True)
class Shown:
    """A crop as it is painted; nothing of it is made before it is asked for.

    Attributes:
        frame: (H, W, 3) RGB.
        unknown: (H, W) what of it means nothing; it bleeds into nothing.
        size: At which it is painted.
    """

    frame: Frame
    unknown: Mask
    size: Size

    def window(self, tile: Tile) -> tuple[NDArray[np.float32], Mask]:
        """What is shown in a part of what is painted.

        Shrunk by averaging what is known, enlarged by cubic convolution (Keys 1981,
        doi:10.1109/TASSP.1981.1163711).

        Args:
            tile: The part, painted px.

        Returns:
            (h, w, 3) in [0, 255], where it is unknown as its surroundings are, smoothly; (h, w)
            what unknown pixels have any share in.
        """
        down, across = self.size.down, self.size.across
        rows, columns = down.shown(tile.top, tile.bottom), across.shown(tile.left, tile.right)
        first, last = int(rows.min()), int(rows.max()) + 1
        left, right = int(columns.min()), int(columns.max()) + 1
        part = self._shrunk if down.shrinks or across.shrinks else self._enlarged
        if self.size.scaled == self.size.crop:
            part = self._as_it_is
        values, unknown = part((first, last), (left, right))
        places = np.ix_(rows - first, columns - left)
        return values[places], unknown[places]

    def cells(self, mask: Mask, cell_px: int) -> Mask:
        """Which cells of what is painted hold anything of a mask.

        Any pixel counts: of cracks of a pixel or two, nearest neighbours would miss most.

        Args:
            mask: (H, W) of the crop.
            cell_px: Side of a cell, painted px.

        Returns:
            (painted height / cell_px, painted width / cell_px).
        """
        down, across = self.size.down, self.size.across
        reaches = [across.reach(x, x + cell_px) for x in range(0, across.painted, cell_px)]
        starts, stops = (np.array(ends) for ends in zip(*reaches, strict=True))
        found = np.zeros((down.painted // cell_px, len(reaches)), np.bool_)
        for row in range(len(found)):
            first, last = down.reach(row * cell_px, (row + 1) * cell_px)
            counts = np.concatenate([[0], np.cumsum(mask[first:last].any(axis=0))])
            found[row] = counts[stops] > counts[starts]
        return found

    def _as_it_is(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> tuple[NDArray[np.float32], Mask]:
        part = np.s_[rows[0] : rows[1], columns[0] : columns[1]]
        unknown = self.unknown[part]
        return _smooth(self.frame[part].astype(np.float32), (~unknown).astype(np.float32)), unknown

    def _enlarged(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> tuple[NDArray[np.float32], Mask]:
        """Crops that are enlarged are small: the whole of it is filled, then enlarged."""
        down, across = self.size.down, self.size.across
        values = _smooth(self.frame.astype(np.float32), (~self.unknown).astype(np.float32))
        large = _both(_cubic(down, *rows), values, _cubic(across, *columns))
        hidden = self.unknown.astype(np.float32)[..., None]
        share = _both(_area(down, *rows), hidden, _area(across, *columns))[..., 0]
        return np.clip(large, 0, 255), share > 1e-4

    def _shrunk(
        self, rows: tuple[int, int], columns: tuple[int, int]
    ) -> tuple[NDArray[np.float32], Mask]:
        """Averages of what is known, a strip at a time."""
        down, across = self.size.down, self.size.across
        left, right = _span(across, *columns)
        to_columns = _area(across, *columns)[:, left:right]
        strip = max(1, int(AT_ONCE_PX / (right - left) * down.scaled / down.crop))
        parts = []
        for start in range(rows[0], rows[1], strip):
            stop = min(start + strip, rows[1])
            top, bottom = _span(down, start, stop)
            source = np.s_[top:bottom, left:right]
            known = (~self.unknown[source]).astype(np.float32)[..., None]
            both = np.concatenate([self.frame[source] * known, known], axis=2)
            parts.append(_both(_area(down, start, stop)[:, top:bottom], both, to_columns))
        whole = np.concatenate(parts)
        share = whole[..., 3]
        mean = np.asarray(whole[..., :3] / np.maximum(share, 1e-6)[..., None], np.float32)
        return _smooth(mean, share), share < 1.0 - 1e-4


def _smooth(values: NDArray[np.float32], known: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values where they are known, and what is around carried on where they are not."""
    if known.min() >= 1.0 - 1e-4:
        return values
    weights = (known > 0).astype(np.float32)
    if not weights.any():
        return np.full_like(values, 127.5)
    return spread(values, weights)


def _both(rows: csr_array, values: NDArray[np.float32], columns: csr_array) -> NDArray[np.float32]:
    """Weigh along both directions: (h, H) on (H, W, C) on (w, W) gives (h, w, C)."""
    height, width, channels = values.shape
    down = (rows @ values.reshape(height, -1)).reshape(-1, width, channels)
    turned = np.ascontiguousarray(down.swapaxes(0, 1)).reshape(width, -1)
    across = (columns @ turned).reshape(columns.shape[0], -1, channels)
    return np.ascontiguousarray(across.swapaxes(0, 1), np.float32)


def _span(axis: Axis, start: int, stop: int) -> tuple[int, int]:
    """Which pixels of the crop lie under scaled ones."""
    return start * axis.crop // axis.scaled, -(-stop * axis.crop // axis.scaled)


def _area(axis: Axis, start: int, stop: int) -> csr_array:
    """How much of each pixel of the crop goes into each scaled one; counted in whole numbers."""
    begins = np.arange(start, stop, dtype=np.int64) * axis.crop
    first = begins // axis.scaled
    taps = np.arange(-(-axis.crop // axis.scaled) + 1)
    places = first[:, None] + taps
    ends = np.minimum((begins + axis.crop)[:, None], (places + 1) * axis.scaled)
    shares = (ends - np.maximum(begins[:, None], places * axis.scaled)) / axis.crop
    return _matrix(np.where(places < axis.crop, shares.clip(min=0), 0), places, axis.crop)


def _cubic(axis: Axis, start: int, stop: int) -> csr_array:
    """Cubic convolution, from the middle of pixels to the middle of pixels."""
    places = (np.arange(start, stop) + 0.5) * axis.crop / axis.scaled - 0.5
    near = np.floor(places).astype(np.int64)[:, None] + np.arange(-1, 3)
    return _matrix(keys(places[:, None] - near), near, axis.crop)


def keys(away: NDArray[np.float64]) -> NDArray[np.float64]:
    """The kernel of cubic convolution that reproduces parabolas (Keys 1981).

    Args:
        away: Distances in pixels, up to 2.

    Returns:
        Weights of the same shape; those of four neighbours sum to one.
    """
    away = np.abs(away)
    inner = (1.5 * away - 2.5) * away**2 + 1
    outer = ((-0.5 * away + 2.5) * away - 4) * away + 2
    return np.where(away <= 1, inner, outer)


def _matrix(weights: NDArray[np.float64], places: NDArray[np.int64], length: int) -> csr_array:
    """Sparse (n, length); what lies beyond an end counts for the end."""
    count, taps = weights.shape
    rows = np.repeat(np.arange(count), taps)
    columns = places.clip(0, length - 1).ravel()
    found = csr_array((weights.ravel().astype(np.float32), (rows, columns)), (count, length))
    found.eliminate_zeros()
    return found
