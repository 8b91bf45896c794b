"""Which YUV a video means, and the way to RGB and back without drift.

swscale's fast path from YUV to RGB darkens, by about a level a pass. With full chroma
interpolation and accurate rounding it does not, so that is what is used, by way of RGB planes:
swscale has vector code for those, and none straight to interleaved RGB; the same pixels.
``python benchmarks/video_passthrough.py`` holds both against each other.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from multiplane.core.arrays import Frame

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


def plane_of(frame: av.VideoFrame, index: int) -> NDArray[Any]:
    """One plane of a frame as an array that shares its memory.

    Args:
        frame: In a format whose planes hold one component each.
        index: Which plane.

    Returns:
        (h, w), uint8, or uint16 where the component has more than 8 bits.
    """
    plane = frame.planes[index]
    kind = np.uint8 if frame.format.components[index].bits == 8 else np.uint16
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]


def put_alpha(frame: av.VideoFrame, alpha: NDArray[np.uint8]) -> None:
    """Store alpha in a frame's alpha plane, at the plane's own depth.

    Args:
        frame: Planar, with alpha as its fourth component.
        alpha: uint8 (H, W).
    """
    most = (1 << frame.format.components[3].bits) - 1
    plane = plane_of(frame, 3)
    if most == 255:
        plane[:] = alpha
        return
    plane[:] = np.rint(np.arange(256) * most / 255).astype(np.uint16)[alpha]


def alpha_of(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """A frame's alpha plane in 8 bits, rounded to the nearest.

    Args:
        frame: Planar, with alpha as its fourth component.

    Returns:
        uint8 (H, W).
    """
    most = (1 << frame.format.components[3].bits) - 1
    plane = plane_of(frame, 3)
    if most == 255:
        return np.asarray(plane, np.uint8)
    levels = np.rint(np.arange(most + 1) * (255 / most)).astype(np.uint8)
    return np.asarray(levels[np.minimum(plane, most)], np.uint8)


def _range(colour: Colour) -> int:
    return int(ColorRange.JPEG if colour.full_range else ColorRange.MPEG)
