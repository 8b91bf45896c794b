"""Where is asked: points all over a picture, and over parts of it looked at closer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

EDGE_PX = 20
"""A mask whose box ends this near an edge of its crop is cut off there, unless the picture ends
there too."""


@dataclass(frozen=True)
class Crop:
    """A part of a picture.

    Attributes:
        box: Half-open (x0, y0, x1, y1), px of the picture.
        layer: 0 is the whole picture; layer n has 4^n parts.
    """

    box: tuple[int, int, int, int]
    layer: int

    @property
    def size(self) -> tuple[int, int]:
        """(width, height), px."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]

    @property
    def area_px(self) -> int:
        """How many pixels it has."""
        return self.size[0] * self.size[1]


def crops_of(size: tuple[int, int], layers: int, overlap_ratio: float) -> list[Crop]:
    """The whole picture and its parts, layer by layer.

    Parts of a layer overlap by ``overlap_ratio`` of the short side in the first layer, by half of
    that in the second, and so on. Parts that a picture is too small for are left out.

    Args:
        size: (width, height), px.
        layers: How many beside the whole picture.
        overlap_ratio: Share of the short side.

    Returns:
        Crops, the whole picture first; within a layer column by column.
    """
    width, height = size
    crops = [Crop((0, 0, width, height), 0)]
    for layer in range(1, layers + 1):
        count = 2**layer
        overlap = int(overlap_ratio * min(size) * (2 / count))
        wide, high = (math.ceil((overlap * (count - 1) + side) / count) for side in size)
        steps = range(count)
        for x0, y0 in product([(wide - overlap) * i for i in steps],
                              [(high - overlap) * i for i in steps]):  # fmt: skip
            box = (x0, y0, min(x0 + wide, width), min(y0 + high, height))
            if box[2] > box[0] and box[3] > box[1]:
                crops.append(Crop(box, layer))
    return crops


def points_of(crop: Crop, per_side: int, downscale: int) -> NDArray[np.float32]:
    """The grid of a crop: the middles of as many rows and columns.

    Args:
        crop: The part of the picture.
        per_side: Points along a side of the whole picture.
        downscale: Layer n has ``downscale^n`` times fewer, one at least.

    Returns:
        (n², 2) (x, y) in px of the crop; x runs fastest.
    """
    count = max(1, int(per_side / downscale**crop.layer))
    half = 1 / (2 * count)
    along = np.linspace(half, 1 - half, count)
    x, y = np.meshgrid(along, along)
    grid = np.stack([x, y], axis=-1).reshape(-1, 2)
    return np.asarray(grid * np.array(crop.size), dtype=np.float32)


def cut_off(boxes: NDArray[np.int64], crop: Crop, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Which masks end at an edge of the crop that is none of the picture.

    Args:
        boxes: (N, 4) (x0, y0, x1, y1) px of the crop, the last row and column included.
        crop: Where they were found.
        size: (width, height) of the picture, px.

    Returns:
        (N,) True where it does.
    """
    x0, y0 = crop.box[:2]
    placed = boxes + np.array([x0, y0, x0, y0])
    near_crop = np.abs(placed - np.array(crop.box)) <= EDGE_PX
    near_picture = np.abs(placed - np.array([0, 0, *size])) <= EDGE_PX
    return np.asarray((near_crop & ~near_picture).any(axis=1))
