"""What a file holds, by its packets: when its frames are shown, and its sound track by track."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer

from multiplane.core.errors import InputError
from multiplane.media.clip import open_container
from multiplane.media.decode import picture_stream


@dataclass
class Track:
    """One track of sound.

    Attributes:
        tick_s: Seconds a unit of its clock.
        stamps: The timestamp of each packet, in units of that clock.
        size: Bytes of all packets, without the headers (ADTS) that AAC carries in an MPEG stream
            and nowhere else.
        digest: Of these bytes.
    """

    tick_s: float
    stamps: list[int] = field(default_factory=list)
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, stamp: int, data: bytes) -> None:
        """Count a packet."""
        self.stamps.append(stamp)
        self.size += len(data)
        self.digest.update(len(data).to_bytes(4, "big"))
        self.digest.update(data)


@dataclass(frozen=True)
class Outline:
    """What a file holds.

    Attributes:
        times: When each frame is shown, in seconds from the first one; rising.
        tick_s: Seconds a unit of the picture's clock.
        start_s: When the first frame is shown, on the file's own clock.
        tracks: Its sound, in order.
        fault: What is wrong with the timestamps of its frames, in words; empty for nothing.
    """

    times: list[float]
    tick_s: float
    start_s: float
    tracks: list[Track]
    fault: str = ""


def outline_of(path: Path, picture: bool = True) -> Outline:
    """Read a file through without decoding it.

    Args:
        path: A video file, or one with sound alone.
        picture: Whether it must hold a picture.

    Returns:
        What it holds; without a picture no times.

    Raises:
        InputError: It holds no picture, and one is wanted.
    """
    with open_container(path) as container:
        video = picture_stream(container)
        if video is None and picture:
            raise InputError(
                f"{path} has no picture",
                why="frames are compared with frames",
                fix="give a video file",
            )
        tick = float(video.time_base or 0) if video else 0.0
        tracks = {t.index: Track(float(t.time_base or 0)) for t in container.streams.audio}
        stamps = _read(container, video.index if video else -1, tracks)
    fault = _fault(stamps)
    known = sorted(stamp for stamp in stamps if stamp is not None)
    start = known[0] if known else 0
    times = [(stamp - start) * tick for stamp in known] if not fault else [0.0] * len(stamps)
    return Outline(times, tick, start * tick, list(tracks.values()), fault)


def _read(container: InputContainer, video: int, tracks: dict[int, Track]) -> list[int | None]:
    """Timestamps of the frames, in the order of their packets; sound goes into the tracks."""
    stamps: list[int | None] = []
    bare: dict[int, BitStreamFilterContext] = {}
    for sound in container.streams.audio:
        if sound.codec_context.name == "aac":
            bare[sound.index] = BitStreamFilterContext("aac_adtstoasc", sound)
    wanted = [s for s in container.streams if s.index == video or s.index in tracks]
    for packet in container.demux(*wanted):
        if not packet.size:
            continue
        index = packet.stream.index
        if index != video:
            stamp = packet.pts if packet.pts is not None else packet.dts or 0
            tracks[index].add(stamp, _payload(packet, bare))
        elif not packet.is_discard:  # which lie before the first frame shown
            stamps.append(packet.pts)
    return stamps


def _fault(stamps: list[int | None]) -> str:
    """What is wrong with the timestamps of the frames."""
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < len(stamps):
        return f"{len(stamps) - len(known)} of {len(stamps)} frames have no timestamp"
    double = sum(a == b for a, b in pairwise(sorted(known)))
    return f"{double} of {len(stamps)} frames have the timestamp of another" if double else ""


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
