"""How far damage reaches beyond its mask: a rim of its colour would stay round every repair.

Across the outline of the mask, pixels are compared with what lies farther out, on the line of
colours that leads from the surroundings to the damage. What the picture shows goes either way on
that line and cancels out over many places; what the damage left behind does not. Our own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.restore.candidates.bands import bands

REACH_PX = 6
"""Rims are looked for this far out."""

_FAR_PX = (7, 8, 9, 10)
"""Beyond the outline's own pixel, nothing of the damage is expected here."""
_DEEP_PX = (1, 2, 3)
_AROUND_PX = 61
_LEAST = 40.0
"""Damage that differs less from what is round it, in levels of 8 bits, leaves no visible rim."""
_CLEARER = 2.5
"""Damage that does not differ from what is round it by so many times what this differs itself
cannot be told from it."""
_VISIBLE = 0.4
"""Where a smaller share of the outline is clear, the mask marks something else than a colour."""
_SHARE = 0.06
"""A rim with less of the damage's colour is not seen."""
_WHOLE = 0.5
"""What reaches beyond its mask is there just inside of it, at least this much."""
_FEWEST, _MOST = 60, 6000
_RUN_PX = 12
"""Places along an outline nearer to each other than this are one observation."""
_SIGMAS = 3 * 1.25
"""Of the error of a median, which is a quarter larger than that of a mean."""


def rim_px(levels: NDArray[Any], mask: Mask) -> int:
    """Tell how far damage reaches beyond its mask.

    Args:
        levels: (H, W, 3) uint8 or uint16.
        mask: (H, W) the damage as it was marked.

    Returns:
        By how many pixels it should be grown, up to :data:`REACH_PX`; 0 where it covers its
        damage, or where nothing can be told.
    """
    found = [np.zeros((0, 1 + REACH_PX))]
    for outer, rows, _ in bands(mask.shape, _AROUND_PX):
        if mask[outer].any():
            found.append(_shares(levels[outer], mask[outer], rows))
    shares = np.concatenate(found)
    if len(shares) < _FEWEST:
        return 0
    middle = np.median(shares, axis=0)
    spread = 1.4826 * np.median(np.abs(shares - middle), axis=0)
    doubt = _SIGMAS * spread / np.sqrt(len(shares) / _RUN_PX)
    if middle[0] < _WHOLE:
        return 0
    seen = middle > np.maximum(_SHARE, doubt)
    return int(np.argmin(np.append(seen[1:], False)))


class _Outline(NamedTuple):
    """Places just outside of a mask.

    Attributes:
        places: (N, 2) row and column.
        normals: (N, 2) of length 1, away from the mask.
        room: (N,) whether nothing of the mask lies out there.
    """

    places: NDArray[np.intp]
    normals: NDArray[np.float64]
    room: NDArray[np.bool_]

    def at(self, steps: int, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
        """The pixels so many steps outwards, to index a picture with."""
        spots = np.rint(self.places + steps * self.normals).astype(np.intp)
        return tuple(np.clip(spots[:, k], 0, shape[k] - 1) for k in range(2))


def _outline(mask: Mask, rows: slice) -> _Outline:
    outside = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, 5)
    ring = (outside > 0) & (outside < 1.3)
    ring[: rows.start] = ring[rows.stop :] = False
    places = np.argwhere(ring)
    some = np.linspace(0, len(places) - 1, min(len(places), _MOST)).astype(np.intp)
    places = places[some]
    signed = cv2.GaussianBlur(outside - inside, (0, 0), 1.5)
    y, x = places[:, 0], places[:, 1]
    down = cv2.Sobel(signed, cv2.CV_32F, 0, 1)[y, x].astype(np.float64)
    across = cv2.Sobel(signed, cv2.CV_32F, 1, 0)[y, x].astype(np.float64)
    normals = np.stack([down, across], 1) / np.maximum(np.hypot(down, across), 1e-6)[:, None]
    outline = _Outline(places, normals, np.ones(len(places), np.bool_))
    free = [outside[outline.at(steps, mask.shape)] > steps - 1 for steps in _FAR_PX]
    return outline._replace(room=np.logical_and.reduce(free))


def _shares(levels: NDArray[Any], mask: Mask, rows: slice) -> NDArray[np.float64]:
    """(N, 1 + REACH_PX) how much of the damage's colour is at each place.

    First just inside of the mask, then at each distance outside of it.
    """
    outline = _outline(mask, rows)
    step = np.iinfo(levels.dtype).max / 255

    def colours(steps: int) -> NDArray[np.float64]:
        return np.asarray(levels[outline.at(steps, mask.shape)] / step)

    beyond = np.mean([colours(steps) for steps in _FAR_PX], axis=0)
    deep = np.stack([colours(-steps) for steps in _DEEP_PX])
    damaged = np.stack([mask[outline.at(-steps, mask.shape)] for steps in _DEEP_PX])
    away = np.where(damaged, np.linalg.norm(deep - beyond, axis=2), -1)
    damage = np.take_along_axis(deep, away.argmax(0)[None, :, None], 0)[0]
    # Not from what lies right there: a pixel and its neighbours are alike without any damage.
    around = _around(levels, mask)[outline.places[:, 0], outline.places[:, 1]] / step
    line = damage - around
    length = np.square(line).sum(1)
    usual = np.linalg.norm(colours(_FAR_PX[0]) - around, axis=1)[outline.room]
    if not len(usual):
        return np.zeros((0, 1 + REACH_PX))
    least = max(_LEAST, _CLEARER * float(np.median(usual)))
    clear = outline.room & damaged.any(0) & (length > least**2)
    if np.count_nonzero(clear) < _VISIBLE * len(usual):
        return np.zeros((0, 1 + REACH_PX))
    shares = [((colours(steps) - beyond) * line).sum(1)[clear] for steps in range(-1, REACH_PX)]
    return np.asarray(np.stack(shares, 1) / length[clear, None])


def _around(levels: NDArray[Any], mask: Mask) -> NDArray[np.float32]:
    """(H, W, 3) mean of what is not damaged around each pixel."""
    size = (_AROUND_PX, _AROUND_PX)
    kept = np.where(mask[..., None], 0, levels).astype(np.float32)
    weight = cv2.boxFilter((~mask).astype(np.float32), -1, size)
    return np.asarray(cv2.boxFilter(kept, -1, size) / np.maximum(weight, 1e-3)[..., None])
