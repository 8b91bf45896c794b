"""Small pictures of a damaged picture and its restorations: whole, and where the damage is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.errors import MultiplaneError
from multiplane.engine.report.pictures import OUTLINE, data_uri
from multiplane.media.images import read_frame, read_mask

WIDTH_PX = 420
DETAIL_PX = 320
"""Side of the part that is shown as it is, pixel by pixel."""
LOOK_PX = 512
"""Damage is looked for in a picture no larger than this."""
QUALITY = 88

Row: TypeAlias = "tuple[str, Sequence[tuple[str, str]]]"
"""What the pictures show, and (caption, data URI) of each."""
_Picture: TypeAlias = NDArray[np.uint8]


@dataclass
class Views:
    """Draws the rows of one picture; each file is read once, one at a time.

    Attributes:
        images: The original; one file, or none.
        damage: Its mask; likewise.
    """

    images: Sequence[Path]
    damage: Sequence[Path]
    _whole: list[tuple[str, str]] = field(default_factory=list)
    _detail: list[tuple[str, str]] = field(default_factory=list)

    def rows(self, restorations: Sequence[tuple[str, Path]]) -> list[Row]:
        """Original, damage and the best restoration whole; then all of them where damage is.

        Args:
            restorations: (caption, file), the best first.

        Returns:
            One row or two; what cannot be read is left out, and without damage the second row is.
            A picture that is no larger than the part is shown once.
        """
        original, mask = _read(self.images), _read_mask(self.damage)
        box = where_most_is(mask) if mask is not None and mask.any() else None
        if original is not None:
            self._add("original", original, box, whole=True)
            if mask is not None and mask.shape == original.shape[:2]:
                original[mask] = OUTLINE
                self._add("damage", original, box, whole=True)
        for number, (caption, path) in enumerate(restorations):
            picture = _read([path])
            if picture is not None:
                self._add(caption, picture, box, whole=number == 0)
        rows: list[Row] = []
        if original is not None and box == (0, 0, *original.shape[1::-1]):
            return [("the whole picture, with all restorations", self._detail)]
        if self._whole:
            rows.append(("the whole picture, with the best restoration", self._whole))
        if self._detail:
            rows.append(("a part with much damage, in its own size", self._detail))
        return rows

    def _add(
        self, caption: str, picture: _Picture, box: tuple[int, int, int, int] | None, whole: bool
    ) -> None:
        if whole:
            self._whole.append((caption, data_uri(_small(picture), QUALITY)))
        if box is not None:
            x0, y0, x1, y1 = box
            part = picture[y0:y1, x0:x1]
            if part.size:  # a damaged file may be smaller than it was
                self._detail.append((caption, data_uri(part, QUALITY)))


def where_most_is(mask: Mask, side_px: int = DETAIL_PX) -> tuple[int, int, int, int]:
    """The part of a mask in which most of it lies.

    Args:
        mask: (H, W) with something in it.
        side_px: Side of the part; less where the mask is smaller.

    Returns:
        Half-open (x0, y0, x1, y1), within the mask.
    """
    height, width = mask.shape
    scale = max(1.0, max(height, width) / LOOK_PX)
    small = cv2.resize(
        mask.astype(np.float32),
        (max(1, round(width / scale)), max(1, round(height / scale))),
        interpolation=cv2.INTER_AREA,
    )
    window = (max(1, round(side_px / scale / 2)),) * 2
    amount = cv2.boxFilter(small, -1, window, borderType=cv2.BORDER_CONSTANT)
    # twice, so that what is nearer to the middle of the part counts for more
    amount = cv2.boxFilter(amount, -1, window, borderType=cv2.BORDER_CONSTANT)
    y, x = np.unravel_index(int(np.argmax(amount)), amount.shape)
    wide, high = min(side_px, width), min(side_px, height)
    x0 = int(np.clip(round((x + 0.5) * width / small.shape[1]) - wide // 2, 0, width - wide))
    y0 = int(np.clip(round((y + 0.5) * height / small.shape[0]) - high // 2, 0, height - high))
    return x0, y0, x0 + wide, y0 + high


def _small(picture: _Picture) -> _Picture:
    height, width = picture.shape[:2]
    if width <= WIDTH_PX:
        return picture
    size = (WIDTH_PX, max(1, round(height * WIDTH_PX / width)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _read(files: Sequence[Path]) -> _Picture | None:
    try:
        return read_frame(files[0]) if files else None
    except (MultiplaneError, OSError):
        return None


def _read_mask(files: Sequence[Path]) -> Mask | None:
    try:
        return read_mask(files[0]) if files else None
    except (MultiplaneError, OSError):
        return None
