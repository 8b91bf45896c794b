"""PNG files written strip by strip, so that pictures larger than the memory can be written.

The same bytes of pixels as :func:`multiplane.media.png.encode_png` gives: each row minus the row
above it, deflated by ISA-L. See W3C PNG (Third Edition), https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from multiplane.core.atomic import write_beside
from multiplane.core.errors import InputError
from multiplane.media.banded import Banded
from multiplane.media.encode import NO_TAGS, Tags, add_png_tags
from multiplane.media.png import COLOUR_TYPES, SIGNATURE, chunk

MOST_PX = 2**31 - 1
"""The longest side that the header of a PNG can hold."""
_LEVEL = 2
_UP = 2
_DEFLATE, _WINDOW_BITS = 8, 15
_LARGE_BYTES = 2**28
_large = threading.Lock()
"""Of larger pictures one at a time is packed."""


def write_png(file: BinaryIO, picture: Banded, tags: Tags = NO_TAGS) -> None:
    """Write a PNG to the same bytes as :func:`multiplane.media.encode.encode` makes.

    One long stretch packs better than many pieces, so its samples are held once; not the picture
    beside them, nor the file.

    Args:
        file: Where to, from its start.
        picture: uint8 or uint16, 1 to 4 channels.
        tags: What the file shall say beside its pixels.
    """
    height, width = picture.shape[:2]
    colour = COLOUR_TYPES[picture.shape[2] if len(picture.shape) == 3 else 1]
    header = struct.pack(">IIBBBBB", width, height, 8 * picture.dtype.itemsize, colour, 0, 0, 0)
    line = picture.row_bytes + 1
    with _large if height * line > _LARGE_BYTES else contextlib.nullcontext():
        lines = np.empty((height, line), np.uint8)
        above, top = np.zeros(line - 1, np.uint8), 0
        for part in picture.bands():
            above = _subtract(part, above, lines[top : top + len(part)])
            top += len(part)
        packed = isal_zlib.compress(lines, _LEVEL)
        del lines
        file.write(add_png_tags(SIGNATURE + chunk(b"IHDR", header), tags))
        file.write(struct.pack(">I", len(packed)) + b"IDAT")
        file.write(packed)
        file.write(struct.pack(">I", isal_zlib.crc32(packed, isal_zlib.crc32(b"IDAT"))))
        file.write(chunk(b"IEND", b""))


def _subtract(
    part: NDArray[Any], above: NDArray[np.uint8], lines: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Write rows minus those above them into lines, and return the last as it is."""
    rows = np.ascontiguousarray(part).astype(part.dtype.newbyteorder(">"), copy=False)
    rows = rows.reshape(len(part), -1).view(np.uint8)
    lines[:, 0] = _UP
    np.subtract(rows[0], above, out=lines[0, 1:])
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    return np.array(rows[-1])


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
        lines = np.empty((len(strip), 3 * width + 1), np.uint8)
        above = _subtract(strip, above, lines)
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
