"""Which YUV a video means, and the way to RGB and back without drift.

swscale's fast path from YUV to RGB darkens, by about a level a pass. With full chroma
interpolation and accurate rounding it does not, so that is what is used, by way of RGB planes:
swscale has vector code for those, and none straight to interleaved RGB; the same pixels.
``python benchmarks/video_passthrough.py`` holds both against each other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.planes import alpha_of, cut, plane_of, put_alpha

_log = logging.getLogger(__name__)

_TO_RGB = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
_FROM_RGB = Interpolation.AREA | Interpolation.FULL_CHR_H_INP | Interpolation.ACCURATE_RND
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""ITU-T H.273 matrix coefficients → swscale's."""
_GREY_IN = frozenset({"gray", "yuv420p", "yuv422p", "yuv444p"})
"""Formats that grey arrays are put into without a detour by RGB."""
_BAND = 800_000
"""Pixels converted at once: they stay in the processor's cache, and in memory that is there already
(half the time of a large frame goes into asking the system for more)."""
MARGIN = 8
"""Pixels round a part of a frame that feed its chroma; with them it comes out as in the whole."""
_UNSPECIFIED = 2
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}


@dataclass(frozen=True)
class Colour:
    """How a stream codes colour, in the code points of ITU-T H.273; 2 means nobody said.

    Attributes:
        matrix: Matrix coefficients; 1 is BT.709, 5 and 6 BT.601, 9 BT.2020.
        primaries: Colour primaries.
        transfer: Transfer characteristics.
        full_range: True for 0 to 255, False for 16 to 235.
    """

    matrix: int = _UNSPECIFIED
    primaries: int = _UNSPECIFIED
    transfer: int = _UNSPECIFIED
    full_range: bool = False

    @property
    def hdr(self) -> str | None:
        """``PQ`` or ``HLG`` for high dynamic range, None otherwise."""
        return _HDR_TRANSFERS.get(self.transfer)


def colour_of(frame: av.VideoFrame) -> Colour:
    """Read how a decoded frame codes colour; an unnamed matrix is the one players assume.

    Args:
        frame: The first frame of a stream.

    Returns:
        Its colour: without a tag BT.709 from 1280 x 720 on and BT.601 below.
    """
    matrix = int(frame.colorspace)
    if matrix not in _MATRICES:
        matrix = 1 if frame.width >= 1280 or frame.height >= 720 else 6
    full = int(frame.color_range) == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    return Colour(matrix, int(frame.color_primaries), int(frame.color_trc), full)


def colour_for(size: tuple[int, int]) -> Colour:
    """The colour a new video of a size gets: BT.709 when HD, BT.601 (525 lines) below."""
    matrix = 1 if size[0] >= 1280 or size[1] >= 720 else 6
    return Colour(matrix, matrix, matrix, full_range=False)


class ToRgb:
    """Turns decoded frames of one stream into RGB arrays; not for several threads at once."""

    def __init__(self, colour: Colour, size: tuple[int, int]) -> None:
        self._colour = colour
        self._size = size
        self._reformatter = VideoReformatter()
        self._told = False

    def __call__(self, frame: av.VideoFrame) -> Frame:
        """Convert one frame.

        Args:
            frame: As decoded; of another size than the stream's it is scaled to it, and said.

        Returns:
            uint8 (H, W, 3), H and W the stream's before rotation.
        """
        width, height = self._size
        if (frame.width, frame.height) != self._size and not self._told:
            self._told = True
            _log.warning(
                "the video turns from %dx%d to %dx%d; frames are scaled to the first size",
                width, height, frame.width, frame.height,
            )  # fmt: skip
        band_rows = max(_BAND // width, 4 * MARGIN) & ~1
        if (frame.width, frame.height) != self._size or height <= band_rows + MARGIN:
            return self._convert(frame, width, height)
        result = np.empty((height, width, 3), np.uint8)
        for top in range(0, height, _BAND):
            first, last = max(top - MARGIN, 0), min(top + _BAND + MARGIN, height)
            rows = self._convert(
                cut(frame, (slice(first, last), slice(0, width))), width, last - first
            )
            result[top : top + _BAND] = rows[top - first : top - first + _BAND]
        return result

    def _convert(self, frame: av.VideoFrame, width: int, height: int) -> Frame:
        coded = frame.format.name.startswith("yuv") or frame.format.name.startswith("nv")
        rgb = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="gbrp",
            src_colorspace=_MATRICES[self._colour.matrix] if coded else None,
            src_color_range=_range(self._colour) if coded else None,
            dst_color_range=ColorRange.JPEG,
            interpolation=_TO_RGB,
            threads=1,
        )
        green, blue, red = (plane_of(rgb, index) for index in range(3))
        return np.asarray(cv2.merge([red, green, blue]), dtype=np.uint8)


