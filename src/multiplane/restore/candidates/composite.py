"""A repair over its original, in whole numbers, so that its layer gives the same again."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from multiplane.media.banded import Banded

Levels: TypeAlias = NDArray[Any]
"""uint8 or uint16 (H, W, 3) RGB, as its file codes it."""


class Repair(NamedTuple):
    """What is laid over a picture.

    Attributes:
        places: (K,) where it stands in the flat picture, rising.
        values: (K, 3) uint8 or uint16 its colours.
        shares: (K,) how much of it stands there, up to the largest number of that kind.
    """

    places: NDArray[np.int64]
    values: NDArray[Any]
    shares: NDArray[np.int64]

    def within(self, rows: slice, width: int) -> Repair:
        """What of it stands in some rows of a picture, counted from the first of them."""
        first, last = rows.start * width, rows.stop * width
        part = slice(*np.searchsorted(self.places, (first, last)))
        return Repair(self.places[part] - first, self.values[part], self.shares[part])


class Layer(NamedTuple):
    """A repair as a transparent picture, which can be laid over the original and taken off again.

    Attributes:
        levels: (H, W, 3) the repair; black where there is none.
        alpha: (H, W) of the same kind of numbers, how much of it stands; 0 where there is none.
    """

    levels: Levels
    alpha: NDArray[Any]


def layer_of(shape: tuple[int, ...], repair: Repair) -> Layer:
    """Spread a repair out.

    Args:
        shape: (H, W, ...) of the picture.
        repair: What is spread out.

    Returns:
        The layer.
    """
    places, values, shares = repair
    height, width = shape[:2]
    levels = np.zeros((height * width, 3), values.dtype)
    alpha = np.zeros(height * width, values.dtype)
    levels[places], alpha[places] = values, shares
    return Layer(levels.reshape(height, width, 3), alpha.reshape(height, width))


def lay_over(
    original: Levels, alpha: NDArray[Any] | None, repair: Repair
) -> tuple[Levels, NDArray[Any] | None]:
    """Lay a repair over its original.

    Porter and Duff's *over* (1984, doi:10.1145/964965.808606) on straight colour, rounded to the
    nearest once. Over an opaque picture a pixel becomes rint((o (m - a) + r a) / m), with the
    original o, the repair r, its share a, and m for all of it.

    Args:
        original: (H, W, 3) uint8 or uint16; never changed.
        alpha: (H, W) of the same kind; None for a picture that is opaque. Where the picture is
            transparent, the repair becomes as opaque as its share.
        repair: What is laid over, of the same kind.

    Returns:
        The picture and its alpha; elsewhere, and where the share is 0, bit for bit the given.
    """
    places, values, shares = repair
    most = int(np.iinfo(original.dtype).max)
    levels = original.reshape(-1, 3).copy()
    below = levels[places].astype(np.int64)
    own = shares * most
    if alpha is None:
        kept = (most - shares) * most
        levels[places] = _mixed(below, values, kept, own)
        return levels.reshape(original.shape), None
    clear = alpha.ravel()[places].astype(np.int64)
    kept = (most - shares) * clear
    mixed = _mixed(below, values, kept, own)
    levels[places] = np.where((shares > 0)[:, None], mixed, below)
    solid = alpha.ravel().copy()
    solid[places] = (2 * (own + kept) + most) // (2 * most)
    return levels.reshape(original.shape), solid.reshape(alpha.shape)


def restored_bands(original: Levels, alpha: NDArray[Any] | None, repair: Repair) -> Banded:
    """A repair over its original, made a few rows at a time; see :func:`lay_over`.

    Args:
        original: As there.
        alpha: As there.
        repair: What is laid over.

    Returns:
        RGB; RGBA where the original has an alpha.
    """
    height, width = original.shape[:2]

    def rows(part: slice) -> NDArray[Any]:
        clear = None if alpha is None else alpha[part]
        levels, solid = lay_over(original[part], clear, repair.within(part, width))
        return levels if solid is None else np.dstack([levels, solid])

    return Banded((height, width, 3 if alpha is None else 4), original.dtype, rows)


def layer_bands(shape: tuple[int, ...], repair: Repair) -> Banded:
    """A repair spread out, made a few rows at a time; see :func:`layer_of`.

    Args:
        shape: (H, W, ...) of the picture.
        repair: What is spread out.

    Returns:
        RGBA.
    """
    height, width = shape[:2]

    def rows(part: slice) -> NDArray[Any]:
        count = part.stop - part.start
        return np.dstack(layer_of((count, width), repair.within(part, width)))

    return Banded((height, width, 4), repair.values.dtype, rows)


def _mixed(
    below: NDArray[np.int64],
    values: NDArray[Any],
    kept: NDArray[np.int64],
    own: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The mean of two colours by whole weights, rounded to the nearest."""
    total = np.maximum(kept + own, 1)[:, None]
    summed = below * kept[:, None] + values.astype(np.int64) * own[:, None]
    return np.asarray((2 * summed + total) // (2 * total), np.int64)
