"""One level of the pyramid: the picture, its hole, where patches may come from, how they compare.

Patches are 7 x 7. They are not compared pixel by pixel but by the low frequencies of their
windowed cosine transform (15 of the lightness, 3 of each colour), by how busy the neighbourhood is
and, a little, by where they are. Sources of colours that are not found round the hole are charged
for it, so that a rock that stands nearby is not copied into a meadow. That makes 26 numbers instead
of 147, found for a whole picture with separable filters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

Floats: TypeAlias = NDArray[np.float32]
Indices: TypeAlias = NDArray[np.int64]

RADIUS = 3
"""Patches reach this many pixels from their centre."""
SIZE = 2 * RADIUS + 1
CHANNELS = 6
"""L, a, b, how busy the neighbourhood is across x and across y, and how foreign to the hole."""
LOOKS = slice(0, 5)
"""The channels by which patches are compared."""
FOREIGN = 12.0
"""A patch wholly foreign to the hole is handicapped like one that differs this much in Lab."""


def _bases() -> list[Floats]:
    """The orthonormal cosines of seven samples, lowest frequency first, under a soft window."""
    places = np.arange(SIZE)
    window = np.exp(-0.5 * ((places - RADIUS) / 2.6) ** 2)
    window *= math.sqrt(SIZE / float((window**2).sum()))
    bases = []
    for frequency in range(SIZE):
        wave = np.cos(math.pi * (2 * places + 1) * frequency / (2 * SIZE))
        wave *= math.sqrt((1.0 if frequency == 0 else 2.0) / SIZE)
        bases.append((wave * window).astype(np.float32))
    return bases


BASES = _bases()
LIGHT_WAVES = [(u, v) for u, v in product(range(SIZE), repeat=2) if u + v <= 4]
COLOUR_WAVES = [(0, 0), (0, 1), (1, 0)]


@dataclass
class Level:
    """What the search needs at one resolution. Everything is padded by :data:`RADIUS`.

    Attributes:
        picture: (H, W, 6) see :data:`CHANNELS`; inside the hole the current guess.
        hole: (H, W) what to invent.
        sources: (H, W) centres of patches that lie whole in allowed, known pixels.
        locality: How much a patch from the other end of the picture is handicapped: as much as
            one that differs everywhere by this distance in Lab.
        targets: (N,) flat places of patches that touch the hole.
        described: (H*W, 26) descriptors of source patches.
    """

    picture: Floats
    hole: Mask
    sources: Mask
    locality: float
    targets: Indices = field(init=False)
    described: Floats = field(init=False)
    _rows: slice = field(init=False)
    _columns: slice = field(init=False)

    def __post_init__(self) -> None:
        """Find the targets and describe the sources."""
        inside = np.zeros_like(self.hole)
        inside[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
        near = cv2.dilate(self.hole.view(np.uint8), np.ones((SIZE, SIZE), np.uint8)) > 0
        self.targets = np.flatnonzero(near & inside)
        self.sources = self.sources & inside
        ys, xs = np.divmod(self.targets, self.width)
        self._rows = slice(int(ys.min()) - RADIUS, int(ys.max()) + RADIUS + 1)
        self._columns = slice(int(xs.min()) - RADIUS, int(xs.max()) + RADIUS + 1)
        self.described = self._describe(slice(0, self.height), slice(0, self.width))

    @property
    def height(self) -> int:
        """Rows of the padded picture."""
        return int(self.picture.shape[0])

    @property
    def width(self) -> int:
        """Columns of the padded picture."""
        return int(self.picture.shape[1])

    @property
    def handicap(self) -> float:
        """Root of what one pixel of distance costs, see :attr:`locality`."""
        return self.locality * SIZE / max(self.height, self.width)

    def describe_targets(self) -> Floats:
        """(N, 26) descriptors of the patches that touch the hole, as they look now."""
        found = self._describe(self._rows, self._columns)
        ys, xs = np.divmod(self.targets, self.width)
        columns = self._columns.stop - self._columns.start
        places = (ys - self._rows.start) * columns + (xs - self._columns.start)
        described = np.asarray(found[places], np.float32)
        described[:, -1] = 0.0  # what stands in the hole is not foreign to it
        return described

    def mirror_border(self) -> None:
        """Bring the padding in line with what it mirrors, after the hole has changed."""
        inner = self.picture[RADIUS:-RADIUS, RADIUS:-RADIUS]
        self.picture = pad(inner)

    def _describe(self, rows: slice, columns: slice) -> Floats:
        part = np.ascontiguousarray(self.picture[rows, columns])
        height, width = part.shape[:2]
        parts = []
        for channel, waves in enumerate((LIGHT_WAVES, COLOUR_WAVES, COLOUR_WAVES)):
            plane = np.ascontiguousarray(part[..., channel])
            parts += [cv2.sepFilter2D(plane, cv2.CV_32F, BASES[u], BASES[v]) for u, v in waves]
        parts += [part[..., channel] * SIZE for channel in (3, 4)]
        ys, xs = np.mgrid[rows, columns].astype(np.float32) * np.float32(self.handicap)
        parts += [xs, ys, part[..., 5] * np.float32(FOREIGN * SIZE)]
        stacked: Floats = np.stack(parts, axis=-1)
        return stacked.reshape(height * width, -1)


def pad(picture: Floats) -> Floats:
    """Surround a picture by its mirror image, :data:`RADIUS` wide."""
    edges = (RADIUS, RADIUS, RADIUS, RADIUS)
    return np.asarray(cv2.copyMakeBorder(picture, *edges, cv2.BORDER_REFLECT_101), np.float32)


def pad_mask(mask: Mask, *, value: bool) -> Mask:
    """Surround a mask by a constant, :data:`RADIUS` wide."""
    return np.pad(mask, RADIUS, constant_values=value)
