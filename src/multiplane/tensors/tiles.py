"""Pictures too large for a network, in tiles that overlap and are blended without a seam."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

_FAINT = 1e-4
"""What the outermost pixels of a tile count, where there is a better one."""


@dataclass(frozen=True)
class Tile:
    """A part of a picture: half-open rows and columns, px.

    Attributes:
        top: First row.
        left: First column.
        bottom: Row below the last.
        right: Column beyond the last.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def part(self) -> tuple[slice, slice]:
        """For indexing a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def lay_tiles(size: tuple[int, int], side: int, overlap: int, unit: int) -> list[Tile]:
    """Cover a picture with as few tiles as do, no larger than they need be.

    They are spread evenly and begin at multiples of a unit, all of them inside the picture.
    Where a side of it is no multiple of the unit the last tiles are cut short; filled up to whole
    units, all tiles of a picture have one size.

    Args:
        size: Height and width, px.
        side: Of a tile at most; rounded down to whole units, one at least.
        overlap: By how much neighbours overlap at least; rounded down to whole units, and to less
            than a tile.
        unit: What networks want sides to be a multiple of.

    Returns:
        The tiles, row by row. One where the picture is no larger than a tile.
    """
    rows = _spans(size[0], side // unit, overlap // unit, unit)
    columns = _spans(size[1], side // unit, overlap // unit, unit)
    return [Tile(top, left, bottom, right) for top, bottom in rows for left, right in columns]


def _spans(length: int, side: int, overlap: int, unit: int) -> list[tuple[int, int]]:
    """Where the tiles along one axis begin and end; side and overlap are counted in units."""
    units = -(-length // unit)
    side = min(max(side, 1), units)
    overlap = min(overlap, side - 1)
    count = 1 + -(-(units - side) // (side - overlap))
    side = min(side, -(-(units + (count - 1) * overlap) // count))
    starts = [(units - side) * k // max(count - 1, 1) for k in range(count)]
    return [(start * unit, min((start + side) * unit, length)) for start in starts]


def touching(tiles: Iterable[Tile], wanted: Mask) -> list[Tile]:
    """Those tiles that hold a pixel that is wanted."""
    return [tile for tile in tiles if wanted[tile.part].any()]


class Blend:
    """Adds tiles up, each fading out where it meets the next one.

    The weights of a pixel sum to one, whichever tiles cover it.
    """

    def __init__(self, size: tuple[int, int], overlap: int) -> None:
        """Begin with an empty picture.

        Args:
            size: Height and width, px.
            overlap: By how much tiles overlap at least, px.
        """
        self._size, self._overlap = size, overlap
        self._sum = np.zeros(size, np.float32)
        self._weight = np.zeros(size, np.float32)

    def add(self, tile: Tile, values: NDArray[np.float32]) -> None:
        """Add a tile.

        Args:
            tile: Where it lies.
            values: float32 (h, w), of the tile's size.
        """
        height, width = self._size
        down = fade(tile.top, tile.bottom, height, self._overlap)
        across = fade(tile.left, tile.right, width, self._overlap)
        weight = down[:, None] * across
        self._sum[tile.part] += weight * values
        self._weight[tile.part] += weight

    def picture(self) -> NDArray[np.float32]:
        """The blended picture, float32 (H, W); 0 where no tile was."""
        return np.divide(
            self._sum, self._weight, out=np.zeros_like(self._sum), where=self._weight > 0
        )


def fade(start: int, stop: int, length: int, overlap: int) -> NDArray[np.float32]:
    """How much each pixel along one side of a tile counts: less near where others go on.

    The outer quarter of the overlap, where a network knows the least of what is around, counts as
    good as nothing; over its middle half one tile turns into the next.

    Args:
        start: Where the tile begins.
        stop: Where it ends.
        length: Of the whole picture; its own border is no end.
        overlap: By how much it overlaps with its neighbours, px.

    Returns:
        float32 (stop - start,), above 0 and up to 1.
    """
    weight = np.ones(stop - start, np.float32)
    reach = min(overlap, stop - start)
    inwards = (np.arange(reach, dtype=np.float32) + np.float32(0.5)) / np.float32(max(reach, 1))
    ramp = np.clip(2 * inwards - np.float32(0.5), _FAINT, 1)
    if start > 0:
        weight[:reach] = ramp
    if stop < length:
        weight[len(weight) - reach :] = np.minimum(weight[len(weight) - reach :], ramp[::-1])
    return weight
