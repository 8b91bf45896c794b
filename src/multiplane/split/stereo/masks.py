"""Masks of people, held small: the bits within their box, so that a whole chunk of them fits."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PackedMask:
    """A mask as the bits within its box: an eighth of a byte a pixel, and nothing outside.

    Attributes:
        shape: (H, W) of the mask.
        box: Half-open (x0, y0, x1, y1) px round what is selected; zeros when nothing is.
        bits: uint8, the box row by row, eight pixels a byte.
        area_px: How many pixels are selected.
    """

    shape: tuple[int, int]
    box: Box
    bits: NDArray[np.uint8]
    area_px: int

    @classmethod
    def of(cls, mask: Mask) -> PackedMask:
        """Pack a mask, bool (H, W)."""
        box = box_of(mask)
        part = mask[box[1] : box[3], box[0] : box[2]]
        bits = np.packbits(part.ravel())
        return cls((int(mask.shape[0]), int(mask.shape[1])), box, bits, int(np.count_nonzero(part)))

    def crop(self) -> Mask:
        """What is in the box, bool (y1 - y0, x1 - x0)."""
        x0, y0, x1, y1 = self.box
        count = (x1 - x0) * (y1 - y0)
        found = np.unpackbits(self.bits, count=count).astype(np.bool_)
        return found.reshape(y1 - y0, x1 - x0)

    def unpack(self) -> Mask:
        """The whole mask, bool (H, W)."""
        mask = np.zeros(self.shape, np.bool_)
        x0, y0, x1, y1 = self.box
        mask[y0:y1, x0:x1] = self.crop()
        return mask

    def __eq__(self, other: object) -> bool:
        """Whether it is the same mask."""
        if not isinstance(other, PackedMask):
            return NotImplemented
        same = self.shape == other.shape and self.box == other.box
        return same and np.array_equal(self.bits, other.bits)

    def __hash__(self) -> int:
        """By where it lies and how much it holds."""
        return hash((self.shape, self.box, self.area_px))


@dataclass(frozen=True)
class Person:
    """Somebody in one eye of one frame.

    Attributes:
        id: The same for the same person through the clip, in both eyes, from 1.
        mask: Where, at working size.
        score: How sure whoever found them is, in [0, 1].
    """

    id: int
    mask: PackedMask
    score: float


People = dict[int, Person]
"""Everybody in one eye of one frame, by id."""
EyeTrack = list[People]
"""One eye through the frames of a chunk."""


def together(people: People, shape: tuple[int, int]) -> Mask:
    """Where anybody is, bool (H, W)."""
    mask = np.zeros(shape, np.bool_)
    for person in people.values():
        x0, y0, x1, y1 = person.mask.box
        mask[y0:y1, x0:x1] |= person.mask.crop()
    return mask


def scaled_box(box: Box, size: tuple[int, int], to: tuple[int, int]) -> list[float]:
    """A box of pictures of one size in px of another, to a hundredth.

    Args:
        box: Half-open px.
        size: (width, height) of the pictures it is in.
        to: (width, height) wanted.
    """
    along = to[0] / size[0], to[1] / size[1]
    return [round(value * along[at % 2], 2) for at, value in enumerate(box)]


def enlarged(mask: Mask, size: tuple[int, int]) -> NDArray[np.float32]:
    """A mask at another size with a soft edge, float32 (height, width) in [0, 1].

    Args:
        mask: bool (H, W).
        size: (width, height) wanted.
    """
    grey = mask.astype(np.uint8) * np.uint8(255)
    how = cv2.INTER_AREA if size[0] < mask.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.float32) / np.float32(255)
