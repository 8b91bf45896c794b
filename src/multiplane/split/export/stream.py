"""One pass over a clip: decode, alphas of all chunks, compose; every file gets its frame."""

from __future__ import annotations

import contextlib
import os
from array import array
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from multiplane.core.errors import DamagedFileError
from multiplane.core.threads import cpu_count, map_ordered
from multiplane.media.clip import Clip, VideoFrame
from multiplane.split.export.composite import Composed, Composing
from multiplane.split.export.crossfade import Grey, fade_alphas
from multiplane.split.export.identities import JoinedPeople
from multiplane.split.export.parts import Part
from multiplane.split.export.sinks import Sink, picture_of
from multiplane.split.stereo.people_file import FramePeople

_AHEAD = 2
"""Frames that wait decoded."""
_MOST_WORKERS = 4
_BYTES_AT_ONCE = 600_000_000
"""Of frames that are composed or wait composed; more where the computer has more than 16 times as
much."""
_BYTES_PER_PIXEL = {"cutout": 4, "screen": 3, "packed": 3, "matte": 0}
"""Of what is made of a frame."""
_BYTES_OF_FRAME = 7
"""A pixel: the frame itself, its alpha, its colour."""


@dataclass(frozen=True)
class Unit:
    """One frame with all that is known of it.

    Attributes:
        frame: As decoded.
        composed: With its alpha.
        people: Who is in it.
    """

    frame: VideoFrame
    composed: Composed
    people: FramePeople


@dataclass(frozen=True)
class Footage:
    """A clip with what its chunks found in it.

    Attributes:
        clip: The clip.
        parts: Its chunks, in order.
        how: How its frames are put together.
    """

    clip: Clip
    parts: Sequence[Part]
    how: Composing

    @property
    def start(self) -> int:
        """The first frame."""
        return self.parts[0].start

    @property
    def stop(self) -> int:
        """After the last frame."""
        return self.parts[-1].stop


def stream(
    footage: Footage,
    sinks: Sequence[Sink],
    people: JoinedPeople,
    watch: Callable[[Unit], None],
    threads: int = 0,
) -> array[int]:
    """Take every frame of a clip to every sink.

    A few frames are in memory at a time, whatever the length of the clip. They are composed on
    threads and written in order.

    Args:
        footage: The clip and its chunks.
        sinks: Open; each gets each frame.
        people: Who is in the frames.
        watch: Told of each frame after it was written.
        threads: Frames composed at a time; 0 is one for two processors, four and what memory
            suffices for at most.

    Returns:
        The timestamps of the frames, in units of the clip's clock.

    Raises:
        DamagedFileError: The clip has fewer whole frames than its chunks.
        InputError: Alphas or people are not those of the clip.
        OutputError: The disk is full or a place cannot be written.
        BackendError: An encoder failed.
    """

    def compose(unit: Unit) -> Unit:
        for sink in sinks:
            picture_of(sink.target, unit.composed)
        return unit

    stamps = array("q")
    workers = threads or _workers(footage.clip.size, sinks)
    with contextlib.closing(_units(footage, people)) as units:
        composed = map_ordered(compose, units, workers, 1)
        with contextlib.closing(cast("Generator[Unit]", composed)) as ready:
            for unit in ready:
                for sink in sinks:
                    sink.write(unit.frame, unit.composed)
                watch(unit)
                stamps.append(unit.frame.pts)
                del unit  # before the next one is waited for
    return stamps


def _units(footage: Footage, people: JoinedPeople) -> Generator[Unit, None, None]:
    """Frames with their alphas and people, in step.

    Raises:
        DamagedFileError: The clip ends too early.
    """
    wanted = footage.stop - footage.start
    count = 0
    frames = footage.clip.frames(footage.start, footage.stop, ahead=_AHEAD)
    with contextlib.closing(fade_alphas(footage.parts, footage.clip.size)) as alphas:
        for frame, alpha, seen in _in_step(frames, alphas, people):
            yield Unit(frame, Composed(frame.frame, alpha, footage.how), seen)
            count += 1
    if count < wanted:
        raise DamagedFileError(
            f"{footage.clip.path} gave {count} frames from {footage.start} on, wanted {wanted}",
            why="there are alphas for frames that cannot be decoded any more",
            fix="copy it again if it was cut off, and run the same command",
        )


def _in_step(
    frames: Iterator[VideoFrame], alphas: Iterator[Grey], people: JoinedPeople
) -> Iterator[tuple[VideoFrame, Grey, FramePeople]]:
    yield from zip(frames, alphas, people, strict=False)


def _workers(size: tuple[int, int], sinks: Sequence[Sink]) -> int:
    """How many frames to compose at a time; decoder and encoders want processors too."""
    shown = {sink.target.kind.shows for sink in sinks}
    bytes_each = _BYTES_OF_FRAME + sum(_BYTES_PER_PIXEL[shows] for shows in shown)
    budget = max(_BYTES_AT_ONCE, memory_bytes() // 16)
    fit = budget // (size[0] * size[1] * bytes_each) - 1
    return max(1, min(_MOST_WORKERS, cpu_count() // 2, fit))


def memory_bytes() -> int:
    """Memory of the computer; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
