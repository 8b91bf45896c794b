"""Where chunks begin and end."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.core.items import Json


@dataclass(frozen=True)
class Chunk:
    """A run of frames that is worked on at once; numbers are those of the source's frames.

    Attributes:
        index: Its number among the chunks of the clip, from 0.
        count: How many chunks there are.
        first: The first frame it looks at; up to ``start`` it goes over what the chunk before it
            has done.
        start: The first frame that is its own.
        stop: After the last frame.
    """

    index: int
    count: int
    first: int
    start: int
    stop: int

    def to_json(self) -> dict[str, Json]:
        """What travels with its planes."""
        return {
            "index": self.index,
            "count": self.count,
            "first": self.first,
            "start": self.start,
            "stop": self.stop,
        }


def cut(start: int, stop: int, chunk_frames: int, overlap_frames: int) -> list[Chunk]:
    """Cut a run of frames into as few chunks as there can be, all of nearly one length.

    Args:
        start: The first frame.
        stop: After the last one; more than ``start``.
        chunk_frames: Frames of a chunk at most, those of the overlap included.
        overlap_frames: Frames that neighbours share; less than ``chunk_frames``.

    Returns:
        The chunks, in order. Together their own frames are all frames, each once; their lengths
        differ by one at most.
    """
    total = stop - start
    assert total > 0
    assert 0 <= overlap_frames < chunk_frames
    new = chunk_frames - overlap_frames
    count = 1 if total <= chunk_frames else -(-(total - overlap_frames) // new)
    worked = total + (count - 1) * overlap_frames
    chunks: list[Chunk] = []
    first = start
    for index in range(count):
        length = worked * (index + 1) // count - worked * index // count
        own = first + overlap_frames if index else first
        chunks.append(Chunk(index, count, first, own, first + length))
        first += length - overlap_frames
    return chunks
