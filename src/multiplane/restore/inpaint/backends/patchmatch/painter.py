"""The backend: checks what there is to learn from, bounds the work, completes."""

from __future__ import annotations

import math

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.restore.inpaint.backend import Filled
from multiplane.restore.inpaint.backends.opencv import diffuse
from multiplane.restore.inpaint.backends.patchmatch.complete import Completion, complete, render
from multiplane.restore.inpaint.backends.patchmatch.level import SIZE, Floats
from multiplane.restore.inpaint.config import PatchMatchOptions

_BAND_PX = 2**22


class PatchMatchInpainter:
    """Copies of the surroundings, arranged so that they fit; never a blur.

    PatchMatch (Barnes et al. 2009, doi:10.1145/1531326.1531330) within the coarse-to-fine
    completion of :mod:`.complete`. Crops over ``max_megapixels`` are searched at a smaller size,
    and the pixels copied at full size all the same.
    """

    def __init__(
        self, options: PatchMatchOptions, seed: int = 0, compute: Compute | None = None
    ) -> None:
        self._options = options
        self._seed = seed

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """See :class:`multiplane.restore.inpaint.backend.Inpainter`."""
        if not hole.any():
            return Filled(frame.copy(), "patchmatch")
        scale = self._scale(hole.size)
        while scale > 1 and not _has_patch(_all_of(sources & ~hole, scale)):
            scale //= 2
        if not _has_patch(sources & ~hole):
            return Filled(diffuse(frame, hole, sources), "opencv")
        if scale == 1:
            allowed = sources & ~hole
            found = complete(frame, hole, allowed, self._options.rounds, self._seed)
            return Filled(render(frame, hole, allowed, found), "patchmatch")
        return Filled(self._fill_large(frame, hole, sources & ~hole, scale), "patchmatch")

    def _scale(self, pixels: int) -> int:
        excess = pixels / (self._options.max_megapixels * 1e6)
        return 1 if excess <= 1 else 2 ** math.ceil(math.log2(excess) / 2)

    def _fill_large(self, frame: Frame, hole: Mask, allowed: Mask, scale: int) -> Frame:
        """Search small, copy large: each small pixel stands for a block of large ones."""
        height, width = hole.shape
        bottom, right = -height % scale, -width % scale
        big = cv2.copyMakeBorder(frame, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
        size = (big.shape[1] // scale, big.shape[0] // scale)
        small = np.asarray(cv2.resize(big, size, interpolation=cv2.INTER_AREA), np.uint8)
        del big
        small_hole = np.asarray(_blocks(hole, scale).any(axis=(1, 3)))
        small_allowed = _all_of(allowed, scale)
        found = complete(small, small_hole, small_allowed, self._options.rounds, self._seed)
        jump = np.zeros(small_hole.shape, np.int64)
        places = np.flatnonzero(small_hole)
        y, x = np.divmod(found.sources, size[0])
        place_y, place_x = np.divmod(places, size[0])
        jump.ravel()[places] = ((y - place_y) * width + (x - place_x)) * scale
        flat = np.flatnonzero(hole)
        y, x = np.divmod(flat, width)
        sources = flat + jump[y // scale, x // scale]
        means = np.zeros((*small_hole.shape, 3), np.float32)
        means[small_hole] = found.means
        means[~small_hole] = small[~small_hole]
        return render(frame, hole, allowed, Completion(sources, _enlarged(means, scale, hole)))


def _enlarged(means: Floats, scale: int, hole: Mask) -> Floats:
    """Bilinear between the means, (M, 3) at the hole's pixels, a few rows at a time."""
    step, size = max(1, _BAND_PX // (means.shape[1] * scale**2)), means.shape[1] * scale
    found = []
    for top in range(0, len(means), step):
        first, last = max(0, top - 1), min(len(means), top + step + 1)
        rows = (size, (last - first) * scale)
        large = cv2.resize(means[first:last], rows, interpolation=cv2.INTER_LINEAR)
        mine = hole[top * scale : (top + step) * scale]
        inner = large[(top - first) * scale :][: len(mine), : hole.shape[1]]
        found.append(np.asarray(inner[mine], np.float32))
    return np.concatenate(found)


def _has_patch(allowed: Mask) -> bool:
    if min(allowed.shape) < SIZE:
        return False
    closed = np.pad(allowed, 1).view(np.uint8)
    return bool(cv2.erode(closed, np.ones((SIZE, SIZE), np.uint8)).any())


def _all_of(mask: Mask, scale: int) -> Mask:
    """Blocks of ``scale`` x ``scale`` that the mask covers whole.

    A block that reaches out of the picture is not covered: what is copied from it would lie
    outside, or in the next row.
    """
    return np.asarray(_blocks(mask, scale).all(axis=(1, 3)))


def _blocks(mask: Mask, scale: int) -> Mask:
    """(rows, scale, columns, scale) the mask in blocks; it counts as False beyond its border."""
    height, width = mask.shape
    padded = np.pad(mask, ((0, -height % scale), (0, -width % scale)))
    return padded.reshape(padded.shape[0] // scale, scale, padded.shape[1] // scale, scale)
