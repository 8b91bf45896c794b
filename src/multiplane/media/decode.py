"""Decoding, exact to the frame: seeking by timestamps, and stopping where a file is damaged."""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import av
from av.container import InputContainer

_SEEK_FROM = 48
"""A start nearer than this is reached by decoding; it costs less than looking for timestamps."""


class _Source(Protocol):
    """What decoding needs to know of a clip."""

    @property
    def rate(self) -> Fraction | None:
        """Mean frames a second."""

    @property
    def time_base(self) -> Fraction:
        """Seconds a unit of pts."""

    @property
    def missing_bytes(self) -> int:
        """How much is cut off at the end of the file."""


@dataclass(frozen=True)
class Decoded:
    """One decoded frame, not yet converted.

    Attributes:
        index: Its number in the clip, from 0.
        pts: Its timestamp in units of the stream's time base.
        frame: As the decoder gave it.
    """

    index: int
    pts: int
    frame: av.VideoFrame


@dataclass(frozen=True)
class Damage:
    """From here on the file cannot be trusted.

    Attributes:
        index: How many frames stood whole before it.
        reason: What was found, in words.
    """

    index: int
    reason: str


def decode(container: InputContainer, clip: _Source, wanted: range) -> Iterator[Decoded | Damage]:
    """Decode the wanted frames.

    Args:
        container: Just opened; its first video stream is read.
        clip: What is known of it.
        wanted: Indices of frames, step at least 1.

    Yields:
        The wanted frames in order; where the file is damaged one :class:`Damage`, and then
        nothing.
    """
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    index, known = 0, None
    if wanted.start >= _SEEK_FROM:
        known = _timestamps(container)
        if known is not None and wanted.start < len(known):
            index = wanted.start
            container.seek(known[index], stream=stream)
        else:
            container.seek(stream.start_time or 0, stream=stream)
    first_pts = known[index] if known and index else None
    tick = 1 / (clip.rate or Fraction(25)) / clip.time_base
    for unit in _sound_frames(container):
        if isinstance(unit, str):
            yield Damage(index, unit)
            return
        if first_pts is not None and unit.pts is not None and unit.pts < first_pts:
            continue
        if index >= wanted.stop:
            return
        if index in wanted:
            yield Decoded(index, round(index * tick) if unit.pts is None else unit.pts, unit)
        index += 1
        if index >= wanted.stop:
            return
    if clip.missing_bytes and not 0 < stream.frames <= index:  # else only sound is missing
        yield Damage(index, f"the file is cut off, {clip.missing_bytes} bytes are missing")


def _sound_frames(container: InputContainer) -> Iterator[av.VideoFrame | str]:
    """Frames in order of time as long as they are whole, then the reason why they end early.

    Decoders may work on several packets at once, so an error comes up after later packets went
    in. What is still inside the decoder then is handed out only as far as no timestamp is missing.
    """
    stream = container.streams.video[0]
    due: list[int] = []
    given = False
    reason = ""
    try:
        for packet in container.demux(stream):
            if packet.is_corrupt and packet.size:
                reason = "a packet is cut off"
                break
            if packet.pts is not None and packet.size and not packet.is_discard:
                heapq.heappush(due, packet.pts)
            for frame in packet.decode():
                if frame.is_corrupt and given:
                    yield "a frame came out damaged"
                    return
                if not frame.is_corrupt:
                    given = True
                    _strike(due, frame.pts)
                    yield frame
    except av.FFmpegError as error:
        reason = (error.strerror or str(error)).lower()
    if reason:
        yield from _rest(stream, due)
        yield reason


def _rest(stream: av.VideoStream, due: list[int]) -> Iterator[av.VideoFrame]:
    with contextlib.suppress(av.FFmpegError):
        for frame in stream.codec_context.decode(None):
            if frame.is_corrupt or frame.pts is None or (due and frame.pts != due[0]):
                return
            _strike(due, frame.pts)
            yield frame


def _strike(due: list[int], pts: int | None) -> None:
    while pts is not None and due and due[0] <= pts:
        heapq.heappop(due)


def _timestamps(container: InputContainer) -> list[int] | None:
    """All timestamps in order of time, without decoding; None when they do not tell frames apart.

    Raises nothing: a file that is damaged further on gives what stands before.
    """
    found: list[int] = []
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(container.streams.video[0]):
            if packet.is_corrupt:
                break
            if not packet.size or packet.is_discard:
                continue
            if packet.pts is None:
                return None
            found.append(packet.pts)
    found.sort()
    return found if len(set(found)) == len(found) else None
