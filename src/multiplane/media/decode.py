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
from av.stream import Disposition
from av.video.stream import VideoStream

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
        pts: Its timestamp in units of the stream's time base; where the file has none, by the
            mean rate from the last frame that has one.
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


def picture_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of pictures that move; None when there is none. Cover art does not count."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


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
    stream = picture_stream(container)
    assert stream, "a clip has one"
    stream.thread_type = "AUTO"
    index, first_pts = 0, None
    if wanted.start >= _SEEK_FROM:
        first_pts = _seek(container, stream, wanted.start)
        index = 0 if first_pts is None else wanted.start
    tick = 1 / (clip.rate or Fraction(25)) / clip.time_base
    known = (0, 0)  # the last frame that had a timestamp
    for unit in _whole_frames(container, stream):
        if isinstance(unit, str):
            yield Damage(index, unit)
            return
        if first_pts is not None and unit.pts is not None and unit.pts < first_pts:
            continue
        if index >= wanted.stop:
            return
        if unit.pts is not None:
            known = (index, unit.pts)
        if index in wanted:
            yield Decoded(index, known[1] + round((index - known[0]) * tick), unit)
        index += 1
        if index >= wanted.stop:
            return
    if clip.missing_bytes and not 0 < stream.frames <= index:  # else only sound is missing
        yield Damage(index, f"the file is cut off, {clip.missing_bytes} bytes are missing")


def _whole_frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame | str]:
    """Frames in order of time as long as they are whole, then the reason why they end early.

    Decoders may work on several packets at once, so an error comes up after later packets went
    in. What is still inside the decoder then is handed out only as far as no timestamp is missing.
    """
    due: list[int] = []
    given = False
    reason = ""
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size and not packet.is_discard:
                heapq.heappush(due, packet.pts)
            if packet.is_corrupt and packet.size:
                reason = "a packet is cut off"
                break
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


def _rest(stream: VideoStream, due: list[int]) -> Iterator[av.VideoFrame]:
    with contextlib.suppress(av.FFmpegError):
        for frame in stream.codec_context.decode(None):
            if frame.is_corrupt or frame.pts is None or (due and frame.pts != due[0]):
                return
            _strike(due, frame.pts)
            yield frame


def _strike(due: list[int], pts: int | None) -> None:
    while pts is not None and due and due[0] <= pts:
        heapq.heappop(due)


def _seek(container: InputContainer, stream: VideoStream, index: int) -> int | None:
    """Go to the key frame shown at or before a frame; to the start when timestamps do not help.

    Containers seek by decoding time or by showing time. The decoding time of that key frame is
    never after either, so decoding starts at it or at one before it.

    Returns:
        The timestamp of the frame; None when decoding starts at the first one.
    """
    shown: list[int] = []
    keys: list[tuple[int, int]] = []
    with contextlib.suppress(av.FFmpegError):
        for packet in container.demux(stream):
            if packet.is_corrupt:
                break
            if not packet.size or packet.is_discard:
                continue
            if packet.pts is None:
                shown.clear()
                break
            shown.append(packet.pts)
            if packet.is_keyframe:
                early = packet.pts if packet.dts is None else min(packet.dts, packet.pts)
                keys.append((packet.pts, early))
    shown.sort()
    usable = index < len(shown) and len(set(shown)) == len(shown)
    before = [key for key in keys if usable and key[0] <= shown[index]]
    container.seek(max(before)[1] if before else stream.start_time or 0, stream=stream)
    return shown[index] if before else None
