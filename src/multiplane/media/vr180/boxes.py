"""The boxes of MP4 and MOV files: where they stand, from headers alone.

A box is a size, a name of four letters and a body, which may be boxes again (ISO/IEC 14496-12,
4.2). Sizes come from the file and are not trusted: a box must end within its parent, nothing is
read by a size that was not held against the file first, and a parent has a bounded number of
boxes. Only the few parents on the way to the picture's sample entries are opened.
"""

from __future__ import annotations

import itertools
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from multiplane.core.errors import DamagedFileError, InputError

MAX_BOXES = 100_000
"""A parent with more boxes is refused."""
MAX_ENTRIES = 64
"""Descriptions of the picture a track may have: a new one after each change of its coding."""

_FIRST = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid"}
"""What an MP4 or MOV file begins with."""
_ENTRY_FIELDS = 78
"""Bytes of a visual sample entry between its header and its boxes (ISO/IEC 14496-12, 12.1.3)."""
_FIX = "copy or export the file again; to see what it holds: ffprobe -show_streams FILE"


@dataclass(frozen=True)
class Box:
    """Where a box stands.

    Attributes:
        kind: Its four letters.
        start: Place of its first byte in the file.
        body: Place of the first byte after its header.
        stop: Place after its last byte.
        size_bytes: How wide its size is coded, 4 or 8; 0 when it just goes on to the end of the
            file.
    """

    kind: bytes
    start: int
    body: int
    stop: int
    size_bytes: int


@dataclass(frozen=True)
class Entry:
    """One description of the picture: a visual sample entry.

    Attributes:
        box: The entry, e.g. ``avc1``.
        boxes: The boxes in it, in order.
        stop: Place after the last of them; some QuickTime files pad the entry with zeros behind.
    """

    box: Box
    boxes: tuple[Box, ...]
    stop: int


@dataclass(frozen=True)
class Picture:
    """The way to the sample entries of the picture's track.

    Attributes:
        parents: moov, trak, mdia, minf, stbl, stsd.
        entries: The sample entries; at least one.
    """

    parents: tuple[Box, ...]
    entries: tuple[Entry, ...]


def is_movie(path: Path) -> bool:
    """Whether a file looks like MP4 or MOV from its first box, whatever its name says.

    Raises:
        InputError: It cannot be read.
    """
    with open_file(path) as file:
        return file.read(8)[4:] in _FIRST


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading.

    Raises:
        InputError: There is none, or it cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {os.strerror(error.errno or 0).lower()}",
            why="its boxes are looked at",
            fix=f"give the path of a video file you may read; see: ls -l '{path.parent}'",
        ) from error


def walk(
    file: BinaryIO, start: int, stop: int, *, top: bool = False, padded: bool = False
) -> Iterator[Box]:
    """Give the boxes that follow one another between two places.

    Args:
        file: Open for reading; its place is moved.
        start: Where the first box begins.
        stop: Where the last one ends.
        top: Whether these are the outermost boxes, of which the last may have no size.
        padded: Whether zeros may follow the last one.

    Yields:
        The boxes, each checked to lie between the two places.

    Raises:
        DamagedFileError: A box has an impossible size, or there are far too many.
    """
    count = 0
    while start < stop:
        file.seek(start)
        head = file.read(min(16, stop - start))
        if padded and not any(head[:8]):
            return
        box = _box(head, start, stop, top)
        yield box
        start, count = box.stop, count + 1
        if count >= MAX_BOXES:
            _refuse(f"more than {MAX_BOXES} boxes follow one another", start)


def _box(head: bytes, start: int, stop: int, top: bool) -> Box:
    """The box with this header.

    Raises:
        DamagedFileError: There is none, or it does not end where it may.
    """
    if len(head) < 8:
        _refuse(f"{len(head)} bytes are left for the header of a box", start)
    size, kind = struct.unpack(">I4s", head[:8])
    body, width = start + 8, 4
    if size == 1:
        if len(head) < 16:
            _refuse("a box lacks its long size", start)
        size, body, width = struct.unpack(">Q", head[8:])[0], start + 16, 8
    elif size == 0 and top:
        size, width = stop - start, 0
    if start + size < body or start + size > stop:
        _refuse(f"box {kind!r} says it has {size} bytes, {stop - start} are there", start)
    return Box(kind, start, body, start + size, width)


