"""Proof that a written video keeps its source's frames, timestamps and sound."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

from multiplane.core.errors import OutputError
from multiplane.media.clip import open_container
from multiplane.media.decode import picture_stream


@dataclass(frozen=True)
class Comparison:
    """What two videos have in common.

    Attributes:
        frames: How many frames the source and the result have.
        largest_time_error_s: Between frames of equal number, each counted from its first frame;
            infinite when their numbers differ.
        tick_s: The coarser of the two clocks; no error below it can be avoided.
        sound_packets: How many packets of sound the source and the result have.
        same_sound: Whether these packets are equal to the byte, track by track, apart from the
            headers (ADTS) that AAC carries in an MPEG stream and nowhere else.
    """

    frames: tuple[int, int]
    largest_time_error_s: float
    tick_s: float
    sound_packets: tuple[int, int]
    same_sound: bool

    @property
    def same_timing(self) -> bool:
        """Whether every frame is there at its time, to the tick of the coarser clock."""
        return self.largest_time_error_s <= self.tick_s


@dataclass(frozen=True)
class _Outline:
    times: list[float]
    tick_s: float
    packets: int
    digests: list[bytes]


def compare(source: Path, result: Path) -> Comparison:
    """Compare two videos by their packets, without decoding them.

    Args:
        source: The one that was read.
        result: The one that was written.

    Returns:
        What they have in common.
    """
    first, second = _outline(source), _outline(result)
    error = float("inf")
    if len(first.times) == len(second.times):
        error = max(
            (abs(a - b) for a, b in zip(first.times, second.times, strict=True)), default=0.0
        )
    return Comparison(
        frames=(len(first.times), len(second.times)),
        largest_time_error_s=error,
        tick_s=max(first.tick_s, second.tick_s),
        sound_packets=(first.packets, second.packets),
        same_sound=first.digests == second.digests,
    )


def verify(source: Path, result: Path, sound: bool = True) -> Comparison:
    """Make sure that a written video keeps its source's frames, timestamps and sound.

    Args:
        source: The one that was read.
        result: The one that was written.
        sound: Whether its sound was to be copied.

    Returns:
        What they have in common.

    Raises:
        OutputError: Frames are missing or moved, or the sound differs.
    """
    found = compare(source, result)
    if not found.same_timing:
        raise OutputError(
            f"{result} has {found.frames[1]} frames off by up to "
            f"{found.largest_time_error_s:g} s, {source} has {found.frames[0]}",
            why="picture and sound would drift apart",
            fix="write it again; as .mkv when the container cannot hold these timestamps",
        )
    if sound and not found.same_sound:
        raise OutputError(
            f"the sound of {result} ({found.sound_packets[1]} packets) is not that of {source} "
            f"({found.sound_packets[0]} packets)",
            why="sound is copied to the byte unless it was to be encoded anew",
            fix="name the output .mkv, which takes any sound",
        )
    return found


def _outline(path: Path) -> _Outline:
    stamps: list[int] = []
    sounds: dict[int, hashlib._Hash] = {}
    packets = 0
    with open_container(path) as container:
        video = picture_stream(container)
        assert video, "both hold a picture"
        tick = float(video.time_base or 0)
        bare: dict[int, BitStreamFilterContext] = {}
        for track in container.streams.audio:
            sounds[track.index] = hashlib.sha256()
            if track.codec_context.name == "aac":
                bare[track.index] = BitStreamFilterContext("aac_adtstoasc", track)
        for packet in container.demux(video, *container.streams.audio):
            if not packet.size:
                continue
            if packet.stream.index == video.index:
                if packet.is_discard:  # before the first frame shown
                    continue
                stamps.append(packet.pts if packet.pts is not None else packet.dts or 0)
            else:
                packets += 1
                sounds[packet.stream.index].update(_payload(packet, bare))
    stamps.sort()
    times = [(stamp - stamps[0]) * tick for stamp in stamps]
    return _Outline(times, tick, packets, [d.digest() for d in sounds.values()])


def _payload(packet: av.Packet[Any], bare: dict[int, BitStreamFilterContext]) -> bytes:
    """What is left of a packet without the header that only some containers put before it.

    The filter is the one by which FFmpeg's writers take it off.
    """
    data = bytes(packet)
    if packet.stream.index not in bare:
        return data
    try:
        return b"".join(map(bytes, bare[packet.stream.index].filter(packet)))
    except av.FFmpegError:  # a header that is damaged is compared as it is
        return data
