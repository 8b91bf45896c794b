"""Frames as they are coded, turned into RGB only where somebody looks."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import av
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.media.colour import MARGIN, Colour, ToRgb
from multiplane.media.planes import Window, cut


class Converter:
    """Turns frames of one stream, or windows of them, into RGB; for any number of threads."""

    def __init__(self, colour: Colour, size: tuple[int, int], rotation: int) -> None:
        """Take what is the same for all frames.

        Args:
            colour: How the stream codes colour.
            size: (W, H) of the stream's frames, before rotation.
            rotation: Degrees counter-clockwise that turn them upright.
        """
        self.colour, self.size, self.rotation = colour, size, rotation
        self._own = threading.local()

    @property
    def upright(self) -> tuple[int, int]:
        """(W, H) of what is handed out."""
        return self.size[::-1] if self.rotation % 180 else self.size

    def __call__(self, frame: av.VideoFrame, window: Window | None = None) -> Frame:
        """Convert.

        Args:
            frame: As decoded.
            window: Rows and columns wanted, of the upright frame; None for all.

        Returns:
            uint8 (h, w, 3), upright; a window's pixels are those of the whole frame.
        """
        if window is None or self.rotation or (frame.width, frame.height) != self.size:
            whole = self._to_rgb(frame, self.size)
            if self.rotation:
                whole = np.ascontiguousarray(np.rot90(whole, self.rotation // 90))
            return whole if window is None else np.ascontiguousarray(whole[window])
        rows, columns = (
            _grown(side, most) for side, most in zip(window, self.size[::-1], strict=True)
        )
        part = cut(frame, (rows, columns))
        rgb = self._to_rgb(part, (part.width, part.height))
        top, left = window[0].start - rows.start, window[1].start - columns.start
        high, wide = window[0].stop - window[0].start, window[1].stop - window[1].start
        return np.ascontiguousarray(rgb[top : top + high, left : left + wide])

    def _to_rgb(self, frame: av.VideoFrame, size: tuple[int, int]) -> Frame:
        mine: dict[tuple[int, int], ToRgb] = self._own.__dict__.setdefault("by_size", {})
        if size not in mine:
            if len(mine) > 1:  # sizes of windows come and go; the whole frame's stays
                mine.pop(next(key for key in mine if key != self.size))
            mine[size] = ToRgb(self.colour, size)
        return mine[size](frame)


@dataclass(frozen=True)
class CodedFrame:
    """One frame of a clip, as decoded.

    Attributes:
        index: Its number in the clip, from 0.
        time_s: ``pts`` in seconds, on the clip's own clock.
        pts: Its own timestamp in units of the clip's ``time_base``.
        coded: What the decoder gave.
        convert: Turns it into RGB.
    """

    index: int
    time_s: float
    pts: int
    coded: av.VideoFrame
    convert: Converter

    def rgb(self, window: Window | None = None) -> Frame:
        """Its pixels, or those of a window; converted anew at each call.

        Args:
            window: Rows and columns with start and stop within the frame, as
                ``frame[window]`` takes them; None for the whole frame.

        Returns:
            uint8 (h, w, 3), upright: the same pixels as in ``Clip.frames``.
        """
        return self.convert(self.coded, window)


def _grown(side: slice, most: int) -> slice:
    start = max(side.start - MARGIN, 0) & ~1
    return slice(start, min(side.stop + MARGIN + 1 & ~1, most))
