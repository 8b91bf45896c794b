"""Putting ``st3d`` and ``sv3d`` into an MP4 or MOV file, where encoders leave them out.

They belong into the picture's sample entry, after what describes the coding and before ``clap``
and ``pasp``. The file is written anew beside itself, block by block, with a handful of edits: the
boxes, the sizes of all that hold them, and, where the samples stand behind ``moov``, the tables
that say where. A table of 32-bit places that would overflow becomes one of 64 bits.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from multiplane.core.atomic import write_beside
from multiplane.core.errors import DamagedFileError, InputError, MultiplaneError
from multiplane.media.vr180.boxes import (
    Box,
    Entry,
    find_picture,
    is_movie,
    length,
    open_file,
    read_body,
    walk,
)
from multiplane.media.vr180.spherical import MAX_BYTES, Spherical

MAX_MOOV = 128 * 2**20
"""A larger ``moov`` is refused: that of twenty hours stays below."""
_BLOCK = 4 * 2**20
_LIMIT = 2**32
_OURS = (b"st3d", b"sv3d")
_AFTER = {b"clap", b"pasp"}
"""What has to stand behind ours."""
_TABLES = {b"stco": ">u4", b"co64": ">u8"}
_SIDECAR = "write a sidecar instead: multiplane.media.vr180.write_sidecar"
_ELSEWHERE = {b"saio", b"iloc"}
"""Other boxes that hold places in the file: of encrypted video, and of pictures within it."""


@dataclass(frozen=True)
class Edit:
    """What stands in the file from ``start`` to ``stop`` becomes ``data``."""

    start: int
    stop: int
    data: bytes

    @property
    def growth(self) -> int:
        """By how many bytes the file grows."""
        return len(self.data) - (self.stop - self.start)


def inject_spherical(path: Path | str, spherical: Spherical) -> bool:
    """Give an MP4 or MOV file these boxes instead of those it may have.

    The file is written beside and renamed; it is never held in memory.

    Args:
        path: The file. Every description of its first picture track gets them.
        spherical: The boxes; an empty one is left out, and taken out where the file has it.

    Returns:
        Whether anything had to be changed.

    Raises:
        InputError: Not an MP4 or MOV file, one without a picture, a fragmented one, or one whose
            tables we cannot mend.
        DamagedFileError: Its boxes are damaged.
        OutputError: The place cannot be written, or the disk is full.
    """
    path = Path(path)
    try:
        with open_file(path) as file:
            edits = plan(file, spherical) if is_movie(path) else _refuse_kind()
    except MultiplaneError as error:
        raise type(error)(f"{path}: {error.what}", why=error.why, fix=error.fix) from error
    if not edits:
        return False
    with write_beside(path) as part, open_file(path) as file, part.open("wb") as out:
        for block in edited(file, edits):
            out.write(block)
    return True


def plan(file: BinaryIO, spherical: Spherical) -> list[Edit]:
    """Work out what to change in a file.

    Args:
        file: An MP4 or MOV file, open for reading.
        spherical: The boxes it is to have.

    Returns:
        Edits in the order of the file that do not overlap; none when it has these boxes already.

    Raises:
        InputError: We cannot put boxes into this file.
        DamagedFileError: Its boxes, or those to be put in, are damaged.
    """
    picture = find_picture(file) or _refuse_kind()
    if max(len(spherical.st3d), len(spherical.sv3d)) > MAX_BYTES:
        raise DamagedFileError(
            f"boxes of more than {MAX_BYTES} bytes",
            why="no camera writes such",
            fix="make them anew: multiplane.media.vr180.vr180_boxes()",
        )
    _refuse_fragments(file, picture.parents[0])
    edits = [edit for entry in picture.entries for edit in _boxes(file, entry, spherical)]
    if not edits:
        return []
    parents = {*picture.parents, *(entry.box for entry in picture.entries)}
    _mend_places(file, picture.parents[0], edits, parents)
    edits += [edit for box in parents for edit in _resized(box, edits)]
    edits.sort(key=lambda edit: (edit.start, edit.stop))
    assert all(one.stop <= other.start for one, other in pairwise(edits)), "edits overlap"
    return edits


def _refuse_kind() -> NoReturn:
    """Say that there is no place for the boxes.

    Raises:
        InputError: Always.
    """
    raise InputError(
        "not an MP4 or MOV file with a picture",
        why="the boxes st3d and sv3d belong into the description of a picture",
        fix=_SIDECAR,
    )


def edited(file: BinaryIO, edits: Iterable[Edit]) -> Iterator[bytes]:
    """Give the file with its edits made, block by block."""
    place = 0
    for edit in [*edits, Edit(length(file), length(file), b"")]:
        while place < edit.start:
            file.seek(place)
            block = file.read(min(_BLOCK, edit.start - place))
            if not block:
                return
            yield block
            place += len(block)
        yield edit.data
        place = edit.stop


def _refuse_fragments(file: BinaryIO, moov: Box) -> None:
    """Refuse files whose samples are described in fragments, and such that are not whole.

    Raises:
        InputError: It is one, or its ``moov`` is too large.
    """
    if moov.stop - moov.start > MAX_MOOV:
        raise InputError(
            f"its moov has {moov.stop - moov.start} bytes, wanted at most {MAX_MOOV}",
            why="the tables in it are read whole",
            fix="cut the file into shorter ones",
        )
    inner = {box.kind for box in walk(file, moov.body, moov.stop)}
    if b"mvex" in inner or b"moof" in {box.kind for box in walk(file, 0, length(file), top=True)}:
        raise InputError(
            "it is a fragmented MP4",
            why="places of its samples stand in every fragment, and all would have to be moved",
            fix="make it a plain one first: ffmpeg -i IN -map 0 -c copy -movflags +faststart OUT",
        )


def _boxes(file: BinaryIO, entry: Entry, spherical: Spherical) -> list[Edit]:
    """The edits that put our boxes into an entry; none when they are there."""
    new = spherical.st3d + spherical.sv3d
    old = [box for box in entry.boxes if box.kind in _OURS]
    if b"".join(read_body(file, box, box.start - box.body, len(new) + 1) for box in old) == new:
        return []
    edits = [Edit(box.start, box.stop, b"") for box in old]
    place = _place(entry)
    return [*edits, Edit(place, place, new)]


def _place(entry: Entry) -> int:
    """Where our boxes go: behind what describes the coding, before clap and pasp."""
    others = [box for box in entry.boxes if box.kind not in _OURS]
    coding = [at for at, box in enumerate(others) if box.kind[-1:] == b"C" or box.kind == b"esds"]
    for box in others[coding[-1] + 1 if coding else 0 :]:
        if box.kind in _AFTER:
            return box.start
    return entry.stop


def _resized(box: Box, edits: Iterable[Edit]) -> list[Edit]:
    """The edit of the size of a box that others are made in.

    Raises:
        InputError: It grows beyond what its size can say.
    """
    inside = [edit for edit in edits if box.body <= edit.start and edit.stop <= box.stop]
    size = box.stop - box.start + sum(edit.growth for edit in inside)
    if box.size_bytes == 8:
        return [Edit(box.start + 8, box.start + 16, struct.pack(">Q", size))]
    if size >= _LIMIT:
        raise InputError(
            f"box {box.kind!r} would have {size} bytes, more than its size can say",
            why="no real file has such a box",
            fix=_SIDECAR,
        )
    return [Edit(box.start, box.start + 4, struct.pack(">I", size))] if box.size_bytes else []


def _mend_places(file: BinaryIO, moov: Box, edits: list[Edit], parents: set[Box]) -> None:
    """Add the edits of the tables whose samples move; a table may grow and move them further.

    Raises:
        InputError: Something else in the file holds places, too.
    """
    if moov.stop == length(file):
        return
    tables = [table for table in _tables(file, moov) if (table.places >= moov.stop).any()]
    grown = sum(edit.growth for edit in edits)
    while True:
        growth = grown + sum(4 * table.places.size for table in tables if table.widened)
        over = [table for table in tables if not table.holds(table.moved(moov, growth))]
        if not over:
            break
        for table in over:
            table.widened = True
    for table in tables:
        parents.update((*table.parents, table.box) if table.widened else ())
        edits += table.edits(table.moved(moov, growth))


@dataclass
class _Table:
    """Places of the chunks of a track.

    Attributes:
        box: ``stco`` or ``co64``.
        parents: What holds it: trak, mdia, minf, stbl.
        places: int64.
        widened: Whether it is to become ``co64``.
    """

    box: Box
    parents: tuple[Box, ...]
    places: NDArray[np.int64]
    widened: bool = False

    def moved(self, moov: Box, growth: int) -> NDArray[np.int64]:
        """The places once ``moov`` has grown."""
        return np.where(self.places >= moov.stop, self.places + growth, self.places)

    def holds(self, places: NDArray[np.int64]) -> bool:
        """Whether its entries are wide enough for these places."""
        return self.widened or self.box.kind == b"co64" or int(places.max()) < _LIMIT

    def edits(self, places: NDArray[np.int64]) -> list[Edit]:
        """What to write so that it says these places; sizes aside."""
        kind = b"co64" if self.widened else self.box.kind
        first = self.box.body + 8
        stop = first + self.places.size * (8 if self.box.kind == b"co64" else 4)
        entries = Edit(first, stop, places.astype(_TABLES[kind]).tobytes())
        name = Edit(self.box.start + 4, self.box.start + 8, kind)
        return [name, entries] if self.widened else [entries]


def _tables(file: BinaryIO, moov: Box) -> list[_Table]:
    """The tables of all tracks.

    Raises:
        InputError: The file holds places elsewhere, too.
    """
    tables, found = [], set[bytes]()
    for box in (*walk(file, 0, length(file), top=True), *walk(file, moov.body, moov.stop)):
        found |= _meta(file, box) if box.kind == b"meta" else set()
        for parents in _sample_tables(file, box):
            for leaf in walk(file, parents[-1].body, parents[-1].stop):
                found.add(leaf.kind)
                tables += [_table(file, leaf, parents)] if leaf.kind in _TABLES else []
    if found & _ELSEWHERE:
        raise InputError(
            f"it holds places in box {min(found & _ELSEWHERE).decode()}, which we do not move",
            why="encrypted video and pictures inside of it are found by them",
            fix=_SIDECAR,
        )
    return tables


def _sample_tables(file: BinaryIO, trak: Box) -> Iterator[tuple[Box, ...]]:
    """trak, mdia, minf and stbl of a track."""
    if trak.kind == b"trak":
        for mdia in _named(file, trak, b"mdia"):
            for minf in _named(file, mdia, b"minf"):
                for stbl in _named(file, minf, b"stbl"):
                    yield trak, mdia, minf, stbl


def _named(file: BinaryIO, parent: Box, kind: bytes) -> Iterator[Box]:
    return (box for box in walk(file, parent.body, parent.stop) if box.kind == kind)


def _meta(file: BinaryIO, meta: Box) -> set[bytes]:
    """What stands in ``meta``, which MP4 begins with four bytes more than QuickTime does."""
    more = 0 if read_body(file, meta, 4, 4) == b"hdlr" else 4
    start = min(meta.body + more, meta.stop)
    with contextlib.suppress(DamagedFileError):  # free of form in old files, and none of ours
        return {box.kind for box in walk(file, start, meta.stop, padded=True)}
    return set()


def _table(file: BinaryIO, box: Box, parents: tuple[Box, ...]) -> _Table:
    """Read a table of places.

    Raises:
        DamagedFileError: It says to be longer than its box.
    """
    wide = box.kind == b"co64"
    width = 8 if wide else 4
    count = int.from_bytes(read_body(file, box, 4, 4), "big")
    if box.body + 8 + count * width > box.stop:
        raise DamagedFileError(
            f"box {box.kind.decode()} says it has {count} places, "
            f"{max(box.stop - box.body - 8, 0) // width} are there",
            why="the places of the samples would be read from beside the table",
            fix="copy or export the file again",
        )
    raw = read_body(file, box, 8, count * width)
    places = np.frombuffer(raw, _TABLES[box.kind]).astype(np.int64)
    return _Table(box, parents, places)
