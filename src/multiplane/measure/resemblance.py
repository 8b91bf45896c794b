"""How much parts of a repair look like parts of the picture round it, judged by a network."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.surround import Look, Samples

PATCH_PX = 64
MOST_PATCHES = 6
"""Of each piece, and of its surroundings."""
CANDIDATES = 3
"""So many passes of the network a patch."""


class Likeness(Protocol):
    """What judges: :class:`multiplane.measure.perceptual.Lpips`, which needs PyTorch."""

    def distance(self, first: Frame, second: Frame, mask: Mask | None = None) -> float:
        """How different two pictures of 64 px and more look, where the mask says."""


def likeness_of(
    result: Look, original: Look, hole: Mask, sampled: tuple[Samples, Samples], judge: Likeness
) -> float | None:
    """Compare patches of a fill with the most similar patches that have nothing of the hole.

    Candidates are those whose texture is nearest. The same is done for patches of the
    surroundings: what they differ from each other is not held against the fill.

    Args:
        result: (H, W, 3) the repaired picture.
        original: (H, W, 3) the picture before.
        hole: (H, W) all that was repaired.
        sampled: Samples of the fill of one piece and of the band round it.
        judge: Says how different two patches look.

    Returns:
        From 0; None when no two patches fit into the surroundings.
    """
    if min(hole.shape) < PATCH_PX:
        return None
    filled, band = sampled
    whole = [not hole[_patch(place, hole.shape)].any() for place in band.place]
    known = Samples(band.texture[whole], band.place[whole])
    natural, taken = [], []
    for index in _spread(len(known.place)):
        place = known.place[index]
        apart = np.abs(known.place - place).max(axis=1) >= PATCH_PX
        others = Samples(known.texture[apart], known.place[apart])
        if len(others.place):
            own = original[_patch(place, hole.shape)]
            alike = _alike(others, known.texture[index])
            natural.append(_least(own, None, alike, (original, hole.shape), judge))
    if not natural:
        return None
    for index in _spread(len(filled.place)):
        patch = _patch(filled.place[index], hole.shape)
        alike = _alike(known, filled.texture[index])
        ground = (original, hole.shape)
        taken.append(_least(result[patch], hole[patch], alike, ground, judge))
    return max(0.0, float(np.mean(taken)) - float(np.mean(natural)))


def _patch(place: NDArray[np.float32], shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The square round a place, moved into the picture."""
    x = min(max(0, int(place[0]) - PATCH_PX // 2), shape[1] - PATCH_PX)
    y = min(max(0, int(place[1]) - PATCH_PX // 2), shape[0] - PATCH_PX)
    return np.s_[y : y + PATCH_PX, x : x + PATCH_PX]


def _spread(count: int) -> list[int]:
    """Some of so many, evenly spread."""
    most = min(count, MOST_PATCHES)
    return [int((k + 0.5) * count / most) for k in range(most)]


def _alike(known: Samples, texture: NDArray[np.float32]) -> NDArray[np.float32]:
    """The places of those whose texture is nearest."""
    away = np.square(known.texture - texture).sum(axis=1)
    return known.place[np.argsort(away, kind="stable")[:CANDIDATES]]


def _least(
    patch: Frame,
    mask: Mask | None,
    places: NDArray[np.float32],
    ground: tuple[Look, tuple[int, ...]],
    judge: Likeness,
) -> float:
    """The distance to the nearest of the patches at some places of a picture of some shape."""
    original, shape = ground
    others = (original[_patch(place, shape)] for place in places)
    return min(judge.distance(patch, other, mask) for other in others)
