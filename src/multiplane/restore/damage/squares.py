"""Large pictures in squares that see a margin of their neighbours, so that no border shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

TILE_PX = 1024


class Tile(NamedTuple):
    """A square of a picture.

    Attributes:
        look: What is read: the square and its margin, as far as the picture reaches.
        own: What is written.
        inner: ``own`` within ``look``.
    """

    look: tuple[slice, slice]
    own: tuple[slice, slice]
    inner: tuple[slice, slice]


def tiles(shape: tuple[int, int], margin_px: int, tile_px: int = TILE_PX) -> Iterator[Tile]:
    """Cut a picture into squares.

    Args:
        shape: Height and width.
        margin_px: How much of its neighbours each must see.
        tile_px: Side of the squares.

    Yields:
        Squares that together are the picture, row by row; none overlap in ``own``.
    """
    for y in range(0, shape[0], tile_px):
        for x in range(0, shape[1], tile_px):
            y1, x1 = min(shape[0], y + tile_px), min(shape[1], x + tile_px)
            top, left = max(0, y - margin_px), max(0, x - margin_px)
            look = (
                slice(top, min(shape[0], y1 + margin_px)),
                slice(left, min(shape[1], x1 + margin_px)),
            )
            inner = (slice(y - top, y1 - top), slice(x - left, x1 - left))
            yield Tile(look, (slice(y, y1), slice(x, x1)), inner)
