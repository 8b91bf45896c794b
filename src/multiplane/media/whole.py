"""Whether a video file is all there, by what its own container says of its length."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT = b"\x18\x53\x80\x67"


def missing_bytes(path: Path) -> int:
    """How many bytes a file lacks at its end; 0 when it is whole or does not say.

    Args:
        path: An MP4, MOV, Matroska, WebM or AVI file; others give 0.

    Returns:
        Bytes promised by boxes, segments or RIFF lists that reach past the end of the file.
    """
    total = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == _EBML:
            end = _matroska_end(file, total)
        elif head[:4] == b"RIFF" and head[8:12] == b"AVI ":
            end = 8 + int(struct.unpack("<I", head[4:8])[0])
        elif head[4:8] in {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}:
            end = _boxes_end(file, total)
        else:
            end = 0
    return max(end - total, 0)


def _boxes_end(file: BinaryIO, total: int) -> int:
    place = 0
    while place + 8 <= total:
        file.seek(place)
        head = file.read(16)
        size = int(struct.unpack(">I", head[:4])[0])
        if size == 1 and len(head) == 16:
            size = int(struct.unpack(">Q", head[8:])[0])
        if size < 8:  # 0: to the end of the file; less: not a box
            return 0
        place += size
    return place


def _matroska_end(file: BinaryIO, total: int) -> int:
    place = 0
    while place + 12 <= total:
        file.seek(place)
        head = file.read(12)
        size, width = _vint(head[4:])
        if size is None:
            return 0
        end = place + 4 + width + size
        if head[:4] == _SEGMENT:
            return end
        place = end
    return 0


def _vint(data: bytes) -> tuple[int | None, int]:
    """A variable-length EBML size and how many bytes it takes; None when it is left unknown."""
    width = 9 - data[0].bit_length()
    if not 1 <= width <= 8:
        return None, 0
    value = int.from_bytes(data[:width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), width
