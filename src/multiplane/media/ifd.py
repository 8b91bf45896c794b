"""Directories of tags as TIFF and EXIF hold them, copied value by value.

What a tag means does not matter here; only where its bytes lie. TIFF 6.0, section 2; the nested
directories of Exif 2.32, section 4.6.3. Offsets inside maker notes are their maker's own, and are
not followed.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Type of a value → its bytes."""
_NESTED = frozenset({34665, 34853, 40965})
"""Tags that point to a directory: EXIF, GPS, interoperability."""
_ORDERS = {b"II": "<", b"MM": ">"}
_LONG = 4


class Value(NamedTuple):
    """What a tag holds.

    Attributes:
        kind: Type of its numbers: 2 text, 3 short, 4 long, 5 rational, 7 bytes, and so on.
        many: How many.
        data: Their bytes, in the byte order of the file.
    """

    kind: int
    many: int
    data: bytes


Directory: TypeAlias = "dict[int, Value | Directory]"
"""Tag → value, or a directory of its own."""


def order_of(exif: bytes) -> str:
    """The byte order of a TIFF structure, as :mod:`struct` has it; little where it has none."""
    return _ORDERS.get(exif[:2], "<")


def read_directory(exif: bytes) -> Directory:
    """Read the first directory of a TIFF structure.

    Args:
        exif: The structure; damaged entries are left out.

    Returns:
        Its tags, and those of the directories within.
    """
    order = _ORDERS.get(exif[:2])
    if order is None or len(exif) < 8:
        return {}
    (start,) = struct.unpack_from(order + "I", exif, 4)
    return _Reader(exif, order).read(start, 0)


class _Reader:
    """Copies no more bytes than there are, however the entries overlap."""

    def __init__(self, exif: bytes, order: str) -> None:
        self._exif, self._order, self._left = exif, order, len(exif)

    def read(self, start: int, depth: int) -> Directory:
        exif = self._exif
        found: Directory = {}
        if start + 2 > len(exif):
            return found
        (count,) = struct.unpack_from(self._order + "H", exif, start)
        for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
            tag, kind, many = struct.unpack_from(self._order + "HHI", exif, place)
            size = _SIZES.get(kind, 0) * many
            (pointed,) = struct.unpack_from(self._order + "I", exif, place + 8)
            if tag in _NESTED:
                inner = self.read(pointed, depth + 1) if depth < 2 else {}
                if inner:
                    found[tag] = inner
                continue
            at = place + 8 if size <= 4 else pointed
            if not 0 < size <= self._left or at + size > len(exif):
                continue
            self._left -= size
            found[tag] = Value(kind, many, exif[at : at + size])
        return found


def pack_directory(directory: Mapping[int, Value | Directory], order: str, start: int) -> bytes:
    """Write a directory.

    Args:
        directory: Its tags.
        order: ``<`` or ``>``, in which the bytes of its values are.
        start: Where in the file it will lie.

    Returns:
        Its bytes, the values and directories it points to behind it.
    """
    head = bytearray(struct.pack(order + "H", len(directory)))
    tail = bytearray()
    beyond = start + 2 + 12 * len(directory) + 4
    for tag, value in sorted(directory.items()):
        tail += bytes(len(tail) % 2)
        place = beyond + len(tail)
        if isinstance(value, dict):
            tail += pack_directory(value, order, place)
            head += struct.pack(order + "HHII", tag, _LONG, 1, place)
        elif len(value.data) <= 4:
            head += struct.pack(order + "HHI", tag, value.kind, value.many)
            head += value.data.ljust(4, b"\0")
        else:
            tail += value.data
            head += struct.pack(order + "HHII", tag, value.kind, value.many, place)
    return bytes(head + bytes(4) + tail)


def without_thumbnail(exif: bytes) -> bytes:
    """Forget the preview that follows the first directory: it shows the picture as it was.

    Args:
        exif: A TIFF structure; anything else comes back as it is.

    Returns:
        As many bytes, of which nothing points to the preview any more.
    """
    order = _ORDERS.get(exif[:2])
    if order is None or len(exif) < 8:
        return exif
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return exif
    (count,) = struct.unpack_from(order + "H", exif, start)
    link = start + 2 + 12 * count
    return exif[:link] + bytes(4) + exif[link + 4 :] if link + 4 <= len(exif) else exif
