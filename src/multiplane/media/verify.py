"""Proof that what was written keeps its source's frames, timestamps and sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from multiplane.core.errors import OutputError
from multiplane.media.outline import Outline, Track, outline_of
from multiplane.media.timestamps import read_timestamps


@dataclass(frozen=True)
class TrackComparison:
    """What a track of sound has in common with its source.

    Attributes:
        packets: How many packets the source's and the result's have.
        size: How many bytes in these.
        same: Whether they are equal to the byte.
        largest_time_error_s: Between packets of equal number, each counted from the first frame
            of its file; infinite when their numbers differ.
        tick_s: What no error below can be avoided: a tick of each clock that is involved.
    """

    packets: tuple[int, int]
    size: tuple[int, int]
    same: bool
    largest_time_error_s: float
    tick_s: float

    @property
    def same_timing(self) -> bool:
        """Whether every packet lies at its time beside the picture."""
        return self.largest_time_error_s <= self.tick_s


@dataclass(frozen=True)
class Comparison:
    """What a source and a result have in common.

    Attributes:
        frames: How many frames the source and the result have.
        largest_time_error_s: Between frames of equal number, each counted from its first frame;
            infinite when their numbers differ. 0 where the source's own timestamps are broken.
        tick_s: The coarser of the two clocks; no error below it can be avoided.
        sound_packets: How many packets of sound the source and the result have.
        same_sound: Whether these packets are equal to the byte, track by track, apart from the
            headers (ADTS) that AAC carries in an MPEG stream and nowhere else.
        tracks: The same, track by track, with times.
        fault: What is wrong with the timestamps of the source: then only the number of frames is
            compared, and that the result's rise. Empty for nothing.
    """

    frames: tuple[int, int]
    largest_time_error_s: float
    tick_s: float
    sound_packets: tuple[int, int]
    same_sound: bool
    tracks: tuple[TrackComparison, ...] = ()
    fault: str = ""

    @property
    def same_timing(self) -> bool:
        """Whether every frame is there at its time, to the tick of the coarser clock."""
        return self.largest_time_error_s <= self.tick_s


def compare(source: Path, result: Path, pts: Sequence[int] | None = None) -> Comparison:
    """Compare a video with its source by their packets, without decoding them.

    Args:
        source: The one that was read.
        result: What was written: a video, or a folder of pictures with their timestamps and sound
            (:mod:`multiplane.media.png_sequence`).
        pts: The timestamps of the frames that were taken, in units of the source's clock; None
            for all.

    Returns:
        What they have in common.
    """
    first = outline_of(source)
    second = _outline_of_folder(result) if result.is_dir() else outline_of(result)
    times, shift, broken = first.times, 0.0, bool(first.fault)
    if pts is not None:
        broken = any(after <= before for before, after in pairwise(pts))
        times = [(stamp - pts[0]) * first.tick_s for stamp in pts]
        shift = pts[0] * first.tick_s - first.start_s if pts else 0.0
    error = 0.0 if broken else _largest(times, second.times)
    if len(times) != len(second.times) or second.fault:
        error = float("inf")
    return Comparison(
        frames=(len(times), len(second.times)),
        largest_time_error_s=error,
        tick_s=max(first.tick_s, second.tick_s),
        sound_packets=(_packets(first), _packets(second)),
        same_sound=[t.digest.digest() for t in first.tracks]
        == [t.digest.digest() for t in second.tracks],
        tracks=tuple(_compare_tracks(first, second, shift)),
        fault=first.fault,
    )


def verify(
    source: Path, result: Path, sound: bool = True, pts: Sequence[int] | None = None
) -> Comparison:
    """Make sure that what was written keeps its source's frames, timestamps and sound.

    Args:
        source: The one that was read.
        result: What was written: a video, or a folder of pictures with their timestamps.
        sound: Whether its sound was to be copied.
        pts: The timestamps of the frames that were taken, in units of the source's clock; None
            for all.

    Returns:
        What they have in common.

    Raises:
        OutputError: Frames are missing or moved, or the sound differs or lies elsewhere.
    """
    found = compare(source, result, pts)
    if not found.same_timing:
        raise OutputError(
            f"{result} has {found.frames[1]} frames off by up to "
            f"{found.largest_time_error_s:g} s, {source} has {found.frames[0]}",
            why="picture and sound would drift apart",
            fix="write it again; as .mkv when the container cannot hold these timestamps",
        )
    if sound and not found.same_sound:
        counts = [
            f"track {number}: {track.packets[1]} packets, {track.size[1]} bytes; wanted "
            f"{track.packets[0]}, {track.size[0]}"
            for number, track in enumerate(found.tracks, 1)
            if not track.same
        ]
        raise OutputError(
            f"the sound of {result} ({found.sound_packets[1]} packets) is not that of {source} "
            f"({found.sound_packets[0]} packets)" + "".join(f"; {count}" for count in counts),
            why="sound is copied to the byte unless it was to be encoded anew",
            fix="name the output .mkv, which takes any sound",
        )
    for number, track in enumerate(found.tracks, 1):
        if sound and not track.same_timing and not found.fault:
            raise OutputError(
                f"track {number} of the sound of {result} lies up to "
                f"{track.largest_time_error_s:g} s beside where it does in {source}; at most "
                f"{track.tick_s:g} s can be the clocks'",
                why="picture and sound would not be in step",
                fix="name the output .mkv, which holds any timestamps",
            )
    return found


def _outline_of_folder(folder: Path) -> Outline:
    """What a folder of pictures holds, by the files that are there and what they say.

    Raises:
        OutputError: Pictures are missing or more than the file of timestamps knows.
    """
    listed = read_timestamps(folder)
    there = sum(path.suffix == ".png" for path in folder.iterdir())
    missing = [name for name in listed.files if not (folder / name).is_file()]
    if missing or there != len(listed.files):
        raise OutputError(
            f"{folder} holds {there} pictures, its timestamps are of {len(listed.files)}"
            + (f"; {missing[0]} is missing" if missing else ""),
            why="each picture is shown at the time that stands beside its name",
            fix="write it again",
        )
    tick = Fraction(listed.time_base)
    times = [float((pts - listed.pts[0]) * tick) for pts in listed.pts]
    start = float((listed.pts[0] + listed.sound_delay) * tick) if listed.pts else 0.0
    heard = outline_of(folder / listed.sound, picture=False).tracks if listed.sound else []
    return Outline(times, float(tick), start, heard)


def _packets(outline: Outline) -> int:
    return sum(len(track.stamps) for track in outline.tracks)


def _compare_tracks(first: Outline, second: Outline, shift: float) -> list[TrackComparison]:
    """Tracks in order; one that only one of the two has is held against nothing."""
    found = []
    for number in range(max(len(first.tracks), len(second.tracks))):
        a, b = (o.tracks[number] if number < len(o.tracks) else Track(0) for o in (first, second))
        here = [stamp * a.tick_s - first.start_s - shift for stamp in a.stamps]
        there = [stamp * b.tick_s - second.start_s for stamp in b.stamps]
        found.append(
            TrackComparison(
                packets=(len(a.stamps), len(b.stamps)),
                size=(a.size, b.size),
                same=a.digest.digest() == b.digest.digest(),
                largest_time_error_s=_largest(here, there),
                tick_s=max(first.tick_s, second.tick_s) + max(a.tick_s, b.tick_s) + 1e-9,
            )
        )
    return found


def _largest(first: list[float], second: list[float]) -> float:
    """The largest difference; infinite when there are not as many."""
    if len(first) != len(second):
        return float("inf")
    return max((abs(a - b) for a, b in zip(first, second, strict=True)), default=0.0)
