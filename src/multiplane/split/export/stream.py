"""One pass over a clip: decode, alphas of all chunks, compose; every file gets its frame."""

from __future__ import annotations

import contextlib
import os
from array import array
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from multiplane.core.errors import DamagedFileError
from multiplane.core.threads import cpu_count, map_ordered
from multiplane.media.clip import Clip
from multiplane.media.coded import CodedFrame
from multiplane.split.export.composite import Composed, Composing, Grey, Still
from multiplane.split.export.painting import painting_of
from multiplane.split.export.sinks import Sink
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

    frame: CodedFrame
    composed: Composed
    people: FramePeople


@dataclass(frozen=True)
class Footage:
    """A clip with what its chunks found in it.

    Attributes:
        clip: The clip.
        start: The first frame that is taken.
        stop: After the last one.
        alphas: uint8 (H, W), one for each of them.
        people: Who is in each of them.
        how: How they are put together.
    """

    clip: Clip
    start: int
    stop: int
    alphas: Generator[Grey, None, None]
    people: Iterable[FramePeople]
    how: Composing


def stream(
    footage: Footage,
    sinks: Sequence[Sink],
    watch: Callable[[Unit], None],
    threads: int = 0,
) -> array[int]:
    """Take every frame of a clip to every sink.

    A few frames are in memory at a time, whatever the length of the clip. They are composed on
    threads and written in order.

    Args:
        footage: The clip and what was found in it; taken once.
        sinks: Open; each gets each frame.
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
            painting_of(sink.target, unit.composed)
        return unit

    stamps = array("q")
    workers = threads or _workers(footage.clip.size, sinks)
    with contextlib.closing(_units(footage)) as units:
        composed = map_ordered(compose, units, workers, 1)
        with contextlib.closing(cast("Generator[Unit]", composed)) as ready:
            for unit in ready:
                for sink in sinks:
                    sink.write(unit.frame, unit.composed)
                watch(unit)
                stamps.append(unit.frame.pts)
                del unit  # before the next one is waited for
    return stamps


def _units(footage: Footage) -> Generator[Unit, None, None]:
    """Frames with their alphas and people, in step.

    Raises:
        DamagedFileError: The clip ends too early.
    """
    wanted = footage.stop - footage.start
    count = 0
    with (
        footage.clip.coded_frames(footage.start, footage.stop, ahead=_AHEAD) as frames,
        contextlib.closing(footage.alphas) as alphas,
    ):
        for frame, alpha, seen in zip(frames, alphas, footage.people, strict=False):
            # One that has to be turned cannot be looked at in parts.
            source = Still(frame.rgb()) if frame.convert.rotation else frame
            yield Unit(frame, Composed(source, alpha, footage.how), seen)
            count += 1
    if count < wanted:
        raise DamagedFileError(
            f"{footage.clip.path} gave {count} frames from {footage.start} on, wanted {wanted}",
            why="there are alphas for frames that cannot be decoded any more",
            fix="copy it again if it was cut off, and run the same command",
        )


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
