"""The part of a frame round somebody, cut out to be looked at closer and put back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import box_of


@dataclass(frozen=True)
class Crop:
    """A window of a frame.

    Attributes:
        rows: Of the frame.
        columns: Of the frame.
        shape: (height, width) of the frame.
    """

    rows: slice
    columns: slice
    shape: tuple[int, int]

    def of(self, frame: Frame) -> Frame:
        """The part of a frame, contiguous."""
        return np.ascontiguousarray(frame[self.rows, self.columns])

    def of_mask(self, mask: Mask) -> Mask:
        """The part of a mask, contiguous."""
        return np.ascontiguousarray(mask[self.rows, self.columns])

    def back(self, alpha: Alpha) -> Alpha:
        """Lay an alpha of any size, which is of the window, into an empty frame."""
        whole = np.zeros(self.shape, np.float32)
        high, wide = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start
        if alpha.shape != (high, wide):
            alpha = np.asarray(cv2.resize(alpha, (wide, high), interpolation=cv2.INTER_LINEAR))
        whole[self.rows, self.columns] = np.clip(alpha, 0, 1)
        return whole


def crop_round(
    box: tuple[float, float, float, float],
    shape: tuple[int, int],
    margin: float,
    slimmest: float = 0.0,
) -> Crop:
    """The window round a box, with room on each side.

    Args:
        box: Half-open (x0, y0, x1, y1), px of the frame; it has an area.
        shape: (height, width) of the frame.
        margin: Room on each side, share of the longer side of the box.
        slimmest: The shorter side is at least this share of the longer: 1 is a square. At the
            border such a window is shifted inwards, and smaller only where the frame is.
    """
    x0, y0, x1, y1 = box
    room = margin * max(x1 - x0, y1 - y0)
    x0, y0, x1, y1 = x0 - room, y0 - room, x1 + room, y1 + room
    if slimmest:
        least = slimmest * max(x1 - x0, y1 - y0)
        x0, x1 = _shifted((x0 + x1) / 2, max(least, x1 - x0), shape[1])
        y0, y1 = _shifted((y0 + y1) / 2, max(least, y1 - y0), shape[0])
    left = min(max(0, int(np.floor(x0))), shape[1] - 1)
    top = min(max(0, int(np.floor(y0))), shape[0] - 1)
    right, bottom = min(shape[1], int(np.ceil(x1))), min(shape[0], int(np.ceil(y1)))
    rows, columns = slice(top, max(top + 1, bottom)), slice(left, max(left + 1, right))
    return Crop(rows, columns, shape)


def crop_of(hint: Mask, margin: float, slimmest: float = 0.0) -> Crop | None:
    """The window round what is selected; None when nothing is."""
    if not hint.any():
        return None
    return crop_round(box_of(hint), (hint.shape[0], hint.shape[1]), margin, slimmest)


def _shifted(middle: float, length: float, limit: int) -> tuple[float, float]:
    """A stretch moved inside [0, limit), or all of that."""
    if length >= limit:
        return 0.0, float(limit)
    start = min(max(0.0, middle - length / 2), limit - length)
    return start, start + length
