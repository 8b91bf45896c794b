"""The stage: a clip goes in, chunks of it that overlap come out."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.stage import StreamingWorker
from multiplane.geometry.rectification import Rectification
from multiplane.media.clip import Clip, open_clip
from multiplane.media.vr180.layout import Layout, detect_layout
from multiplane.split.chunks.budget import frames_within
from multiplane.split.chunks.config import ChunksOptions
from multiplane.split.chunks.extent import Extent, find_extent
from multiplane.split.chunks.eyes import order_eyes
from multiplane.split.chunks.ranges import Chunk, cut

_LOG = logging.getLogger(__name__)

_SWAPPED = {"auto": None, "left_first": False, "right_first": True}


@dataclass(frozen=True)
class Cutting:
    """What a clip is and how it is cut.

    Attributes:
        clip: The clip.
        layout: Where its eyes are.
        stand: How the eyes stand to each other; None where that was not looked at.
        extent: Which of its frames are worked on.
        chunk_frames: Frames of a chunk at most.
        chunks: The chunks, in order.
    """

    clip: Clip
    layout: Layout
    stand: Rectification | None
    extent: Extent
    chunk_frames: int
    chunks: tuple[Chunk, ...]


def cut_clip(source: Path, options: ChunksOptions) -> Cutting:
    """Look at a clip and cut it into chunks.

    Args:
        source: A video file.
        options: Its layout as far as it is known, and how long chunks may be.

    Returns:
        The layout and the chunks.

    Raises:
        InputError: It is no video, its layout is none we can work with, or none of its frames
            lies in the time wanted.
        ConfigError: Not even one new frame a chunk fits into the memory.
    """
    if source.is_dir():
        raise InputError(
            f"{source} is a folder, wanted a video file",
            why="chunks are cut out of a clip with its own timestamps and sound",
            fix="give the video itself; `multiplane run clean-backgrounds` takes folders",
        )
    clip = open_clip(source)
    layout = detect_layout(clip, options.layout, options.projection, _SWAPPED[options.eyes])
    extent = find_extent(clip, options.start_s, options.stop_s, options.look_through)
    stand = None
    if options.eyes == "auto":
        layout, stand = order_eyes(clip, layout, range(extent.start, extent.stop))
    most = options.chunk_frames or frames_within(
        options.max_memory_gb, clip.size, options.scale, options.overlap_frames
    )
    chunks = tuple(cut(extent.start, extent.stop, most, options.overlap_frames))
    _LOG.info("%s: %s, %d frames in %d chunks", source.name, layout.kind, extent.stop
              - extent.start, len(chunks))  # fmt: skip
    return Cutting(clip, layout, stand, extent, most, chunks)


class Chunks:
    """Cuts a clip into chunks that overlap."""

    name: ClassVar[str] = "split.chunks"
    version: ClassVar[int] = 1
    options: ClassVar[type[ChunksOptions]] = ChunksOptions
    needs: ClassVar[tuple[str, ...]] = ("source",)
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("footage",)
    metadata: ClassVar[str] = "chunks_metadata.json"

    def fingerprint(self, options: ChunksOptions) -> str:
        """It depends on nothing beyond options and input."""
        return ""

    def open(self, options: ChunksOptions) -> ChunksWorker:
        """Be ready for clips."""
        return ChunksWorker(options)


class ChunksWorker(StreamingWorker):
    """Looks at one clip after the other."""

    def __init__(self, options: ChunksOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Cut a clip."""
        started = time.perf_counter()
        cutting = cut_clip(item.paths("source")[0], self._options)
        seconds = time.perf_counter() - started
        data: dict[str, Json] = {
            "clip": item.id,
            "layout": cutting.layout.to_json(),
            "work_scale": self._options.scale,
        }
        planes = tuple(
            Planes(
                f"{item.id}/{chunk.index + 1:04d}",
                {"footage": (item.files["source"][0],)},
                {**data, "chunk": chunk.to_json()},
            )
            for chunk in cutting.chunks
        )
        return Record(item.id, planes, _figures(cutting, self._options), {"chunks": seconds})


def _figures(cutting: Cutting, options: ChunksOptions) -> dict[str, Json]:
    clip, extent = cutting.clip, cutting.extent
    table: list[Json] = [
        {
            "id": f"{chunk.index + 1:04d}",
            "first": chunk.first,
            "start": chunk.start,
            "stop": chunk.stop,
            "frames": chunk.stop - chunk.first,
            "own_frames": chunk.stop - chunk.start,
        }
        for chunk in cutting.chunks
    ]
    notes: list[Json] = []
    if clip.colour.hdr:
        notes.append(f"{clip.colour.hdr} video: colours stay as coded, in 8 bits")
    if extent.stop - extent.start < extent.frames:
        notes.append(
            f"only frames {extent.start} to {extent.stop - 1} of {extent.frames} are worked on"
        )
    bad: list[Json] = []
    if extent.damage:
        told = extent.damage
        bad.append({"file": clip.path.name, "what": told.what, "why": told.why, "fix": told.fix})
    return {
        "layout": cutting.layout.to_json(),
        "stand": cutting.stand.to_json() if cutting.stand else None,
        "size": list(clip.size),
        "rate": f"{clip.rate.numerator}/{clip.rate.denominator}" if clip.rate else None,
        "codec": clip.codec,
        "sound_tracks": len(clip.audio_codecs),
        "source_frames": extent.frames,
        "frames": extent.stop - extent.start,
        "work_scale": options.scale,
        "chunk_frames": cutting.chunk_frames,
        "overlap_frames": options.overlap_frames,
        "chunks": table,
        "notes": notes,
        "bad_files": bad,
    }
