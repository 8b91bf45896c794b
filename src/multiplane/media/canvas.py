"""Frames of one colour with pictures in some windows: nothing else is converted or touched.

A frame of a green screen, or of people cut out, is the same everywhere but where the people are.
Its planes are kept from frame to frame, only what was painted is wiped off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from multiplane.media.colour import Colour, FromRgb
from multiplane.media.planes import Window, can_put, put, samples_of

Ground = tuple[int, ...]
"""A colour: (R, G, B), (R, G, B, A) with alpha, or (grey,)."""
Painted = Sequence[tuple[Window, NDArray[np.uint8]]]
"""Windows with what is in them: uint8 (h, w, 3), (h, w, 4) or (h, w) as the frame is."""


@dataclass
class _Sheet:
    frame: av.VideoFrame
    ground: Ground
    used: list[Window] = field(default_factory=list)


class Canvas:
    """Makes such frames for an encoder, in a few frames that are used in turn."""

    def __init__(
        self, colour: Colour, pixel_format: str, size: tuple[int, int], sheets: int
    ) -> None:
        """Remember what to make.

        Args:
            colour: How the file codes colour.
            pixel_format: How the encoder stores pixels.
            size: (W, H) px.
            sheets: How many frames are kept; one more than may wait. One that the encoder still
                holds is copied before it is painted again.
        """
        self._from_rgb = FromRgb(colour, pixel_format)
        self._format, self._size, self._most = pixel_format, size, sheets
        self._sheets: list[_Sheet] = []

    def paint(self, ground: Ground, windows: Painted) -> av.VideoFrame:
        """Make one frame.

        Args:
            ground: The colour everywhere else.
            windows: Where something is, and what; where two lie over each other the later is seen.
                Sides are even, or at the border.

        Returns:
            A frame for the encoder, in turn one of a few.
        """
        if not can_put(self._format):
            return self._whole(ground, windows)
        width, height = self._size
        clean = self._from_rgb(_flat(ground, 16, 16))
        if len(self._sheets) < self._most:
            sheet = _Sheet(av.VideoFrame(width, height, self._format), ())
        else:
            sheet = self._sheets.pop(0)
            sheet.frame.make_writable()
        self._sheets.append(sheet)
        if sheet.ground != ground:
            sheet.used = [(slice(0, height), slice(0, width))]
        for window in sheet.used:
            _wipe(sheet.frame, window, clean)
        for window, picture in windows:
            put(sheet.frame, window, self._from_rgb(picture))
        sheet.ground, sheet.used = ground, [window for window, _ in windows]
        sheet.frame.colorspace, sheet.frame.color_range = clean.colorspace, clean.color_range
        sheet.frame.color_primaries, sheet.frame.color_trc = clean.color_primaries, clean.color_trc
        return sheet.frame

    def _whole(self, ground: Ground, windows: Painted) -> av.VideoFrame:
        whole = _flat(ground, *self._size)
        for window, picture in windows:
            whole[window] = picture
        return self._from_rgb(whole)


def _flat(ground: Ground, width: int, height: int) -> NDArray[np.uint8]:
    shape = (height, width) if len(ground) == 1 else (height, width, len(ground))
    flat = np.empty(shape, np.uint8)
    flat[:] = ground[0] if len(ground) == 1 else ground
    return flat


def _wipe(frame: av.VideoFrame, window: Window, clean: av.VideoFrame) -> None:
    rows, columns = window
    for index in range(len(frame.planes)):
        plane: NDArray[Any] = samples_of(frame, index)
        down, across = -(-frame.height // plane.shape[0]), -(-frame.width // plane.shape[1])
        bottom, right = -(-rows.stop // down), -(-columns.stop // across)
        plane[rows.start // down : bottom, columns.start // across : right] = samples_of(
            clean, index
        )[0, 0]
