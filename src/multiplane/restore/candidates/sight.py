"""Large crops as floats, made only where they are looked at: as a whole they take 12 bytes a px."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

Floats: TypeAlias = NDArray[np.float32]
Part: TypeAlias = slice | tuple[slice, slice]
"""Rows, or rows and columns; starts and stops as numpy takes them, steps of 1."""


class Sight(Protocol):
    """(h, w, 3) RGB in [0, 255]; an array of floats is one, too."""

    def __getitem__(self, part: Part, /) -> Floats:
        """What stands in a part of it."""


class Deep:
    """Levels of a picture as floats in [0, 255]."""

    def __init__(self, levels: NDArray[Any]) -> None:
        """Hold the levels.

        Args:
            levels: (h, w, 3) uint8 or uint16; never changed.
        """
        self._levels = levels
        self._step = np.float32(int(np.iinfo(levels.dtype).max) // 255)

    def __getitem__(self, part: Part) -> Floats:
        """What stands in a part of it."""
        floats = self._levels[part].astype(np.float32)
        floats /= self._step
        return floats


class Painting:
    """What was painted in some places; 0 elsewhere."""

    def __init__(self, where: Mask, values: Floats) -> None:
        """Hold what was painted.

        Args:
            where: (h, w) the places.
            values: (K, 3) what stands there, in row-major order.
        """
        self._where, self._values = where, values
        self._starts = np.zeros(len(where) + 1, np.int64)
        np.cumsum(np.count_nonzero(where, axis=1), out=self._starts[1:])

    def __getitem__(self, part: Part) -> Floats:
        """What stands in a part of it."""
        rows, columns = part if isinstance(part, tuple) else (part, slice(None))
        first, last, _ = rows.indices(len(self._where))
        left = columns.indices(self._where.shape[1])[0]
        mine = self._where[rows, columns]
        counts = np.count_nonzero(mine, axis=1)
        before = np.count_nonzero(self._where[rows, :left], axis=1)
        floats = np.zeros((*mine.shape, 3), np.float32)
        places = np.arange(counts.sum(), dtype=np.int64)
        places += np.repeat(self._starts[first:last] + before - np.cumsum(counts) + counts, counts)
        floats[mine] = self._values[places]
        return floats
