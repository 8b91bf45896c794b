"""Frames that are known but in some windows: nothing else is converted or touched.

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

from multiplane.media.coded import CodedFrame
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
        self._colour = colour
        self._sheets: list[_Sheet] = []
        self._clean: dict[Ground, av.VideoFrame] = {}

    def paint(self, ground: Ground | CodedFrame, windows: Painted) -> av.VideoFrame:
        """Make one frame.

        Args:
            ground: The colour everywhere else; or a frame of the source, whose samples are taken
                over as they are where the encoder's pixel format and colour are its own.
            windows: Where something is, and what; where two lie over each other the later is seen.
                Sides are even, or at the border.

        Returns:
            A frame for the encoder, in turn one of a few.
        """
        if not can_put(self._format):
            return self._whole(ground, windows)
        if isinstance(ground, CodedFrame) and not self._same_kind(ground):
            return self._whole(ground, windows)
        sheet = self._next_sheet()
        if isinstance(ground, CodedFrame):
            for index in range(len(sheet.frame.planes)):
                samples_of(sheet.frame, index)[:] = samples_of(ground.coded, index)
            sheet.ground = ()
        else:
            self._wipe(sheet, ground)
        for window, picture in windows:
            put(sheet.frame, window, self._from_rgb(picture))
        sheet.used = [window for window, _ in windows]
        return sheet.frame

    def _same_kind(self, ground: CodedFrame) -> bool:
        """Whether a frame of the source can be taken over sample by sample."""
        coded, convert = ground.coded, ground.convert
        name = coded.format.name.replace("yuvj", "yuv")  # the same samples; its range is known
        same_colour = convert.colour == self._colour or not name.startswith("yuv")
        same_size = (coded.width, coded.height) == self._size
        return name == self._format and same_size and same_colour and not convert.rotation

    def _next_sheet(self) -> _Sheet:
        if len(self._sheets) < self._most:
            sheet = _Sheet(av.VideoFrame(*self._size, self._format), ())
        else:
            sheet = self._sheets.pop(0)
        # The encoder counts references from now on: it need not copy, and we only what it holds.
        sheet.frame.make_writable()
        self._sheets.append(sheet)
        clean, frame = self._flat((0, 0, 0)), sheet.frame
        frame.colorspace, frame.color_range = clean.colorspace, clean.color_range
        frame.color_primaries, frame.color_trc = clean.color_primaries, clean.color_trc
        return sheet

    def _wipe(self, sheet: _Sheet, ground: Ground) -> None:
        """Make a sheet one colour again."""
        if sheet.ground != ground:
            width, height = self._size
            sheet.ground, sheet.used = ground, [(slice(0, height), slice(0, width))]
        clean = self._flat(ground)
        for rows, columns in sheet.used:
            for index in range(len(sheet.frame.planes)):
                plane: NDArray[Any] = samples_of(sheet.frame, index)
                down = -(-sheet.frame.height // plane.shape[0])
                across = -(-sheet.frame.width // plane.shape[1])
                bottom, right = -(-rows.stop // down), -(-columns.stop // across)
                part = plane[rows.start // down : bottom, columns.start // across : right]
                part[:] = samples_of(clean, index)[0, 0]

    def _flat(self, ground: Ground) -> av.VideoFrame:
        if ground not in self._clean:
            self._clean[ground] = self._from_rgb(_flat(ground, 16, 16))
        return self._clean[ground]

    def _whole(self, ground: Ground | CodedFrame, windows: Painted) -> av.VideoFrame:
        whole = ground.rgb() if isinstance(ground, CodedFrame) else _flat(ground, *self._size)
        for window, picture in windows:
            whole[window] = picture
        return self._from_rgb(whole)


def _flat(ground: Ground, width: int, height: int) -> NDArray[np.uint8]:
    shape = (height, width) if len(ground) == 1 else (height, width, len(ground))
    flat = np.empty(shape, np.uint8)
    flat[:] = ground[0] if len(ground) == 1 else ground
    return flat