def _refuse(what: str, place: int) -> NoReturn:
    """Say what is wrong and where.

    Raises:
        DamagedFileError: Always.
    """
    raise DamagedFileError(
        f"{what}, at byte {place}",
        why="the boxes of an MP4 or MOV file lie inside each other, so it is cut off or damaged",
        fix=_FIX,
    )


def length(file: BinaryIO) -> int:
    """How many bytes a file has."""
    return file.seek(0, os.SEEK_END)


def find_picture(file: BinaryIO) -> Picture | None:
    """Find the sample entries of the first picture track.

    Args:
        file: An MP4 or MOV file, open for reading.

    Returns:
        Where they stand; None when the file has no track of pictures.

    Raises:
        DamagedFileError: A box on the way is damaged, or there is no ``moov``.
    """
    moov = next((box for box in walk(file, 0, length(file), top=True) if box.kind == b"moov"), None)
    if moov is None:
        raise DamagedFileError(
            "the file has no moov box, which says what is in it",
            why="it is written last, so the recording or the copy was broken off",
            fix=_FIX,
        )
    for trak in walk(file, moov.body, moov.stop):
        if trak.kind != b"trak":
            continue
        mdia = _child(file, trak.body, trak.stop, b"mdia")
        if mdia is None or _handler(file, mdia) != b"vide":
            continue
        parents = [moov, trak, mdia]
        for kind in (b"minf", b"stbl", b"stsd"):
            box = _child(file, parents[-1].body, parents[-1].stop, kind)
            if box is None:
                _refuse(f"the picture's track has no {kind.decode()}", parents[-1].start)
            parents.append(box)
        return Picture(tuple(parents), _entries(file, parents[-1]))
    return None


def _child(file: BinaryIO, start: int, stop: int, kind: bytes) -> Box | None:
    return next((box for box in walk(file, start, stop) if box.kind == kind), None)


def _handler(file: BinaryIO, mdia: Box) -> bytes:
    """What a track is for: ``vide``, ``soun``, ..."""
    box = _child(file, mdia.body, mdia.stop, b"hdlr")
    return read_body(file, box, 8, 4) if box else b""


def _entries(file: BinaryIO, stsd: Box) -> tuple[Entry, ...]:
    """The sample entries of a track.

    Raises:
        DamagedFileError: One is too short, or their number is impossible.
    """
    head = read_body(file, stsd, 4, 4)
    count = int.from_bytes(head, "big")
    if len(head) < 4 or not 1 <= count <= MAX_ENTRIES:
        _refuse(f"the picture has {count} descriptions, wanted 1 to {MAX_ENTRIES}", stsd.start)
    entries = []
    for box in itertools.islice(walk(file, stsd.body + 8, stsd.stop, padded=True), count):
        first = box.body + _ENTRY_FIELDS
        if first > box.stop:
            _refuse(f"the description {box.kind!r} of the picture is too short", box.start)
        boxes = tuple(walk(file, first, box.stop, padded=True))
        entries.append(Entry(box, boxes, boxes[-1].stop if boxes else first))
    if len(entries) < count:
        _refuse(f"{len(entries)} of {count} descriptions of the picture are there", stsd.start)
    return tuple(entries)


def read_body(file: BinaryIO, box: Box, offset: int, count: int) -> bytes:
    """Read some bytes of a box's body; fewer when the box ends before.

    Args:
        file: Open for reading.
        box: A box of it.
        offset: First byte wanted, from the start of the body.
        count: How many, at most.
    """
    start = min(box.body + offset, box.stop)
    file.seek(start)
    return file.read(min(count, box.stop - start))
