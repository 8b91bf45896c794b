"""TIFF files as we write them: deflated strips, 8 or 16 bits, with all that EXIF says.

Pillow writes no 16-bit colour, and tifffile no EXIF. TIFF 6.0 with the deflate of its supplement;
each value is stored minus the one to its left (predictor 2).
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from multiplane.core.errors import OutputError
from multiplane.media.ifd import Directory, Value, order_of, pack_directory, read_directory

LAYOUT_TAGS = frozenset({254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282,
                         283, 284, 288, 289, 296, 317, 318, 319, 320, 322, 323, 324, 325, 330,
                         332, 333, 334, 336, 338, 339, 340, 341, 347, 512, 513, 514, 529, 530,
                         531, 532, 700, 34675, 37724, 50255})  # fmt: skip
"""Tags that say how the pixels lie in one file, point into it, or are written on their own."""
_STRIP_BYTES = 2**18
_LEVEL = 2
_MOST_BYTES = 2**32 - 2**20
_TEXT, _SHORT, _LONG, _RATIONAL, _BYTES = 2, 3, 4, 5, 7
_DEFLATE, _HORIZONTAL, _STRAIGHT_ALPHA, _INCH = 8, 2, 2, 2


def encode_tiff(
    array: NDArray[Any],
    exif: bytes = b"",
    icc: bytes = b"",
    dpi: tuple[float, float] | None = None,
    xmp: bytes = b"",
) -> bytes:
    """Encode a TIFF.

    Args:
        array: uint8 or uint16, (H, W) grey, (H, W, 2) grey and alpha, (H, W, 3) RGB or (H, W, 4)
            RGBA; alpha is straight.
        exif: A TIFF structure whose tags are copied, but for those of a layout.
        icc: The colour profile; empty for none.
        dpi: Dots an inch, across and down.
        xmp: An XMP packet; empty for none.

    Returns:
        The bytes of the file.

    Raises:
        OutputError: It would have 4 GiB or more.
    """
    order = order_of(exif)
    directory: Directory = {
        tag: value for tag, value in read_directory(exif).items() if tag not in LAYOUT_TAGS
    }
    strips, rows = _strips(array, order)
    body = bytearray(8)
    places = []
    for strip in strips:
        places.append(len(body))
        body += strip
        body += bytes(len(body) % 2)
    if len(body) > _MOST_BYTES:
        raise OutputError(
            f"a picture of {array.shape[1]}x{array.shape[0]} pixels takes {len(body) / 1e9:.1f} GB "
            "as TIFF, at most 4.2 fit",
            why="its offsets have 32 bits",
            fix="write it as .png",
        )
    directory |= _layout(array, order, rows)
    directory[273] = _numbers(order, _LONG, *places)
    directory[279] = _numbers(order, _LONG, *map(len, strips))
    if dpi:
        for tag, dots in zip((282, 283), dpi, strict=True):
            packed = struct.pack(order + "II", round(dots * 1000), 1000)
            directory[tag] = Value(_RATIONAL, 1, packed)
        directory[296] = _numbers(order, _SHORT, _INCH)
    if icc:
        directory[34675] = Value(_BYTES, len(icc), icc)
    if xmp:
        directory[700] = Value(1, len(xmp), xmp)
    body[:8] = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, len(body))
    return bytes(body) + pack_directory(directory, order, len(body))


def _layout(array: NDArray[Any], order: str, rows: int) -> Directory:
    height, width = array.shape[:2]
    channels = array.shape[2] if array.ndim == 3 else 1
    found: Directory = {
        256: _numbers(order, _LONG, width),
        257: _numbers(order, _LONG, height),
        258: _numbers(order, _SHORT, *[8 * array.dtype.itemsize] * channels),
        259: _numbers(order, _SHORT, _DEFLATE),
        262: _numbers(order, _SHORT, 1 if channels < 3 else 2),
        277: _numbers(order, _SHORT, channels),
        278: _numbers(order, _LONG, rows),
        284: _numbers(order, _SHORT, 1),
        317: _numbers(order, _SHORT, _HORIZONTAL),
    }
    if channels in {2, 4}:
        found[338] = _numbers(order, _SHORT, _STRAIGHT_ALPHA)
    return found


def _strips(array: NDArray[Any], order: str) -> tuple[list[bytes], int]:
    """The packed strips, and how many rows each holds."""
    height = array.shape[0]
    rows = max(1, _STRIP_BYTES // max(1, array[:1].nbytes))
    strips = []
    for top in range(0, height, rows):
        part = np.array(array[top : top + rows])
        part[:, 1:] -= array[top : top + rows, :-1]
        part = part.astype(part.dtype.newbyteorder("<" if order == "<" else ">"), copy=False)
        strips.append(isal_zlib.compress(np.ascontiguousarray(part).view(np.uint8), _LEVEL))
    return strips, rows


def _numbers(order: str, kind: int, *numbers: int) -> Value:
    letter = {_SHORT: "H", _LONG: "I"}[kind]
    return Value(kind, len(numbers), struct.pack(f"{order}{len(numbers)}{letter}", *numbers))
