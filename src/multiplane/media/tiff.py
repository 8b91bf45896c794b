"""TIFF files as we write them: deflated strips, 8 or 16 bits, with all that EXIF says.

Pillow writes no 16-bit colour, and tifffile no EXIF. TIFF 6.0 with the deflate of its supplement;
each value is stored minus the one to its left (predictor 2).
"""

from __future__ import annotations

import io
import struct
from typing import Any, BinaryIO

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from multiplane.core.errors import OutputError
from multiplane.media.banded import Banded, banded
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
    file = io.BytesIO()
    write_tiff(file, banded(array), exif, icc, dpi, xmp)
    return file.getvalue()


def write_tiff(
    file: BinaryIO,
    picture: Banded,
    exif: bytes = b"",
    icc: bytes = b"",
    dpi: tuple[float, float] | None = None,
    xmp: bytes = b"",
) -> None:
    """Write a TIFF strip by strip, as :func:`encode_tiff` does.

    Args:
        file: Where to, from its start.
        picture: uint8 or uint16, 1 to 4 channels; a strip of it is held at a time.
        exif: As there.
        icc: As there.
        dpi: As there.
        xmp: As there.

    Raises:
        OutputError: It would have 4 GiB or more.
    """
    order = order_of(exif)
    directory: Directory = {
        tag: value for tag, value in read_directory(exif).items() if tag not in LAYOUT_TAGS
    }
    rows = max(1, _STRIP_BYTES // max(1, picture.row_bytes))
    place = file.write(bytes(8))
    places, lengths = [], []
    for part in picture.bands(rows):
        strip = _strip(part, order)
        places.append(place)
        lengths.append(len(strip))
        place += file.write(strip + bytes(len(strip) % 2))
    if place > _MOST_BYTES:
        raise OutputError(
            f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels takes {place / 1e9:.1f} GB "
            "as TIFF, at most 4.2 fit",
            why="its offsets have 32 bits",
            fix="write it as .png",
        )
    directory |= _layout(picture, order, rows)
    directory[273] = _numbers(order, _LONG, *places)
    directory[279] = _numbers(order, _LONG, *lengths)
    if dpi:
        for tag, dots in zip((282, 283), dpi, strict=True):
            packed = struct.pack(order + "II", round(dots * 1000), 1000)
            directory[tag] = Value(_RATIONAL, 1, packed)
        directory[296] = _numbers(order, _SHORT, _INCH)
    if icc:
        directory[34675] = Value(_BYTES, len(icc), icc)
    if xmp:
        directory[700] = Value(1, len(xmp), xmp)
    file.write(pack_directory(directory, order, place))
    file.seek(0)
    file.write((b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, place))


def _layout(picture: Banded, order: str, rows: int) -> Directory:
    height, width = picture.shape[:2]
    channels = picture.shape[2] if len(picture.shape) == 3 else 1
    found: Directory = {
        256: _numbers(order, _LONG, width),
        257: _numbers(order, _LONG, height),
        258: _numbers(order, _SHORT, *[8 * picture.dtype.itemsize] * channels),
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


def _strip(rows: NDArray[Any], order: str) -> bytes:
    """Some rows, packed."""
    part = np.array(rows)
    part[:, 1:] -= rows[:, :-1]
    part = part.astype(part.dtype.newbyteorder("<" if order == "<" else ">"), copy=False)
    packed: bytes = isal_zlib.compress(np.ascontiguousarray(part).view(np.uint8), _LEVEL)
    return packed


def _numbers(order: str, kind: int, *numbers: int) -> Value:
    letter = {_SHORT: "H", _LONG: "I"}[kind]
    return Value(kind, len(numbers), struct.pack(f"{order}{len(numbers)}{letter}", *numbers))
