"""What is to be repaired in a picture: the damage, grown and feathered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.measure.region import grow
from multiplane.restore.inpaint.blend import ramp
from multiplane.restore.inpaint.crops import Crop

BAND_PX = 2048
"""Distances are taken so many rows at a time: they take four times the memory of a mask."""


@dataclass(frozen=True)
class Damage:
    """What is repaired. Nothing of a picture changes elsewhere.

    Attributes:
        mask: (H, W) the damage as it was marked.
        hole: (H, W) the damage as it was grown: what may change.
        known: (H, W) what to learn from.
        places: (K,) where the hole's pixels lie in the flat picture, rising.
    """

    mask: Mask
    hole: Mask
    known: Mask
    places: NDArray[np.int64]

    @cached_property
    def pieces(self) -> int:
        """How many pieces the damage has; those that touch by a corner are one."""
        count, _ = cv2.connectedComponents(self.mask.view(np.uint8), connectivity=8)
        return int(count) - 1

    def numbers(self, crop: Crop) -> NDArray[np.int64]:
        """Where the pixels of a crop's hole stand in :attr:`places`, in row-major order."""
        rows, columns = np.nonzero(crop.hole)
        flat = (rows + crop.box.y0) * self.hole.shape[1] + (columns + crop.box.x0)
        return np.asarray(np.searchsorted(self.places, flat), np.int64)

    def shares(self, feather_px: int, most: int) -> NDArray[np.int64]:
        """How much of a repair stands at each pixel of the hole.

        The blend lies within what the damage was grown by: all on the damage itself, falling
        from there to the hole's outline. The border of the picture is no outline.

        Args:
            feather_px: Width of the blend; 0 for none.
            most: What stands for all of it, 255 or 65535.

        Returns:
            (K,) from 1 to ``most``.
        """
        if feather_px == 0:
            return np.full(len(self.places), most, np.int64)
        found = [np.zeros(0, np.int64)]
        for outer, inner in _bands(len(self.hole), feather_px + 1):
            hole = self.hole[outer]
            share = ramp(hole, np.zeros_like(hole), self.mask[outer], feather_px)
            taken = share[inner][hole[inner]].astype(np.float64)
            found.append(np.rint(taken * most).astype(np.int64))
        return np.concatenate(found)


def find_damage(mask: Mask, grow_px: int = 0, seen: Mask | None = None) -> Damage:
    """Grow a mask.

    Args:
        mask: (H, W) the damage as it was marked.
        grow_px: By how much.
        seen: (H, W) what the picture shows at all, damaged or not; None for everything.

    Returns:
        What is to be repaired.

    Raises:
        InputError: Nothing is left to learn from.
    """
    hole = grow(mask, grow_px) if grow_px else np.ascontiguousarray(mask)
    known = ~hole if seen is None else seen & ~hole
    if not known.any():
        grown = f", grown by {grow_px} px," if grow_px else ""
        clear = " all that is not transparent" if seen is not None else " the whole picture"
        raise InputError(
            f"the damage{grown} covers{clear}",
            why="nothing is left that it could be repaired from",
            fix="give a smaller --grow-px or a smaller mask; or the other --mask-mode",
        )
    return Damage(mask, hole, known, np.flatnonzero(hole).astype(np.int64))


def _bands(height: int, margin: int) -> Iterator[tuple[slice, slice]]:
    """Rows to look at, and which of those are the band's own."""
    for top in range(0, height, BAND_PX):
        bottom = min(height, top + BAND_PX)
        first = max(0, top - margin)
        yield (
            slice(first, min(height, bottom + margin)),
            slice(top - first, bottom - first),
        )
