"""From copies to a picture: pieces from different places meet without an edge.

What is copied is not the colour of a pixel but how it differs from its neighbours (gradient-domain
cloning, Pérez et al. 2003, doi:10.1145/882262.882269, for the pieces of a completion as in Image
Melding, Darabi et al. 2012, doi:10.1145/2185520.2185578). Where two pieces meet, each shows a
difference, and the stronger one counts: their mean would be a strip without texture. Colours are
also drawn towards the mean of the patches, so that a neighbour that does not fit bleeds a few
pixels far, and not through the whole hole.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.level import Floats, Indices

REACH_PX = 6.0
"""Colours even out over about this distance on either side of where two pieces meet."""
CLOSE = 2e-4
"""The solution is as near as this, relative; it is a tenth of a grey level."""
STEPS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def join(frame: Frame, hole: Mask, allowed: Mask, sources: Indices, means: Floats) -> Floats:
    """The colours that have the differences of the copies and the level of the means.

    Args:
        frame: (H, W, 3) RGB.
        hole: (H, W) what is filled.
        allowed: (H, W) where differences may be taken from.
        sources: (M,) flat places of the pixels that are copied, in the order of
            ``np.flatnonzero(hole)``.
        means: (M, 3) RGB in [0, 255], what all patches say on average.

    Returns:
        (M, 3) RGB, about [0, 255].
    """
    number = np.full(hole.size, -1, np.int32)  # as large as the crop, so no wider than needed
    places = np.flatnonzero(hole)
    number[places] = np.arange(len(places))
    pixels = frame.reshape(-1, 3)
    pull = 1.0 / REACH_PX**2
    diagonal = np.full(len(places), pull, np.float32)
    wanted = means * np.float32(pull)
    rows, columns = [], []
    for step in STEPS:
        inside, beside = _neighbours(places, hole.shape, step)
        other = np.where(inside, number[beside], -1).astype(np.int64)
        difference = _differences(pixels, allowed, sources, step)
        back = _differences(pixels, allowed, sources, (-step[0], -step[1]))
        met = other >= 0
        there = np.where(met[:, None], -back[other], 0.0)
        stronger = np.square(there).sum(axis=1) > np.square(difference).sum(axis=1)
        difference[stronger] = there[stronger]
        diagonal += inside
        wanted -= np.where(inside[:, None], difference, 0.0)
        known = inside & ~met
        wanted[known] += pixels[beside[known]]
        rows.append(np.flatnonzero(met))
        columns.append(other[met])
    return _solve(diagonal, (np.concatenate(rows), np.concatenate(columns)), wanted, means)


def _neighbours(
    places: Indices, shape: tuple[int, ...], step: tuple[int, int]
) -> tuple[Mask, Indices]:
    """Whether there is a pixel one step on, and its flat place; any place where there is none."""
    y, x = np.divmod(places, shape[1])
    y, x = y + step[0], x + step[1]
    inside = (y >= 0) & (y < shape[0]) & (x >= 0) & (x < shape[1])
    return inside, np.where(inside, y * shape[1] + x, 0)


def _differences(pixels: Frame, allowed: Mask, sources: Indices, step: tuple[int, int]) -> Floats:
    """How the pixel one step on differs from each source; 0 where it may not be used."""
    inside, beside = _neighbours(sources, allowed.shape, step)
    told = inside & allowed.ravel()[beside]
    off = pixels[beside].astype(np.float32) - pixels[sources]
    difference = np.where(told[:, None], off, 0.0)
    return np.asarray(difference, np.float32)


def _solve(
    diagonal: Floats, pairs: tuple[Indices, Indices], wanted: Floats, start: Floats
) -> Floats:
    """Solve the system whose matrix has this diagonal, and -1 for every pair of neighbours."""
    count = len(diagonal)
    links = sparse.csr_matrix((np.ones(len(pairs[0]), np.float32), pairs), shape=(count, count))
    matrix = sparse.diags(diagonal).tocsr() - links
    scale = sparse.diags(1.0 / diagonal)
    solved = np.empty_like(start)
    for channel in range(3):
        goal, guess = wanted[:, channel], start[:, channel]
        # Converges for any positive pull; the limit is a safety net, never reached.
        solved[:, channel], _ = cg(matrix, goal, guess, rtol=CLOSE, maxiter=1000, M=scale)
    return solved
