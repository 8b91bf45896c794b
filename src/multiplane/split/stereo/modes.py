"""Who is in each eye of a chunk, by the same ids: independent, master and slave, or joint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.geometry.plane import Side
from multiplane.split.stereo.agreement import Sight, TwoEyes
from multiplane.split.stereo.backend import People, Seeds
from multiplane.split.stereo.config import StereoOptions
from multiplane.split.stereo.evidence import look_into
from multiplane.split.stereo.eyes import WorkingEyes
from multiplane.split.stereo.masks import EyeTrack, PackedMask, Person, together
from multiplane.split.stereo.masks import People as Crowd
from multiplane.split.stereo.pairing import overlaps, pair_up, raw_overlaps, same_ids
from multiplane.split.stereo.planes import PlaneTrack, planes_of, steadied
from multiplane.split.stereo.timing import Timings
from multiplane.split.stereo.verdict import why_missing
from multiplane.split.track.backend import Look

_SLIVER = 0.1
"""A part of somebody that crosses the seam of a joined picture and is smaller belongs to nobody."""

Shown = Mapping[int, Sequence[Look]]
"""Frame → who is known to be there."""


@dataclass
class Chunk:
    """What finding people in a chunk takes.

    Attributes:
        working: The eyes at working size.
        eyes: How they stand to each other; None for one eye, or without disparity.
        options: The mode, and how often people are shown.
        people: Who finds people, one an eye; the same twice where eyes are taken in turn.
        timings: Where seconds are counted.
        boxes: Eye → frame → boxes that a person drew; whoever is in them is followed, alone.
        planes: Id → frame → plane, from the left eye where it sees them; filled on the way.
        found: The same in the frames in which they were looked for.
        notes: Eye → what its backend had to tell; filled on the way.
    """

    working: WorkingEyes
    eyes: TwoEyes | None
    options: StereoOptions
    people: Sequence[People]
    timings: Timings
    boxes: Mapping[int, Shown] = field(default_factory=dict)
    planes: dict[int, PlaneTrack] = field(default_factory=dict)
    found: dict[int, PlaneTrack] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)


def find_people(chunk: Chunk) -> tuple[EyeTrack, ...]:
    """Find and follow the people of a chunk.

    Args:
        chunk: The chunk; its ``planes`` are filled.

    Returns:
        Of each eye, the left first, who it sees in each frame; the same id is the same person.
    """
    if len(chunk.working.frames) == 1:
        return (_follow(chunk, 0, chunk.boxes.get(0)),)
    if chunk.boxes.get(0) or chunk.boxes.get(1):
        return _by_boxes(chunk)
    if chunk.options.mode == "master_slave":
        return _master_slave(chunk)
    if chunk.options.mode == "joint":
        return _joint(chunk)
    left, right = _both(chunk, {})
    return _paired(chunk, left, right)


def _follow(chunk: Chunk, eye: int, shown: Shown | None) -> EyeTrack:
    seeds: Seeds | None = None if shown is None else shown.get
    who = chunk.people[min(eye, len(chunk.people) - 1)]
    stream = who.follow(chunk.working.frames[eye], seeds)
    track = [crowd(found) for found in chunk.timings.through("people", stream)]
    chunk.notes[eye] = list(who.notes)  # the other eye may be followed by the same backend
    return track


def crowd(found: Sequence[Instance]) -> Crowd:
    """Who was found in a frame, by id, held small; those without a pixel are left out."""
    people: Crowd = {}
    for one in sorted(found, key=lambda one: one.track_id):
        mask = PackedMask.of(one.mask)
        if mask.area_px:
            people[one.track_id] = Person(one.track_id, mask, float(np.clip(one.score, 0, 1)))
    return people


def _both(chunk: Chunk, shown: Mapping[int, Shown]) -> tuple[EyeTrack, EyeTrack]:
    """Both eyes, at once where that was asked for and each has its own backend."""

    def work(eye: int) -> EyeTrack:
        return _follow(chunk, eye, shown.get(eye))

    if len(chunk.people) > 1:
        with ThreadPoolExecutor(2) as pool:
            left, right = pool.map(work, (0, 1))
        return left, right
    return work(0), work(1)


def _paired(
    chunk: Chunk, left: EyeTrack, right: EyeTrack, known: bool = False
) -> tuple[EyeTrack, EyeTrack]:
    """The same ids for the same people.

    Also where ids were shown from eye to eye: one of them may have mistaken people for each other
    since.
    """
    with chunk.timings.of("stereo"):
        if chunk.eyes is None:
            tables = raw_overlaps(chunk.working.frames[0], left, right)
        else:
            found = chunk.found or _found(chunk, left, "left")
            tables = overlaps(chunk.eyes, left, right, _steady(chunk, found))
        left, right, joined = same_ids(left, right, pair_up(tables), known)
        if chunk.eyes is not None:
            renamed: dict[int, PlaneTrack] = {}
            for number, planes in found.items():
                renamed.setdefault(joined.get(number, number), {}).update(planes)
            chunk.planes.update(_steady(chunk, renamed))
    return left, right


def _found(chunk: Chunk, track: EyeTrack, side: Side) -> dict[int, PlaneTrack]:
    assert chunk.eyes is not None
    every = chunk.options.plane_every_frames
    return planes_of(chunk.eyes, chunk.working.frames, track, side, every)


def _steady(chunk: Chunk, found: Mapping[int, PlaneTrack]) -> dict[int, PlaneTrack]:
    frames, reach = range(len(chunk.working)), chunk.options.smooth_frames
    return {number: steadied(planes, reach, frames) for number, planes in found.items()}


def _master_slave(chunk: Chunk, boxes: Shown | None = None) -> tuple[EyeTrack, EyeTrack]:
    left = _follow(chunk, 0, boxes)
    with chunk.timings.of("stereo"):
        chunk.found = _found(chunk, left, "left")
        chunk.planes.update(_steady(chunk, chunk.found))
        shown = {
            index: shown_to(chunk, index, left[index], "right")
            for index in when_to_show([left], chunk.options.show_every_frames)
        }
    return _paired(chunk, left, _follow(chunk, 1, shown), known=True)


def _joint(chunk: Chunk) -> tuple[EyeTrack, EyeTrack]:
    joined = _Joined(chunk.working.frames[0], chunk.working.frames[1])
    halves: tuple[EyeTrack, EyeTrack] = ([], [])
    stream = chunk.people[0].follow(joined)
    for found in chunk.timings.through("people", stream):
        for half, track in zip(_halves(found, chunk.working.size[0]), halves, strict=True):
            track.append(half)
    left, right = _paired(chunk, *_counted(*halves))
    with chunk.timings.of("stereo"):
        only_right = [
            {number: one for number, one in people.items() if number not in chunk.planes}
            for people in right
        ]
        chunk.planes.update(_steady(chunk, _found(chunk, only_right, "right")))
        shown: tuple[dict[int, list[Look]], dict[int, list[Look]]] = ({}, {})
        for index in when_to_show([left, right], chunk.options.show_every_frames):
            for eye, (own, other) in enumerate(((left, right), (right, left))):
                looks = [_look(person) for person in own[index].values()]
                missing = {n: p for n, p in other[index].items() if n not in own[index]}
                side: Side = "right" if eye else "left"
                shown[eye][index] = looks + shown_to(chunk, index, missing, side, own[index])
    chunk.planes.clear()
    return _paired(chunk, *_both(chunk, dict(enumerate(shown))), known=True)


def _by_boxes(chunk: Chunk) -> tuple[EyeTrack, EyeTrack]:
    """Whoever a person drew boxes round, in the eyes they were drawn for."""
    if not chunk.boxes.get(1) and chunk.eyes is not None:
        return _master_slave(chunk, chunk.boxes[0])
    both = _both(chunk, {eye: chunk.boxes.get(eye, {0: []}) for eye in (0, 1)})
    return _paired(chunk, *both, known=True)


def when_to_show(tracks: Sequence[EyeTrack], every: int) -> list[int]:
    """In which frames people are shown to an eye.

    In the first, whenever somebody comes in or goes for good, and every so many frames. While
    somebody is gone who comes back, nobody is shown but for newcomers: the other eye may see them
    still, and follows them by itself.

    Args:
        tracks: Who is seen, by one eye or by both.
        every: Frames between.

    Returns:
        Indices in rising order.
    """
    there = [set[int]().union(*(track[at] for track in tracks)) for at in range(len(tracks[0]))]
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for index, numbers in enumerate(there):
        for number in numbers:
            first.setdefault(number, index)
            last[number] = index
    shown: list[int] = []
    for index, numbers in enumerate(there):
        away = any(first[n] < index < last[n] and n not in numbers for n in first)
        newcomer = index == 0 or bool(numbers - there[index - 1])
        gone = any(last[n] == index - 1 for n in first)
        due = bool(shown) and index - shown[-1] >= every
        if newcomer or ((gone or due) and not away):
            shown.append(index)
    return shown


def shown_to(
    chunk: Chunk, index: int, people: Crowd, side: Side, there: Crowd | None = None
) -> list[Look]:
    """People of one eye as they are shown to the other, without those it cannot see.

    Args:
        chunk: The chunk.
        index: The frame.
        people: Who the other eye sees.
        side: The eye to show them to.
        there: Who that eye sees already.
    """
    assert chunk.eyes is not None
    frames = chunk.working.frames[0][index], chunk.working.frames[1][index]
    shape = frames[0].shape[0], frames[0].shape[1]
    beside = together(there or {}, shape)
    looks: list[Look] = []
    for number, person in people.items():
        plane = chunk.planes.get(number, {}).get(index)
        if plane is None:
            continue
        mask, empty = person.mask.unpack(), np.zeros(shape, np.bool_)
        others = together({n: p for n, p in people.items() if n != number}, shape)
        masks = (mask, empty) if side == "right" else (empty, mask)
        around = (others, beside) if side == "right" else (beside, others)
        evidence = look_into(chunk.eyes, Sight(frames, masks, around, plane), side)
        if why_missing(mask, evidence).missed:
            carried = evidence.there
            looks.append(Look(carried, box_of(carried), person.score, number))
    return looks


def _counted(left: EyeTrack, right: EyeTrack) -> tuple[EyeTrack, EyeTrack]:
    """The same people with ids from 1, in the order they come in; each eye by itself."""
    counted = []
    for track in (left, right):
        seen = dict.fromkeys(number for people in track for number in people)
        names = {number: place for place, number in enumerate(seen, start=1)}
        counted.append([
            {names[n]: replace(one, id=names[n]) for n, one in people.items()} for people in track
        ])  # fmt: skip
    return counted[0], counted[1]


def _look(person: Person) -> Look:
    return Look(person.mask.unpack(), person.mask.box, person.score, person.id)


def _halves(found: Sequence[Instance], width: int) -> tuple[Crowd, Crowd]:
    """Who is on each side of the seam; ids are made so that none is on both."""
    halves: tuple[list[Instance], list[Instance]] = ([], [])
    for one in found:
        parts: tuple[Mask, Mask] = one.mask[:, :width], one.mask[:, width:]
        for eye, part in enumerate(parts):
            if np.count_nonzero(part) > _SLIVER * one.area_px:
                number = 2 * one.track_id - 1 + eye
                halves[eye].append(Instance(part, number, one.score, box_of(part)))
    return crowd(halves[0]), crowd(halves[1])


class _Joined(Sequence[Frame]):
    """Both eyes beside each other, joined when they are asked for."""

    def __init__(self, left: Sequence[Frame], right: Sequence[Frame]) -> None:
        self._left, self._right = left, right

    def __len__(self) -> int:
        return len(self._left)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | Sequence[Frame]:
        if isinstance(index, slice):
            return _Joined(self._left[index], self._right[index])
        return np.concatenate([self._left[index], self._right[index]], axis=1)

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(len(self)))
