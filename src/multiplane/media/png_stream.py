"""PNG files written strip by strip, so that pictures larger than the memory can be written.

The same bytes of pixels as :func:`multiplane.media.png.encode_png` gives: each row minus the row
above it, deflated by ISA-L. See W3C PNG (Third Edition), https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.media.encode import NO_TAGS, Tags, add_png_tags
from multiplane.media.png import SIGNATURE, chunk

MOST_PX = 2**31 - 1
"""The longest side that the header of a PNG can hold."""
_LEVEL = 2
_UP = 2
_DEFLATE, _WINDOW_BITS = 8, 15


def write_png_strips(
    path: Path, size: tuple[int, int], strips: Iterable[NDArray[np.uint8]], tags: Tags = NO_TAGS
) -> int:
    """Write an RGB PNG of strips that are made while it is written.

    Args:
        path: Where to; .png.
        size: (W, H) of the whole picture in pixels.
        strips: uint8 (h, W, 3) each, from the top down, H rows together; each is let go of
            before the next is asked for.
        tags: What the file shall say beside its pixels.

    Returns:
        How many bytes the file has.

    Raises:
        InputError: The strips do not fill that size, or a PNG cannot be that large.
        OutputError: The place cannot be written, or the disk is full.
    """
    width, height = size
    if not (0 < width <= MOST_PX and 0 < height <= MOST_PX):
        raise InputError(
            f"the picture is {width}x{height}, wanted sides from 1 to {MOST_PX}",
            why="a PNG cannot be larger",
            fix="make it of fewer or smaller pictures",
        )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    written = 0
    with write_beside(path) as part, part.open("wb") as file:
        written += file.write(add_png_tags(SIGNATURE + chunk(b"IHDR", header), tags))
        for packed in _pack(strips, width, height):
            written += file.write(chunk(b"IDAT", packed))
        written += file.write(chunk(b"IEND", b""))
    return written


def _pack(strips: Iterable[NDArray[np.uint8]], width: int, height: int) -> Iterator[bytes]:
    """The rows as one deflated stream, in pieces.

    Raises:
        InputError: The strips do not fill the picture.
    """
    stream = isal_zlib.compressobj(_LEVEL, _DEFLATE, _WINDOW_BITS)
    above = np.zeros(3 * width, np.uint8)
    rows_done = 0
    for strip in strips:
        rows_done += len(strip)
        _check(strip, width, height, rows_done)
        rows = strip.reshape(len(strip), -1)
        lines = np.empty((len(rows), 3 * width + 1), np.uint8)
        lines[:, 0] = _UP
        np.subtract(rows[0], above, out=lines[0, 1:])
        np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
        above = rows[-1].copy()
        packed = stream.compress(lines)
        if packed:
            yield packed
    if rows_done != height:
        short = _unfilled(f"{rows_done} rows", height)
        raise short
    yield stream.flush()


def _check(strip: NDArray[np.uint8], width: int, height: int, rows_done: int) -> None:
    """Refuse a strip that does not belong into the picture.

    Raises:
        InputError: Another width or dtype, empty, or more rows than the picture has.
    """
    if strip.dtype != np.uint8 or strip.shape[1:] != (width, 3) or not len(strip):
        raise InputError(
            f"a strip is {strip.dtype} {strip.shape}, wanted uint8 (h, {width}, 3)",
            why="strips lie one below the other",
            fix=f"cut the strips from one picture of {width} pixels across",
        )
    if rows_done > height:
        long = _unfilled(f"at least {rows_done} rows", height)
        raise long


def _unfilled(got: str, height: int) -> InputError:
    return InputError(
        f"the strips have {got}, wanted {height}",
        why="the header has said how high the picture is",
        fix=f"hand in strips with {height} rows together",
    )
