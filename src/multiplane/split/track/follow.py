"""Who is who: objects that are followed, newcomers, and those who come back.

Nothing here knows how an object is carried from frame to frame; see
:class:`multiplane.split.track.backend.Propagator`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.core.items import Json
from multiplane.split.track.appearance import Looks, learn, likeness, looks_of
from multiplane.split.track.backend import Following, Look, Propagator, Sighting
from multiplane.split.track.config import EVERY_FRAMES, TrackOptions
from multiplane.split.track.matching import match, match_returning
from multiplane.split.track.overlap import box_covered, covered, iou

Find: TypeAlias = Callable[[int, Frame], Sequence[Look] | None]
"""Frame number and frame → what is found there; None where nobody looked."""

_BLINK = 2
"""Frames out of sight after which somebody who is seen again has to look the same."""
_INSIDE = 0.5
"""What lies further under those in sight is a part of them, no newcomer."""
_DOUBTED = 2
"""Looks that do not find somebody whose way is lost bit by bit, after which it is not believed."""


@dataclass
class Track:
    """What is known of one object.

    Attributes:
        number: Its number, from 1.
        first: The frame it was first seen in.
        last: The frame it was last seen in.
        looks: Its colours; None before they were seen.
        centre: Where it was last, (x, y) px.
        followed: Whether the propagator knows it.
        frames: How many frames it was seen in.
        largest_px: Its largest area.
        score: The sum of its scores.
        doubts: How many looks in a row did not find it.
        came_back: How often it had been out of sight and was known again.
    """

    number: int
    first: int
    last: int
    looks: Looks | None = None
    centre: tuple[float, float] = (0.0, 0.0)
    followed: bool = True
    frames: int = 0
    largest_px: int = 0
    score: float = 0.0
    doubts: int = 0
    came_back: int = 0

    def to_json(self) -> dict[str, Json]:
        """A row of the table of tracks."""
        return {
            "track_id": self.number,
            "first": self.first,
            "last": self.last,
            "frames": self.frames,
            "largest_px": self.largest_px,
            "score": round(self.score / max(1, self.frames), 4),
            "came_back": self.came_back,
        }


def follow(
    frames: Iterable[Frame],
    looks: Find,
    propagator: Propagator,
    options: TrackOptions | None = None,
) -> Iterator[list[Instance]]:
    """Follow the objects of one shot.

    Args:
        frames: Of one size, in order; each is taken once.
        looks: Finds objects in a frame by itself; asked about the first frame and every
            ``every_frames`` after it.
        propagator: Carries objects from frame to frame.
        options: When two sightings are the same object, and who is left out.

    Yields:
        The objects in sight, by their numbers, a list a frame.
    """
    yield from Tracks(looks, propagator, options or TrackOptions()).through(frames)


class Tracks:
    """The objects of one shot, from its first frame to its last."""

    def __init__(self, looks: Find, propagator: Propagator, options: TrackOptions) -> None:
        """See :func:`follow`."""
        self._find, self._options = looks, options
        self._drifts = propagator.drifts
        self._following: Following = propagator.start()
        self._tracks: dict[int, Track] = {}
        self._ids: dict[int, int] = {}
        self._index = -1

    def through(self, frames: Iterable[Frame]) -> Iterator[list[Instance]]:
        """Go through the frames; the work is done as they are asked for."""
        for frame in frames:
            yield self.add(frame)

    def add(self, frame: Frame) -> list[Instance]:
        """Take the next frame: the objects in it, by their numbers."""
        self._index += 1
        seen = self._believed(frame, self._following.step(frame))
        every = self._options.every_frames
        every = EVERY_FRAMES if every is None else every
        if self._index % every == 0 if every else self._index == 0:
            looks = self._find(self._index, frame)
            if looks is not None:
                self._admit(frame, seen, [look for look in looks if self._large(look)])
        return self._noted(frame, seen)

    def table(self) -> list[Json]:
        """One row a track, by their numbers."""
        return [self._tracks[number].to_json() for number in sorted(self._tracks)]

    def _large(self, look: Look) -> bool:
        if look.mask is not None:
            return int(np.count_nonzero(look.mask)) >= max(1, self._options.min_instance_px)
        x0, y0, x1, y1 = look.box
        return (x1 - x0) * (y1 - y0) >= self._options.min_instance_px

    def _believed(
        self, frame: Frame, sightings: Mapping[int, Sighting]
    ) -> dict[int, Sighting]:  # fmt: skip
        """Those who are in sight and who they are said to be."""
        least = max(1, self._options.min_instance_px)
        seen = {
            number: sighting
            for number, sighting in sightings.items()
            if int(np.count_nonzero(sighting.mask)) >= least
            and self._is_itself(frame, self._tracks[number], sighting)
        }
        for first, second in combinations(sorted(seen), 2):
            if first in seen and second in seen:
                together = iou(seen[first].mask, seen[second].mask)
                if together >= self._options.identity.twin_iou:
                    del seen[self._impostor(frame, seen, first, second)]
        for number, track in self._tracks.items():
            away = self._index - track.last
            if track.followed and number not in seen and away > self._forget_frames:
                self._following.remove(number)
                track.followed = False
        return seen

    @property
    def _forget_frames(self) -> int:
        return self._options.identity.forget_frames

    def _is_itself(self, frame: Frame, track: Track, sighting: Sighting) -> bool:
        """Whether somebody who was out of sight looks as before."""
        if self._index - track.last <= _BLINK or track.looks is None:
            return True
        looks = looks_of(frame, sighting.mask)
        return looks is not None and likeness(looks, track.looks) >= self._options.identity.alike

    def _impostor(
        self, frame: Frame, seen: Mapping[int, Sighting], first: int, second: int
    ) -> int:  # fmt: skip
        """Which of two that have become one it is not; the later one where colours cannot say."""
        likes = []
        for number in (first, second):
            looks, known = looks_of(frame, seen[number].mask), self._tracks[number].looks
            likes.append(likeness(looks, known) if looks is not None and known is not None else 1.0)
        return first if likes[0] < likes[1] - 0.05 else second

    def _admit(self, frame: Frame, seen: dict[int, Sighting], looks: Sequence[Look]) -> None:
        """Lay what was found on those in sight; take in newcomers and those who come back."""
        touching = {place: _held(look, seen) for place, look in enumerate(looks)}
        touched = {number for held in touching.values() if len(held) > 1 for number in held}
        looks = [look for place, look in enumerate(looks) if len(touching[place]) < 2]
        laid = match(looks, seen, self._options.identity.same_iou)
        pairs = self._by_id(looks, laid)
        for place, number in pairs.items():
            self._know_id(looks[place], number)
            if self._drifts or laid.get(place) != number:
                seen[number] = self._following.add(number, looks[place])
                self._tracks[number].followed = True
        self._doubt(seen, set(pairs.values()) | touched)
        together = np.zeros(frame.shape[:2], np.bool_)
        for sighting in seen.values():
            together |= sighting.mask
        fresh = [
            look
            for place, look in enumerate(looks)
            if place not in pairs and _under(look, together) <= _INSIDE
        ]
        self._welcome(frame, seen, fresh, together)

    def _welcome(
        self, frame: Frame, seen: dict[int, Sighting], fresh: Sequence[Look], together: Mask
    ) -> None:
        """Give numbers to what nobody in sight accounts for: old ones to those who come back."""
        gone = [
            track
            for track in self._tracks.values()
            if track.number not in seen and track.looks is not None
        ]
        back = match_returning(frame, fresh, gone, self._options.identity.alike)
        order = sorted(range(len(fresh)), key=lambda place: (-fresh[place].score, place))
        for place in order:
            look = fresh[place]
            if len(seen) >= self._options.max_instances or _under(look, together) > _INSIDE:
                continue
            number = back.get(place, 0)
            if not number or self._is_another(look, number):
                number = self._new_number(look)
            sighting = self._following.add(number, look)
            if int(np.count_nonzero(sighting.mask)) < max(1, self._options.min_instance_px):
                self._following.remove(number)
                if number in self._tracks:
                    self._tracks[number].followed = False
                continue
            if number not in self._tracks:
                self._tracks[number] = Track(number, self._index, self._index)
            self._tracks[number].followed = True
            self._know_id(look, number)
            seen[number] = sighting
            together |= sighting.mask

    def _by_id(self, looks: Sequence[Look], laid: Mapping[int, int]) -> dict[int, int]:
        """Look → number: names of whoever found them go before where they lie."""
        named: dict[int, int] = {}
        for place, look in enumerate(looks):
            number = self._ids.get(look.id) if look.id is not None else None
            if number is not None and number not in named.values():
                named[place] = number
        for place, number in laid.items():
            if number not in named.values() and not self._is_another(looks[place], number):
                named.setdefault(place, number)
        return named

    def _is_another(self, look: Look, number: int) -> bool:
        """Whether something found has a name, and the number is known by another."""
        return look.id is not None and any(
            number == known and name != look.id for name, known in self._ids.items()
        )

    def _know_id(self, look: Look, number: int) -> None:
        if look.id is not None:
            self._ids.setdefault(look.id, number)

    def _new_number(self, look: Look) -> int:
        if look.id is not None and look.id not in self._tracks:
            return look.id
        return max(self._tracks, default=0) + 1

    def _doubt(self, seen: dict[int, Sighting], found: set[int]) -> None:
        """Where ways are lost bit by bit, do not believe for long in whom no look finds."""
        for number in list(seen):
            track = self._tracks[number]
            track.doubts = 0 if number in found else track.doubts + 1
            if self._drifts and track.doubts >= _DOUBTED:
                self._following.remove(number)
                track.followed = False
                track.doubts = 0
                del seen[number]

    def _noted(self, frame: Frame, seen: Mapping[int, Sighting]) -> list[Instance]:
        """Note what was seen of each, and tell it."""
        told = []
        for number in sorted(seen):
            sighting, track = seen[number], self._tracks[number]
            box = box_of(sighting.mask)
            area = int(np.count_nonzero(sighting.mask))
            track.came_back += track.frames > 0 and self._index - track.last > _BLINK
            track.last = self._index
            track.frames += 1
            track.largest_px = max(track.largest_px, area)
            track.score += sighting.score
            track.centre = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            others = (other.mask for place, other in seen.items() if place != number)
            if not any(covered(sighting.mask, mask) > 0.1 for mask in others):
                looks = looks_of(frame, sighting.mask)
                track.looks = learn(track.looks, looks) if looks is not None else track.looks
            told.append(Instance(sighting.mask, number, float(sighting.score), box))
        return told


def _held(look: Look, seen: Mapping[int, Sighting]) -> list[int]:
    """Who of those in sight lies mostly within something found.

    Two and more touch and were found as one: that says nothing about any of them.
    """
    if look.mask is None:
        return []
    return [n for n, sighting in seen.items() if covered(sighting.mask, look.mask) > _INSIDE]


def _under(look: Look, together: Mask) -> float:
    """How far something found lies under those in sight, in [0, 1]."""
    if look.mask is not None:
        return covered(look.mask, together)
    return box_covered(look.box, together)
