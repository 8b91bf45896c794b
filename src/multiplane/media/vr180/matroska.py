"""What Matroska and WebM files say of their sphere, as the boxes that say the same in MP4.

Their own words are ``StereoMode`` and ``Projection`` in the description of the picture
(RFC 9559, 5.1.4.1.28.3 and .41), of which the private part is the very body of ``equi``, ``cbmp``
or ``mshp``. Only headers on the way there are read, and no size is trusted.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from multiplane.core.errors import MultiplaneError
from multiplane.media.vr180.boxes import length, open_file
from multiplane.media.vr180.spherical import (
    MAX_BYTES,
    Spherical,
    projection_box,
    refuse_box,
    stereo_box,
)

_EBML, _SEGMENT, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
_TRACKS, _TRACK, _KIND, _VIDEO = 0x1654AE6B, 0xAE, 0x83, 0xE0
_STEREO, _PROJECTION = 0x53B8, 0x7670
_TYPE, _PRIVATE, _YAW, _PITCH, _ROLL = 0x7671, 0x7672, 0x7673, 0x7674, 0x7675
_MODES = {0: (0, False), 1: (2, False), 2: (1, True), 3: (1, False), 11: (2, True)}
"""Matroska's StereoMode → ``stereo_mode`` of a box, and whether the right eye comes first."""
_BOXES = {1: b"equi", 2: b"cbmp", 3: b"mshp"}
_MAX_ELEMENTS = 10_000


class _Element(NamedTuple):
    name: int
    start: int
    stop: int


def read_matroska(path: Path | str) -> Spherical | None:
    """Read what a Matroska or WebM file says of its first picture track.

    Args:
        path: A video file.

    Returns:
        Boxes that say the same; None when it says nothing, or is of another kind.

    Raises:
        InputError: The file cannot be read.
        DamagedFileError: What it says cannot be.
    """
    path = Path(path)
    with open_file(path) as file:
        if file.read(4) != _EBML.to_bytes(4, "big"):
            return None
        try:
            video = _video(file)
            return _boxes(file, video) if video else None
        except MultiplaneError as error:
            raise type(error)(f"{path}: {error.what}", why=error.why, fix=error.fix) from error


def _video(file: BinaryIO) -> _Element | None:
    """The description of the first picture track."""
    total = length(file)
    for segment in _named(file, _Element(0, 0, total), _SEGMENT):
        for tracks in _named(file, segment, _TRACKS):
            for track in _named(file, tracks, _TRACK):
                if [_number(file, kind) for kind in _named(file, track, _KIND)] == [1]:
                    return next(_named(file, track, _VIDEO), None)
    return None


def _boxes(file: BinaryIO, video: _Element) -> Spherical | None:
    stereo = next((_number(file, found) for found in _named(file, video, _STEREO)), None)
    mode, swapped = _MODES.get(stereo, (None, False)) if stereo is not None else (None, False)
    st3d = b"" if mode is None else stereo_box(mode)
    sv3d = b""
    for projection in _named(file, video, _PROJECTION):
        parts = {found.name: found for found in _walk(file, projection)}
        kind = _BOXES.get(_number(file, parts[_TYPE]) if _TYPE in parts else 0)
        if kind:
            private = _read(file, parts[_PRIVATE]) if _PRIVATE in parts else b""
            pose = [_real(file, parts.get(name)) for name in (_YAW, _PITCH, _ROLL)]
            body = private or bytes({b"equi": 20, b"cbmp": 12, b"mshp": 0}[kind])
            sv3d = projection_box(kind, body, (pose[0], pose[1], pose[2]), "Matroska")
    if not st3d and not sv3d:
        return None
    return replace(Spherical.read(st3d, sv3d), swapped=swapped)


def _named(file: BinaryIO, parent: _Element, name: int) -> Iterator[_Element]:
    return (found for found in _walk(file, parent) if found.name == name)


def _walk(file: BinaryIO, parent: _Element) -> Iterator[_Element]:
    """Elements within another, up to the first that holds frames or does not end within."""
    start = parent.start
    for _ in range(_MAX_ELEMENTS):
        if start >= parent.stop:  # also where the one before claims to end beyond all files
            return
        file.seek(start)
        head = file.read(min(12, parent.stop - start))
        name, first = _vint(head, keep_mark=True)
        size, second = _vint(head[first:], keep_mark=False)
        if not first or not second or name == _CLUSTER:
            return
        body = start + first + second
        unknown = size == (1 << 7 * second) - 1
        stop = parent.stop if unknown else body + size
        if stop > parent.stop and name != _SEGMENT:
            return
        yield _Element(name, body, min(stop, parent.stop))
        start = stop


def _vint(data: bytes, keep_mark: bool) -> tuple[int, int]:
    """A number of variable length and how many bytes it takes; 0 bytes when it is none."""
    width = 9 - data[0].bit_length() if data else 0
    if not 1 <= width <= min(8, len(data)):
        return 0, 0
    value = int.from_bytes(data[:width], "big")
    return (value if keep_mark else value & ((1 << 7 * width) - 1)), width


def _read(file: BinaryIO, element: _Element) -> bytes:
    """What an element holds.

    Raises:
        DamagedFileError: More than any projection takes.
    """
    size = element.stop - element.start
    if size > MAX_BYTES:
        refuse_box("Projection", f"has {size} bytes, wanted at most {MAX_BYTES}")
    file.seek(element.start)
    return file.read(size)


def _number(file: BinaryIO, element: _Element) -> int:
    file.seek(element.start)
    return int.from_bytes(file.read(min(element.stop - element.start, 8)), "big")


def _real(file: BinaryIO, element: _Element | None) -> float:
    """An angle in degrees; 0 when it is none."""
    if element is None or element.stop - element.start not in {4, 8}:
        return 0.0
    raw = _read(file, element)
    value = float(struct.unpack(">f" if len(raw) == 4 else ">d", raw)[0]) if raw else 0.0
    return value if math.isfinite(value) and abs(value) <= 360 else 0.0