class FromRgb:
    """Turns RGB, RGBA and grey arrays into frames for an encoder; not for several threads at once.

    Alpha is stored beside colour that is straight, not premultiplied.
    """

    def __init__(self, colour: Colour, pixel_format: str) -> None:
        self._colour = colour
        self._format = pixel_format
        self._reformatter = VideoReformatter()
        levels = np.arange(256.0) if colour.full_range else 16 + np.arange(256) * 219 / 255
        self._luma = np.rint(levels).astype(np.uint8)

    def __call__(self, frame: NDArray[np.uint8]) -> av.VideoFrame:
        """Convert one frame.

        Args:
            frame: uint8 (H, W, 3) RGB, (H, W, 4) straight RGBA where the format has alpha, or
                (H, W) grey.

        Returns:
            A frame of the encoder's pixel format with its own memory and colour tags.
        """
        if frame.ndim == 2:
            return self._from_grey(frame)
        source_format = "rgba" if frame.shape[2] == 4 else "rgb24"
        source = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(frame), format=source_format)
        if not self._format.startswith("yuv"):
            if self._format == source_format:
                return av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), source_format)
            return self._reformatter.reformat(source, format=self._format, threads=1)
        result = self._reformatter.reformat(
            source,
            format=self._format,
            dst_colorspace=_MATRICES[self._colour.matrix],
            src_color_range=ColorRange.JPEG,
            dst_color_range=_range(self._colour),
            interpolation=_FROM_RGB,
            threads=1,
        )
        if source_format == "rgba":  # swscale's own is a level off here and there
            put_alpha(result, frame[..., 3])
        self._tag(result)
        return result

    def _from_grey(self, frame: NDArray[np.uint8]) -> av.VideoFrame:
        if self._format not in _GREY_IN:
            return self(np.asarray(cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB), np.uint8))
        height, width = frame.shape
        result = av.VideoFrame(width, height, self._format)
        if self._format == "gray":
            plane_of(result, 0)[:] = frame
            result.color_range = ColorRange.JPEG
            return result
        cv2.LUT(frame, self._luma, dst=plane_of(result, 0))
        for index in (1, 2):
            plane_of(result, index)[:] = 128
        result.color_range = _range(self._colour)
        self._tag(result)
        return result

    def _tag(self, frame: av.VideoFrame) -> None:
        frame.colorspace = self._colour.matrix
        frame.color_primaries = self._colour.primaries
        frame.color_trc = self._colour.transfer


class ToRgba:
    """Turns decoded frames with alpha into RGBA arrays; not for several threads at once."""

    def __init__(self, colour: Colour) -> None:
        self._colour = colour
        self._reformatter = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """Convert one frame.

        Args:
            frame: As decoded, in a format with alpha.

        Returns:
            uint8 (H, W, 4), colour straight.
        """
        coded = frame.format.name.startswith("yuv")
        rgba = self._reformatter.reformat(
            frame,
            format="gbrap",
            src_colorspace=_MATRICES[self._colour.matrix] if coded else None,
            src_color_range=_range(self._colour) if coded else None,
            dst_color_range=ColorRange.JPEG,
            interpolation=_TO_RGB,
            threads=1,
        )
        green, blue, red, alpha = (plane_of(rgba, index) for index in range(4))
        if coded:
            alpha = alpha_of(frame)
        return np.asarray(cv2.merge([red, green, blue, alpha]), dtype=np.uint8)


def _range(colour: Colour) -> int:
    return int(ColorRange.JPEG if colour.full_range else ColorRange.MPEG)
