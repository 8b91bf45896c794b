"""The first guess, at the coarsest level: the hole is filled from its border inwards."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.restore.inpaint.backends.patchmatch.level import (
    FOREIGN,
    LOOKS,
    RADIUS,
    SIZE,
    Floats,
    Indices,
    Level,
)

MOST_SOURCES = 6000
"""More source patches than this are thinned out evenly: this search looks at all of them."""
CHUNK = 512


def peel(level: Level) -> Indices:
    """Fill the hole layer by layer with the patch that fits what is known so far best.

    All source patches are compared with the known pixels of each border patch, exactly. The
    picture of the level is changed in place.

    Args:
        level: The coarsest level; what its picture holds inside the hole is not looked at.

    Returns:
        (N,) flat places of the matched sources of the level's targets.
    """
    offsets = _offsets(level.width)
    centres = np.flatnonzero(level.sources.ravel())
    centres = centres[:: -(-len(centres) // MOST_SOURCES)]
    flat = level.picture.reshape(-1, level.picture.shape[2])
    patches = flat[centres[:, None] + offsets][..., LOOKS].reshape(len(centres), -1)
    handicaps = _Handicap(level, centres)
    known = ~level.hole
    matches = np.full(level.height * level.width, centres[len(centres) // 2], np.int64)
    pending = np.zeros(level.height * level.width, np.bool_)
    pending[level.targets] = True
    while pending.any():
        layer = np.flatnonzero(pending & _touches(known, level.hole))
        if not len(layer):
            layer = np.flatnonzero(pending)
        for start in range(0, len(layer), CHUNK):
            part = layer[start : start + CHUNK]
            matches[part] = centres[_fit(flat, known, part[:, None] + offsets, patches, handicaps)]
        _settle(level, flat, known, layer, matches[layer])
        pending[layer] = False
    level.mirror_border()
    return matches[level.targets]


class _Handicap:
    """What a source is charged for being far away or foreign."""

    def __init__(self, level: Level, centres: Indices) -> None:
        self._width = level.width
        self._scale = level.handicap**2
        self._y, self._x = np.divmod(centres, level.width)
        foreign = level.picture[..., 5].ravel()[centres]
        self._foreign = np.square(foreign * FOREIGN * SIZE)

    def __call__(self, targets: Indices) -> Floats:
        y, x = np.divmod(targets, self._width)
        squares = (y[:, None] - self._y) ** 2 + (x[:, None] - self._x) ** 2
        return np.asarray(squares * self._scale + self._foreign, np.float32)


def _fit(
    flat: Floats, known: Mask, places: NDArray[np.int64], patches: Floats, handicap: _Handicap
) -> Indices:
    """The source whose known pixels differ least; |t - s|² spelt out so that it is one product."""
    seen = known.ravel()[places].astype(np.float32)
    weights = np.repeat(seen, LOOKS.stop, axis=1)
    values = flat[places][..., LOOKS].reshape(len(places), -1) * weights
    distances = weights @ (patches**2).T - 2.0 * values @ patches.T
    share = seen.sum(axis=1, keepdims=True) / seen.shape[1]
    distances += handicap(places[:, places.shape[1] // 2]) * share
    return np.asarray(distances.argmin(axis=1), np.int64)


def _touches(known: Mask, hole: Mask) -> Mask:
    """Patches with at least a third of their pixels known, or whose centre is known."""
    share = cv2.boxFilter(known.astype(np.float32), cv2.CV_32F, (SIZE, SIZE))
    return np.asarray((share.ravel() > 0.34) | ~hole.ravel())


def _settle(level: Level, flat: Floats, known: Mask, layer: Indices, matches: Indices) -> None:
    """Give unknown centres of a layer the centre of their match; they count as known now."""
    open_ = level.hole.ravel()[layer] & ~known.ravel()[layer]
    flat[layer[open_]] = flat[matches[open_]]
    known.ravel()[layer[open_]] = True


def _offsets(width: int) -> Indices:
    reach = range(-RADIUS, RADIUS + 1)
    return np.array([dy * width + dx for dy, dx in product(reach, reach)], np.int64)
