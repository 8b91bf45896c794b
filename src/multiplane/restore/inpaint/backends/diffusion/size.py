"""The size at which a crop is painted: its own shape, scaled alike in both directions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_ENLARGED = 16.0
"""Crops are enlarged no more than this; what is smaller still is painted at a smaller size."""
NEARLY = 1.1
"""A crop whose sides lack less than this factor is painted at its own size: made larger, it would
only lose sharpness."""


@dataclass(frozen=True)
class Axis:
    """One direction of a crop, and how its pixels become those that are painted.

    Attributes:
        crop: Length of the crop, px.
        scaled: What it is scaled to, px.
        painted: That filled up to whole steps; behind the end the picture goes on reflected.
    """

    crop: int
    scaled: int
    painted: int

    @property
    def shrinks(self) -> bool:
        """Whether a painted pixel stands for more than one of the crop."""
        return self.scaled < self.crop

    def shown(self, start: int, stop: int) -> NDArray[np.intp]:
        """Which scaled pixel each painted one from ``start`` up to ``stop`` shows.

        Args:
            start: The first painted pixel.
            stop: The one behind the last.

        Returns:
            (stop - start,) from 0 to ``scaled - 1``.
        """
        places = np.arange(start, stop, dtype=np.intp)
        if self.scaled == 1:
            return np.zeros_like(places)
        period = 2 * (self.scaled - 1)
        places %= period
        return np.minimum(places, period - places)

    def reach(self, start: int, stop: int) -> tuple[int, int]:
        """Which pixels of the crop have a share in painted ones.

        Args:
            start: The first painted pixel.
            stop: The one behind the last.

        Returns:
            The first, and the one behind the last.
        """
        shown = self.shown(start, stop)
        first, last = int(shown.min()), int(shown.max())
        return first * self.crop // self.scaled, -(-(last + 1) * self.crop // self.scaled)


@dataclass(frozen=True)
class Size:
    """The size at which a crop is painted.

    Attributes:
        down: From top to bottom.
        across: From left to right.
    """

    down: Axis
    across: Axis

    @property
    def crop(self) -> tuple[int, int]:
        """Height and width of the crop."""
        return self.down.crop, self.across.crop

    @property
    def scaled(self) -> tuple[int, int]:
        """Height and width that it is scaled to."""
        return self.down.scaled, self.across.scaled

    @property
    def painted(self) -> tuple[int, int]:
        """Height and width of what is painted, whole steps both."""
        return self.down.painted, self.across.painted


def find_size(crop: tuple[int, int], size_px: int, max_shrink: float, step_px: int) -> Size:
    """Choose the size at which a crop is painted.

    Its area becomes that of a square of ``size_px``, as far as it need not be shrunk or enlarged
    too much; long crops are not enlarged beyond twice ``size_px``.

    Args:
        crop: Height and width.
        size_px: Side of the square.
        max_shrink: How much a crop may be shrunk at most.
        step_px: What sides of what is painted are multiples of.

    Returns:
        The size; scaled alike in both directions up to the rounding to whole pixels.
    """
    scale = size_px / math.sqrt(crop[0] * crop[1])
    if scale < 1:
        scale = max(scale, 1 / max_shrink)
    else:
        scale = min(scale, MOST_ENLARGED, max(1.0, 2 * size_px / max(crop)))
        scale = 1.0 if scale < NEARLY else scale
    down, across = (_axis(side, scale, step_px) for side in crop)
    return Size(down, across)


def _axis(side: int, scale: float, step_px: int) -> Axis:
    scaled = max(1, round(side * scale))
    return Axis(side, scaled, -(-scaled // step_px) * step_px)
