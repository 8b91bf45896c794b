"""Pictures of more than 8 bits a channel, which Pillow cannot decode in colour.

Of what a TIFF can hold only that is read which has a black and a white. Its format: TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import TiffImagePlugin

from multiplane.core.errors import InputError

_BITS, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 258, 262, 274, 277
_PLANAR, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 284, 338, 339
_LAYOUT = (256, 257, 259, 266, 278, 317, 322, 323)
"""Size, compression, bit order, rows a strip, predictor, size of tiles: equal for all planes."""
_WIDTH, _HEIGHT, _STRIP_ROWS, _TILE = 256, 257, 278, (322, 323)
_BAND_ROWS = 256
"""About so many rows are decoded at a time."""
_PIECES = ((273, 279), (324, 325))
"""Where strips begin and how long they are; the same of tiles."""
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB = 0, 1, 2
_COLOURS = {_MIN_IS_WHITE: "grey", _MIN_IS_BLACK: "grey", _RGB: "RGB", 3: "a palette", 5: "CMYK",
            6: "YCbCr", 8: "CIELAB", 9: "ICCLAB", 32803: "a camera's raw picture"}  # fmt: skip
_DEEP_COLOURS = {(_MIN_IS_WHITE, 1), (_MIN_IS_BLACK, 1), (_RGB, 3), (_RGB, 4)}
"""Photometric interpretation and channels that are read beyond 8 bits."""
_SEPARATE, _STRAIGHT_ALPHA = 2, 2
_UNSIGNED = {1, 4}
_NUMBERS = {1: "unsigned integers", 2: "signed integers", 3: "floating point",
            5: "complex integers", 6: "complex numbers"}  # fmt: skip
_EXPORT_WHOLE = "export it with 8 or 16 bits a channel, as unsigned integers"


@dataclass(frozen=True)
class Layout:
    """What the numbers in a TIFF mean.

    Attributes:
        bits: Of the deepest channel.
        numbers: Sample formats, without those that stand for unsigned integers.
        colour: The photometric interpretation.
        channels: How many.
    """

    bits: int
    numbers: frozenset[int]
    colour: int
    channels: int


def tags_of(data: bytes) -> Mapping[int, Any]:
    """Read the tags of a TIFF, also where Pillow does not know its kind of pixels.

    Args:
        data: The bytes of the file; a damaged one raises what Pillow raises.

    Returns:
        Number → value, of its first picture.
    """
    big = 43 in data[2:4]
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if big else 8])
    file = io.BytesIO(data)
    file.seek(tags.next)
    tags.load(file)
    return dict(tags)


def layout_of(data: bytes) -> Layout:
    """Tell what a TIFF holds.

    Args:
        data: The bytes of the file; a damaged one raises what Pillow raises.

    Returns:
        What the numbers of its first picture mean.
    """
    tags = tags_of(data)
    return Layout(
        bits=int(max(tags.get(_BITS, (1,)))),
        numbers=frozenset(map(int, tags.get(_SAMPLE_FORMAT, ()))) - _UNSIGNED,
        colour=int(tags.get(_PHOTOMETRIC, _MIN_IS_BLACK)),
        channels=int(tags.get(_SAMPLES, 1)),
    )


def check_layout(path: Path, layout: Layout) -> None:
    """Refuse a TIFF that is whole, but whose numbers or colours we do not read.

    Args:
        path: What to call it.
        layout: From :func:`layout_of`.

    Raises:
        InputError: Not unsigned integers of at most 16 bits, or more than 8 bits a channel of
            something else than grey, RGB or RGBA.
    """
    bits, colour, channels = layout.bits, layout.colour, layout.channels
    if layout.numbers or bits > 16:
        named = _NUMBERS.get(min(layout.numbers, default=1), "numbers of an unknown kind")
        raise InputError(
            f"{path} has {bits} bits a channel as {named}, wanted 8 or 16 as unsigned integers",
            why="such pictures hold scene light or measurements, without a white to map to 255",
            fix=_EXPORT_WHOLE,
        )
    if bits > 8 and (colour, channels) not in _DEEP_COLOURS:
        named = _COLOURS.get(colour, f"of the unknown colour model {colour}")
        if colour in {_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB}:
            named += f" in {channels} channels"
        raise InputError(
            f"{path} is {named} with {bits} bits a channel, wanted grey, RGB or RGBA",
            why="at that depth its numbers are taken as they are, and they must mean light",
            fix="export it as RGB, or with 8 bits a channel",
        )
    if not (bits <= 8 or bits == 16 or (bits == 12 and channels == 1)):
        raise InputError(
            f"{path} has {bits} bits a channel, wanted 8 or 16",
            why="numbers that lie across bytes are read only as 12-bit grey",
            fix=_EXPORT_WHOLE,
        )


def decode_tiff(data: bytes) -> tuple[NDArray[np.uint16], int]:
    """Decode a TIFF of more than 8 bits a channel.

    OpenCV takes planes for interleaved pixels, and whether it turns a picture depends on its
    version; so it is handed each plane as a picture of its own, without an orientation. It is
    preferred to tifffile, which unpacks no LZW by itself and bounds nothing it inflates.

    Args:
        data: The bytes of a file whose layout was checked and whose size is bounded.

    Returns:
        (H, W), (H, W, 3) RGB or (H, W, 4), as it lies in the file; and its EXIF orientation.

    Raises:
        ValueError: It cannot be decoded; the caller says so in our words.
    """
    tags = tags_of(data)
    planes = tags.get(_SAMPLES, 1) if tags.get(_PLANAR) == _SEPARATE else 1
    arrays = [_decoded(data, tags, number, planes) for number in range(planes)]
    array = arrays[0] if planes == 1 else np.dstack(arrays)
    if tags.get(_PHOTOMETRIC) == _MIN_IS_WHITE:
        np.subtract(65535, array, out=array)
    return array, int(tags.get(_ORIENTATION, 1))


def decode(data: bytes) -> NDArray[np.uint16]:
    """Decode a PNG, or a TIFF that is interleaved and stands upright.

    Args:
        data: The bytes of the file; its size is bounded.

    Returns:
        (H, W), (H, W, 3) RGB or (H, W, 4) RGBA.

    Raises:
        ValueError: It cannot be decoded; the caller says so in our words.
    """
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    array = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if array is None or array.dtype not in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        raise ValueError("its 16-bit pixels cannot be decoded")
    if array.dtype == np.uint8:
        array = array.astype(np.uint16) * 257
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 3:
        code = cv2.COLOR_BGRA2RGBA if array.shape[2] == 4 else cv2.COLOR_BGR2RGB
        for top in range(0, len(array), _BAND_ROWS):  # OpenCV copies what it turns in place
            part = array[top : top + _BAND_ROWS]
            part[:] = cv2.cvtColor(part, code)
    return np.asarray(array, dtype=np.uint16)


def _decoded(data: bytes, tags: Mapping[int, Any], number: int, planes: int) -> NDArray[np.uint16]:
    """One plane of a picture, some of its pieces at a time: they are copied to be decoded.

    Raises:
        ValueError: It cannot be decoded, or its strips or tiles overlap, and would be copied beyond
            all bounds.
    """
    height, most = int(tags[_HEIGHT]), len(data)
    for starts, lengths in _PIECES:
        share = len(tags.get(starts, ())) // planes
        if share and sum(tags[lengths][number * share : (number + 1) * share]) > most:
            raise ValueError("the pieces of its picture overlap")
    starts, rows, across = _grid(tags)
    share = len(tags.get(starts, ())) // planes
    step = rows * -(-_BAND_ROWS // rows)
    if step >= height or share != -(-height // rows) * across:
        return decode(_plane(data, tags, planes, slice(number * share, (number + 1) * share)))
    whole: NDArray[np.uint16] | None = None
    for top in range(0, height, step):
        low = min(top + step, height)
        first, last = (number * share + -(-row // rows) * across for row in (top, low))
        part = decode(_plane(data, {**tags, _HEIGHT: low - top}, planes, slice(first, last)))
        if whole is None:
            whole = np.empty((height, *part.shape[1:]), np.uint16)
        if part.shape != whole[top:low].shape:
            raise ValueError("its pixels cannot be decoded")
        whole[top:low] = part
    assert whole is not None, "a picture has rows"
    return whole


def _grid(tags: Mapping[int, Any]) -> tuple[int, int, int]:
    """The tag of where pieces begin, how many rows each has, and how many lie side by side."""
    (strips, _), (tiles, _) = _PIECES
    if tiles in tags:
        wide, high = (max(1, int(tags[side])) for side in _TILE)
        return tiles, high, -(-int(tags[_WIDTH]) // wide)
    return strips, max(1, min(int(tags.get(_STRIP_ROWS, 2**32)), int(tags[_HEIGHT]))), 1


def _plane(data: bytes, tags: Mapping[int, Any], planes: int, mine: slice) -> bytes:
    """Some pieces of a picture as a TIFF of its own; its pixels stay compressed as they are."""
    order = "<" if data[:2] == b"II" else ">"
    channels = tags.get(_SAMPLES, 1) // planes
    entries: dict[int, tuple[int, ...]] = {tag: (int(tags[tag]),) for tag in _LAYOUT if tag in tags}
    entries |= {_BITS: tags[_BITS][:channels], _SAMPLES: (channels,)}
    entries[_PHOTOMETRIC] = (_MIN_IS_BLACK if channels == 1 else _RGB,)
    if channels > 3:
        entries[_EXTRA_SAMPLES] = (_STRAIGHT_ALPHA,)
    body = bytearray(8)
    for starts, lengths in _PIECES:
        if starts not in tags:
            continue
        places = []
        for start, length in zip(tags[starts][mine], tags[lengths][mine], strict=True):
            places.append(len(body))
            body += data[start : start + length]
        entries |= {starts: tuple(places), lengths: tags[lengths][mine]}
    body += bytes(len(body) % 2)
    directory = len(body)
    beyond = directory + 2 + 12 * len(entries) + 4
    head, tail = bytearray(struct.pack(order + "H", len(entries))), bytearray()
    for tag, values in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(values)}I", *values)
        head += struct.pack(order + "HHI", tag, 4, len(values))
        head += packed if len(values) == 1 else struct.pack(order + "I", beyond + len(tail))
        tail += packed if len(values) > 1 else b""
    body[:8] = data[:2] + struct.pack(order + "HI", 42, directory)
    return bytes(body + head + bytes(4) + tail)
