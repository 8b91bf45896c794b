"""MP4 and MOV by hand, box by box, and what is in real ones."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np

SPATIAL = Path(__file__).resolve().parents[2] / "../shared/media/spatial"


def box(kind: bytes, *parts: bytes, long: bool = False) -> bytes:
    body = b"".join(parts)
    if long:
        return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body
    return struct.pack(">I4s", 8 + len(body), kind) + body


def movie(*inner: bytes, places: tuple[int, ...] = (0,), more: bytes = b"", tail: bytes = b"",
          kind: bytes = b"vide", entries: int = 1, table: bytes = b"stco") -> bytes:  # fmt: skip
    """A MOV by hand: one track, whose sample entry holds the boxes given."""
    entry = box(b"avc1", bytes(78), *inner, tail)
    stsd = box(b"stsd", bytes(4), struct.pack(">I", entries), entry * entries)
    width = ">Q" if table == b"co64" else ">I"
    chunks = box(table, bytes(4), struct.pack(">I", len(places)),
                 *(struct.pack(width, place) for place in places))  # fmt: skip
    stbl = box(b"stbl", stsd, chunks, more)
    hdlr = box(b"hdlr", bytes(8), kind, bytes(13))
    trak = box(b"trak", box(b"mdia", hdlr, box(b"minf", stbl)))
    return box(b"ftyp", b"isom") + box(b"moov", trak)


def packets(path: Path, kind: str) -> list[tuple[Any, ...]]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [(p.pts, p.dts, bytes(p)) for p in container.demux(stream) if p.size]


def pictures(path: Path) -> list[np.ndarray[Any, Any]]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
