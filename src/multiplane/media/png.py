"""PNG files as we write them, and their fast way back.

Each row is stored minus the row above it (filter type 2), deflated by Intel's ISA-L. That takes
a fraction of the time of zlib in OpenCV or Pillow at the same size, ``python benchmarks/png.py``,
and a run writes and reads thousands of them. Files of others are for Pillow to read.

The format: W3C PNG (Third Edition), https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BROKEN = cast("type[Exception]", isal_zlib.error)  # its stub calls the class an instance
_LEVEL = 2  # of 0 to 3: the smallest files that cost no more than those of level 1
_UP = 2
_HEADER_BYTES = 13
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels → colour type."""
_CHANNELS = {colour: channels for channels, colour in COLOUR_TYPES.items()}
_HARMLESS = {b"IHDR", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"cHRM", b"iCCP", b"pHYs", b"sBIT",
             b"bKGD", b"tIME"}  # fmt: skip
"""Chunks that leave the pixels as they are and cannot hold an orientation."""
_PIXELS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS"}
"""Chunks without which the pixels would be others."""


def encode_png(array: NDArray[Any]) -> bytes:
    """Encode a PNG.

    Args:
        array: uint8 or uint16, (H, W), (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4) RGBA.

    Returns:
        The bytes of the file.
    """
    height, width = array.shape[:2]
    channels = array.shape[2] if array.ndim == 3 else 1
    rows = np.ascontiguousarray(array).astype(array.dtype.newbyteorder(">"), copy=False)
    rows = rows.reshape(height, -1).view(np.uint8)
    lines = np.empty((height, rows.shape[1] + 1), np.uint8)
    lines[:, 0] = _UP
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    header = struct.pack(
        ">IIBBBBB", width, height, 8 * array.dtype.itemsize, COLOUR_TYPES[channels], 0, 0, 0
    )
    pixels = isal_zlib.compress(lines, _LEVEL)
    return SIGNATURE + b"".join(
        chunk(name, body) for name, body in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


def decode_plain(data: bytes) -> NDArray[np.uint8] | None:
    """Decode a PNG that is stored the way :func:`encode_png` does, with 8 bits a channel.

    Args:
        data: A PNG file that passed :func:`check`, and whose size is bounded.

    Returns:
        (H, W), (H, W, 2), (H, W, 3) or (H, W, 4); None for a PNG of another make, or when its
        pixels do not unpack: Pillow reads the one and puts the other into words.
    """
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", data[16:29])
    if depth != 8 or colour not in _CHANNELS or any(rest):
        return None
    channels = _CHANNELS[colour]
    pixels = []
    for name, body, _ in chunks(data):
        if name not in _HARMLESS:
            return None
        if name == b"IDAT":
            pixels.append(body)
    lines = _inflate(b"".join(pixels), height * (width * channels + 1))
    if lines is None:
        return None
    table = lines.reshape(height, -1)
    if not (table[:, 0] == _UP).all():
        return None
    rows = table[:, 1:].copy()
    _add_up(rows)
    return rows.reshape((height, width, channels) if channels > 1 else (height, width))


def check(data: bytes) -> None:
    """See that a PNG is whole: one header, first; checksums that are right; an end mark.

    Pillow looks at neither the end, once it has all rows, nor the checksums of pixels, and takes
    the last of several headers.

    Args:
        data: A PNG file.

    Raises:
        EOFError: It ends before its end mark.
        ValueError: It has not one header in the first place, or the checksum of one of the
            chunks that make the pixels is wrong.
    """
    headers = []
    for place, (name, body, checksum) in enumerate(chunks(data)):
        if name in _PIXELS and isal_zlib.crc32(body, zlib.crc32(name)) != checksum:
            raise ValueError(f"the checksum of its {name.decode()} is wrong")
        if name == b"IHDR":
            headers.append((place, len(body)))
    if headers != [(0, _HEADER_BYTES)]:
        raise ValueError("its header is not what a PNG begins with")


def may_be_turned(data: bytes) -> bool:
    """Whether a PNG has chunks that could hold an EXIF orientation."""
    return any(name not in _HARMLESS for name, _, _ in chunks(data))


def chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """Go through a PNG up to its end mark.

    Args:
        data: A PNG file.

    Yields:
        Each chunk: its type, its body, and the checksum that stands behind it.

    Raises:
        EOFError: It ends before.
    """
    view, place, name = memoryview(data), len(SIGNATURE), b""
    while name != b"IEND":
        if place + 12 > len(data):
            raise EOFError("image file is truncated")
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        name = data[place + 4 : place + 8]
        if end + 4 > len(data):
            raise EOFError("image file is truncated")
        yield name, view[place + 8 : end], int.from_bytes(data[end : end + 4], "big")
        place = end + 4


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its length and checksum.

    Args:
        name: Its type, four letters.
        body: What it holds.
    """
    checksum = isal_zlib.crc32(body, zlib.crc32(name))
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def _inflate(packed: bytes, size: int) -> NDArray[np.uint8] | None:
    """Unpack just so many bytes; None when there are fewer or more, or they are damaged."""
    stream = isal_zlib.decompressobj()
    try:
        head = stream.decompress(packed[:512], 1)  # tables of codes come first
        if head and head[0] != _UP:
            return None  # another's: nothing more is unpacked
        stream = isal_zlib.decompressobj()
        lines = stream.decompress(packed, size + 1)
    except _BROKEN:
        return None
    return np.frombuffer(lines, np.uint8) if stream.eof and len(lines) == size else None


def _add_up(rows: NDArray[np.uint8]) -> None:
    """Sum rows from the top down, modulo 256, in place: within bands first, then band by band.

    Few long operations instead of one a row, so that threads do not fight for the interpreter.
    """
    band = max(1, math.isqrt(len(rows)))
    for place in range(1, band):
        later = rows[place::band]
        later += rows[place - 1 :: band][: len(later)]
    for top in range(band, len(rows), band):
        rows[top : top + band] += rows[top - 1]
