"""A large crop a few rows at a time, so that what is computed on the way stays small."""

from __future__ import annotations

from collections.abc import Iterator

ROWS_PX = 2**22
"""Pixels of a band, about."""


def bands(shape: tuple[int, int], beside: int) -> Iterator[tuple[slice, slice, slice]]:
    """Divide rows into bands.

    Args:
        shape: Height and width.
        beside: Rows that a result depends on above and below itself.

    Yields:
        The rows to look at, which of those the results are wanted of, and where they lie in the
        whole; from top to bottom.
    """
    height, width = shape
    step = max(4 * beside, ROWS_PX // max(1, width), 1)
    for top in range(0, height, step):
        bottom = min(top + step, height)
        first = max(0, top - beside)
        outer = slice(first, min(height, bottom + beside))
        yield outer, slice(top - first, bottom - first), slice(top, bottom)
