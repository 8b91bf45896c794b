"""A restoration at eight bits, made only where it is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.pixels import to_eight
from multiplane.restore.candidates.composite import Levels, Repair, lay_over


class Shown:
    """A picture, with a repair over it or without."""

    def __init__(
        self, levels: Levels, alpha: NDArray[Any] | None = None, repair: Repair | None = None
    ) -> None:
        """Hold them.

        Args:
            levels: (H, W, 3) uint8 or uint16; never changed.
            alpha: (H, W) of the same kind; None for a picture that is opaque.
            repair: What is laid over it; None to see the picture as it is.
        """
        self._levels, self._alpha, self._repair = levels, alpha, repair

    def __getitem__(self, part: tuple[slice, slice]) -> Frame:
        """What stands in a box of it; steps are 1."""
        levels = self._levels[part]
        if self._repair is None:
            return to_eight(levels)
        height, width = self._levels.shape[:2]
        top, low, _ = part[0].indices(height)
        left, right, _ = part[1].indices(width)
        places, values, shares = self._repair.within(slice(top, max(top, low)), width)
        down, across = np.divmod(places, width)
        mine = (across >= left) & (across < right)
        here = down[mine] * (right - left) + across[mine] - left
        alpha = None if self._alpha is None else self._alpha[part]
        return to_eight(lay_over(levels, alpha, Repair(here, values[mine], shares[mine]))[0])
