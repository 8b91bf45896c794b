"""The planes of a frame as FFmpeg keeps them: seen as arrays, cut out, put in.

A window of a frame is cut and put plane by plane, without a look at what the samples mean. Its
sides lie on even pixels (or at the frame's border), so that it holds whole samples of chroma.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError

Window: TypeAlias = tuple[slice, slice]
"""Rows and columns of a rectangle, with start and stop, both even or at the frame's border."""
_PACKED = frozenset({"bgra", "rgba", "bgr0", "rgb0"})
"""Formats of one plane with four bytes a pixel."""


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
    else:
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


def cut(frame: av.VideoFrame, window: Window) -> av.VideoFrame:
    """A window of a frame as a frame of its own, which shares its memory and its colour tags.

    Done by FFmpeg's crop filter: it alone keeps where the samples of chroma lie.

    Args:
        frame: Of any format.
        window: Which part.

    Returns:
        The part; hold the frame no longer than needed, it is kept as long.
    """
    rows, columns = window
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=Fraction(1, 1000),
    )
    wide, high = columns.stop - columns.start, rows.stop - rows.start
    crop = graph.add("crop", f"{wide}:{high}:{columns.start}:{rows.start}:exact=1")
    sink = graph.add("buffersink")
    source.link_to(crop)
    crop.link_to(sink)
    graph.configure()
    graph.push(frame)
    part = graph.pull()
    assert isinstance(part, av.VideoFrame)
    return part


def check_window(window: Window, size: tuple[int, int]) -> tuple[int, int]:
    """The size of a window, which has to lie within a frame on whole samples of chroma.

    Args:
        window: Rows and columns.
        size: (W, H) of the frame.

    Returns:
        (w, h) px.

    Raises:
        InputError: It does not.
    """
    for side, most in zip(window, size[::-1], strict=True):
        start, stop = side.start, side.stop
        whole = start % 2 == 0 and (stop % 2 == 0 or stop == most)
        if not 0 <= start < stop <= most or not whole or side.step not in {None, 1}:
            raise InputError(
                f"a window is {start}:{stop} of {most} px",
                why="windows have even sides or end at the border, where chroma does",
                fix="round it out to even pixels, and keep it within the frame",
            )
    rows, columns = window
    return columns.stop - columns.start, rows.stop - rows.start


def can_put(pixel_format: str) -> bool:
    """Whether windows of a format can be put: each component in a plane, or all in one."""
    shape = av.VideoFormat(pixel_format)
    if pixel_format in _PACKED or len(shape.components) == 1:
        return shape.components[0].bits % 8 == 0
    return shape.is_planar and not pixel_format.startswith(("nv", "p0"))


def put(frame: av.VideoFrame, window: Window, part: av.VideoFrame) -> None:
    """Lay a frame over a window of a larger one.

    Args:
        frame: The larger one, of a format that :func:`can_put` takes; changed.
        window: Where.
        part: Of the window's size and the same format.
    """
    for index in range(len(frame.planes)):
        source = samples_of(part, index)
        _part(frame, samples_of(frame, index), window, source.shape)[:] = source


def samples_of(frame: av.VideoFrame, index: int) -> NDArray[Any]:
    """One plane with one element a pixel, whatever that holds, sharing its memory.

    Args:
        frame: In a format that :func:`can_put` takes.
        index: Which plane.

    Returns:
        (h, w) of uint8, uint16 or uint32.
    """
    plane = frame.planes[index]
    if (len(frame.planes) == 1 and len(frame.format.components) > 1) or frame.format.name[
        -1
    ] == "0":
        kind: type[np.unsignedinteger[Any]] = np.uint32
    else:
        kind = np.uint8 if frame.format.components[index].bits == 8 else np.uint16
    return np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width]


def _part(
    frame: av.VideoFrame, plane: NDArray[Any], window: Window, shape: tuple[int, ...]
) -> NDArray[Any]:
    """Where a window lies in a plane whose samples may be coarser than pixels."""
    rows, columns = window
    down, across = -(-frame.height // plane.shape[0]), -(-frame.width // plane.shape[1])
    top, left = rows.start // down, columns.start // across
    return plane[top : top + shape[0], left : left + shape[1]]
