"""A mask that somebody may want, held in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of

Box = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class PackedMask:
    """A mask as bits of the box that it fills; an eighth of a byte a pixel of that.

    Attributes:
        size: (width, height) of the picture, px.
        box: Half-open (x0, y0, x1, y1), the tightest.
        bits: Of the box, row by row, as :func:`numpy.packbits` gives them.
    """

    size: tuple[int, int]
    box: Box
    bits: NDArray[np.uint8]

    @classmethod
    def of(cls, mask: Mask) -> PackedMask:
        """Pack a mask of the whole picture."""
        x0, y0, x1, y1 = box_of(mask)
        return cls(
            (mask.shape[1], mask.shape[0]), (x0, y0, x1, y1), np.packbits(mask[y0:y1, x0:x1])
        )

    def inside(self) -> Mask:
        """The mask within its box."""
        x0, y0, x1, y1 = self.box
        count = (x1 - x0) * (y1 - y0)
        return np.unpackbits(self.bits, count=count).view(np.bool_).reshape(y1 - y0, x1 - x0)

    def unpack(self) -> Mask:
        """The mask of the whole picture, bool (H, W)."""
        x0, y0, x1, y1 = self.box
        mask = np.zeros(self.size[::-1], np.bool_)
        mask[y0:y1, x0:x1] = self.inside()
        return mask


@dataclass(frozen=True, eq=False)
class Proposal:
    """A mask that the network proposes for a point.

    Attributes:
        packed: The mask.
        area_px: How many pixels it has.
        predicted_iou: How well the network believes it to fit.
        stability_score: How little its area depends on the threshold, in [0, 1].
        point: (x, y) that was asked about, px of the picture.
        crop_box: Half-open (x0, y0, x1, y1): the part of the picture that was looked at.
    """

    packed: PackedMask
    area_px: int
    predicted_iou: float
    stability_score: float
    point: tuple[float, float]
    crop_box: Box

    @property
    def mask(self) -> Mask:
        """Bool (H, W), unpacked anew each time."""
        return self.packed.unpack()

    @property
    def box(self) -> Box:
        """Half-open (x0, y0, x1, y1) px; of no area when the mask is empty."""
        return self.packed.box

    def with_mask(self, mask: Mask) -> Proposal:
        """The same with another mask."""
        return replace(self, packed=PackedMask.of(mask), area_px=int(np.count_nonzero(mask)))

    def to_upstream(self) -> dict[str, Any]:
        """A record as SAM's own generator writes it, for programs that read those.

        Boxes are (x, y, width, height) there, and those of masks are counted from the first to the
        last pixel: one less than there are.
        """
        x0, y0, x1, y1 = self.box
        left, top, right, bottom = self.crop_box
        return {
            "segmentation": self.mask,
            "area": self.area_px,
            "bbox": [float(v) for v in (x0, y0, max(0, x1 - x0 - 1), max(0, y1 - y0 - 1))],
            "predicted_iou": self.predicted_iou,
            "point_coords": [list(self.point)],
            "stability_score": self.stability_score,
            "crop_box": [float(v) for v in (left, top, right - left, bottom - top)],
        }


def to_upstream(proposals: Sequence[Proposal]) -> list[dict[str, Any]]:
    """Records as SAM's own generator writes them; in the order given."""
    return [proposal.to_upstream() for proposal in proposals]
