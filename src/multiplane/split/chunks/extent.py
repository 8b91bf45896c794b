"""Which frames of a clip stand whole, and which of them are wanted."""

from __future__ import annotations

import contextlib
from bisect import bisect_left
from dataclasses import dataclass

import av

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.clip import Clip, open_container
from multiplane.media.decode import Damage, decode, picture_stream

_ALL = range(2**62)


@dataclass(frozen=True)
class Extent:
    """The frames of a clip that are worked on.

    Attributes:
        start: The first one.
        stop: After the last one.
        frames: How many whole frames the clip has.
        damage: What is wrong with it from there on; None when it is whole.
    """

    start: int
    stop: int
    frames: int
    damage: DamagedFileError | None = None


def find_extent(
    clip: Clip, start_s: float = 0.0, stop_s: float | None = None, look_through: bool = False
) -> Extent:
    """Count the whole frames of a clip and choose those within a time.

    Packets are counted, which needs no decoding. A clip that is cut off, or has a packet that says
    it is damaged, is decoded up to there, and so is any when ``look_through`` is set.

    Args:
        clip: The clip.
        start_s: Frames shown earlier are left out; counted from its first frame.
        stop_s: Frames shown then or later are left out; None is the end.
        look_through: Decode all of it, to be sure.

    Returns:
        The frames.

    Raises:
        InputError: None of them lies in the time wanted.
        DamagedFileError: Not one of them is whole.
    """
    times, sound = _packets(clip)
    damage = None
    if look_through or not sound or clip.missing_bytes:
        times, damage = _decoded(clip)
    if not times:
        raise damage or DamagedFileError(
            f"{clip.path} has no frames",
            why="its container lists none",
            fix="copy or export it again",
        )
    seconds = [(time - times[0]) * float(clip.time_base) for time in times]
    start = bisect_left(seconds, start_s)
    stop = len(seconds) if stop_s is None else bisect_left(seconds, stop_s)
    if start >= stop:
        until = "its end" if stop_s is None else f"{stop_s:g} s"
        raise InputError(
            f"{clip.path} has no frame from {start_s:g} s to {until}; its last one is at "
            f"{seconds[-1]:g} s",
            why="start_s and stop_s choose the frames to be worked on",
            fix=f"--set chunks.start_s=0, or any time before {seconds[-1]:g}",
        )
    return Extent(start, stop, len(times), damage)


def _packets(clip: Clip) -> tuple[list[int], bool]:
    """Timestamps of the frames in order of time, and whether no packet complained."""
    stamps: list[int | None] = []
    with open_container(clip.path) as container, contextlib.suppress(av.FFmpegError):
        for packet in container.demux(picture_stream(container)):
            if packet.is_corrupt and packet.size:
                return [], False
            if packet.size and not packet.is_discard:
                stamps.append(packet.pts)
    return _in_time(clip, stamps), True


def _decoded(clip: Clip) -> tuple[list[int], DamagedFileError | None]:
    stamps: list[int | None] = []
    with open_container(clip.path) as container:
        for unit in decode(container, clip, _ALL):
            if isinstance(unit, Damage):
                return _in_time(clip, stamps), _told(clip, len(stamps), unit.reason)
            stamps.append(unit.pts)
    return _in_time(clip, stamps), None


def _in_time(clip: Clip, stamps: list[int | None]) -> list[int]:
    """Timestamps in rising order; even ones where the file has none, as decoding gives them."""
    tick = 1 / (clip.rate or 25) / clip.time_base
    return sorted(round(n * tick) if pts is None else pts for n, pts in enumerate(stamps))


def _told(clip: Clip, whole: int, reason: str) -> DamagedFileError:
    of = f" of {clip.frame_count}" if clip.frame_count else ""
    return DamagedFileError(
        f"{clip.path} is damaged: {whole}{of} frames are whole, then {reason}",
        why="what follows the damage cannot be trusted; the frames before it are worked on",
        fix="copy or export it again and run the same command on it",
    )
