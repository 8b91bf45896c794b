"""Which frames of each shot are taken, and how they reach the disk while the source streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.threads import map_ordered
from multiplane.split.shots.config import AdaptiveCuts, ContentCuts, NoCuts, ShotsOptions
from multiplane.split.shots.cuts import Marked, Picture, join_short, mark_cuts
from multiplane.split.shots.duplicates import distance_bits, perceptual_hash

_SPARE = 8
"""While a shot's length is not known, up to so many times the wanted frames are on the disk."""

Write = Callable[[str, Frame], tuple[str, Path]]
"""Writes a frame under a stem; gives the name for the record and the path written to."""


@dataclass(frozen=True)
class Taken:
    """A frame that was taken.

    Attributes:
        index: Its number in the source, from 0.
        time_s: When it is shown, in seconds; None for pictures of a folder.
        size: (width, height) in px.
        file: Its name for the record.
        written: What we wrote for it; None when the user's own file serves.
        ordinal: Its number among the frames of its segment that could be taken.
    """

    index: int
    time_s: float | None
    size: tuple[int, int]
    file: str
    written: Path | None
    ordinal: int


@dataclass
class Segment:
    """What lies between two cuts.

    Attributes:
        unlike: How unlike the frame before it begins, see :class:`Marked`.
        first: Number of its first frame in the source.
        length: How many frames of the source it has.
        offered: How many of them could have been taken.
        duplicates: How many were left out for looking like the one before.
        taken: The frames that were taken.
    """

    unlike: float
    first: int
    length: int = 0
    offered: int = 0
    duplicates: int = 0
    taken: list[Taken] = field(default_factory=list)


@dataclass(frozen=True)
class Shot:
    """One shot of a source.

    Attributes:
        first: Number of its first frame in the source.
        length: How many frames of the source it has.
        duplicates: How many were left out for looking like the one before.
        taken: The frames that were taken, in order; all of one size.
    """

    first: int
    length: int
    duplicates: int
    taken: tuple[Taken, ...]


def extract_shots(
    pictures: Iterable[Picture],
    cuts: AdaptiveCuts | ContentCuts | NoCuts,
    options: ShotsOptions,
    write: Write,
    shortest: int = 1,
) -> list[Shot]:
    """Find the shots of a source and put their frames on the disk, in one pass.

    A few frames are in memory at a time, however long the source. With ``max_frames_per_shot``
    at most eight times that many files of the shot that is passing by exist at a time; the
    surplus is removed as the shot grows.

    Args:
        pictures: The source, in order.
        cuts: How cuts are found.
        options: Which frames are taken.
        write: Called on several threads, once a frame that is not the user's own file.
        shortest: Frames a shot must have to stand on its own.

    Returns:
        The shots, in order.
    """
    segments: list[Segment] = []
    chosen = _choose(mark_cuts(pictures, cuts), options, segments)
    for number, taken in map_ordered(lambda job: (job[0], _take(job[1], job[2], write)), chosen):
        _keep(segments[number].taken, taken, options.max_frames_per_shot)
    groups = join_short([s.length for s in segments], [s.unlike for s in segments], shortest)
    return [
        _shot([segments[number] for number in group], options.max_frames_per_shot)
        for group in groups
    ]


def spread(count: int, most: int) -> list[int]:
    """Choose places evenly: the middles of as many equal parts; all of them when they fit.

    Args:
        count: How many there are.
        most: How many are wanted at most; 0 wants all.

    Returns:
        Rising places in [0, count).
    """
    if not most or count <= most:
        return list(range(count))
    return [(2 * part + 1) * count // (2 * most) for part in range(most)]


def _choose(
    marked: Iterable[Marked], options: ShotsOptions, segments: list[Segment]
) -> Iterator[tuple[int, int, Picture]]:
    """Yield (segment, ordinal, picture) of what is to be taken; count the rest in segments."""
    last_hash: int | None = None
    for mark in marked:
        if mark.begins:
            segments.append(Segment(mark.unlike, mark.picture.index))
            last_hash = None
        segment = segments[-1]
        segment.length += 1
        if (segment.length - 1) % options.every_frames:
            continue
        if options.drop_duplicates:
            this_hash = perceptual_hash(mark.thumb)
            if (
                last_hash is not None
                and distance_bits(this_hash, last_hash) <= options.duplicate_bits
            ):
                segment.duplicates += 1
                continue
            last_hash = this_hash
        if segment.offered % _stride(segment.offered, options.max_frames_per_shot) == 0:
            yield len(segments) - 1, segment.offered, mark.picture
        segment.offered += 1


def _take(ordinal: int, picture: Picture, write: Write) -> Taken:
    if picture.own is not None:
        file, written = picture.own, None
    else:
        file, written = write(picture.stem, picture.frame)
    size = (picture.frame.shape[1], picture.frame.shape[0])
    return Taken(picture.index, picture.time_s, size, file, written, ordinal)


def _stride(ordinal: int, most: int) -> int:
    """Every how many frames are kept once a shot has grown to this one; a power of two."""
    if not most:
        return 1
    return 1 << (ordinal // (_SPARE * most)).bit_length()


def _keep(taken: list[Taken], new: Taken, most: int) -> None:
    """Add a frame, and thin out the ones before it when the shot has grown too long for them."""
    stride = _stride(new.ordinal, most)
    if taken and stride != _stride(taken[-1].ordinal, most):
        for one in taken:
            if one.ordinal % stride:
                _remove(one)
        taken[:] = [one for one in taken if one.ordinal % stride == 0]
    taken.append(new)


def _shot(segments: Sequence[Segment], most: int) -> Shot:
    taken, places, offered = [], [], 0
    for segment in segments:
        taken += segment.taken
        places += [offered + one.ordinal for one in segment.taken]
        offered += segment.offered
    middles = (np.asarray(places[:-1]) + np.asarray(places[1:])) / 2
    kept = set(np.searchsorted(middles, spread(offered, most)).tolist())
    for number, one in enumerate(taken):
        if number not in kept:
            _remove(one)
    return Shot(
        first=segments[0].first,
        length=sum(segment.length for segment in segments),
        duplicates=sum(segment.duplicates for segment in segments),
        taken=tuple(one for number, one in enumerate(taken) if number in kept),
    )


def _remove(taken: Taken) -> None:
    if taken.written is not None:
        taken.written.unlink(missing_ok=True)
