"""A picture that is made a few rows at a time, so that it need not be held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BAND_BYTES = 2**22
"""About so much of a picture is made at a time."""


class Banded(NamedTuple):
    """A picture, rows of which are made when they are asked for.

    Attributes:
        shape: (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGBA.
        dtype: uint8 or uint16.
        rows: Makes those of a slice; as often as asked, always the same.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    rows: Callable[[slice], NDArray[Any]]

    @property
    def row_bytes(self) -> int:
        """How many bytes of samples a row has."""
        return int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize

    def bands(self, height: int = 0) -> Iterator[NDArray[Any]]:
        """From the top down.

        Args:
            height: How many rows each; 0 for as many as are worth while.

        Yields:
            The rows.
        """
        step = height or max(1, BAND_BYTES // max(1, self.row_bytes))
        for top in range(0, self.shape[0], step):
            yield self.rows(slice(top, min(top + step, self.shape[0])))

    def picked(self, *channels: int) -> Banded:
        """Some of its channels; a single one becomes grey.

        Args:
            channels: Which.
        """
        one = len(channels) == 1
        shape = self.shape[:2] if one else (*self.shape[:2], len(channels))
        which: Any = channels[0] if one else list(channels)
        return Banded(shape, self.dtype, lambda rows: self.rows(rows)[..., which])

    def whole(self) -> NDArray[Any]:
        """All of it."""
        return np.concatenate(list(self.bands()))


def banded(levels: NDArray[Any], alpha: NDArray[Any] | None = None) -> Banded:
    """A picture that is held anyway.

    Args:
        levels: (H, W) or (H, W, C).
        alpha: (H, W) to put behind its channels; None for none.
    """
    if alpha is None:
        return Banded(levels.shape, levels.dtype, lambda rows: levels[rows])
    channels = 1 if levels.ndim == 2 else levels.shape[2]
    shape = (*levels.shape[:2], channels + 1)
    return Banded(shape, levels.dtype, lambda rows: np.dstack([levels[rows], alpha[rows]]))
