"""The people of all chunks as one stream, each with one number through the whole clip.

Chunks number their people on their own. Two that overlap saw the same frames there: who lies on
whom in both eyes, taken together over those frames, is the same person (Hungarian assignment of
the IoU). Where chunks do not overlap the last frame of one is held against the first of the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from multiplane.core.errors import InputError
from multiplane.split.export.parts import Part
from multiplane.split.stereo.masks import PackedMask
from multiplane.split.stereo.people_file import FramePeople, read_people

SAME = 0.3
"""IoU over the overlap from which two are one person; neighbours in a crowd stay below it."""


class JoinedPeople:
    """Who is in the frames of a clip; iterate once.

    Attributes:
        numbers: For each chunk, its own number of a person → the number in the clip. Complete
            once all frames were taken.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        """Be ready to read.

        Args:
            parts: The chunks, in order.
        """
        self._parts = parts
        self.numbers: list[dict[int, int]] = []
        self._known = 0

    def __iter__(self) -> Iterator[FramePeople]:
        """Give one frame after the other, from the first chunk's ``start`` to the last's ``stop``.

        Frames that nobody looked at come with nobody in them.

        Raises:
            InputError: A file is not as it should be.
        """
        now = _Lines(self._parts[0])
        self.numbers = [_Numbers(self)]
        for number, part in enumerate(self._parts):
            after = self._parts[number + 1] if number + 1 < len(self._parts) else None
            following = _Lines(after) if after else None
            same = _Overlap()
            people = None
            for frame in range(part.start, part.stop):
                people = now.at(frame)
                if after and following and frame >= after.first:
                    same.add(people, following.at(frame))
                yield renumbered(people, self.numbers[number])
            if following and after:
                first = following.at(after.start)
                if after.first == after.start and people:
                    same.add(people, first)
                matched = same.matched()
                self.numbers.append(
                    _Numbers(self, {new: self.numbers[number][old] for new, old in matched.items()})
                )
                now = following

    def new(self) -> int:
        """The number of somebody who was not seen before, from 1."""
        self._known += 1
        return self._known

    @property
    def count(self) -> int:
        """How many people there are in the clip, as far as it was read."""
        return self._known


class _Numbers(dict[int, int]):
    """A chunk's own number → that in the clip; who is asked for first is new."""

    def __init__(self, clip: JoinedPeople, known: Mapping[int, int] | None = None) -> None:
        super().__init__(known or {})
        self._clip = clip

    def __missing__(self, number: int) -> int:
        self[number] = self._clip.new()
        return self[number]


def renumbered(people: FramePeople, numbers: Mapping[int, int]) -> FramePeople:
    """The same frame with other numbers, in rising order."""
    eyes = tuple(
        tuple(sorted((replace(p, id=numbers[p.id]) for p in eye), key=lambda p: p.id))
        for eye in people.eyes
    )
    pairs = (replace(pair, id=numbers[pair.id]) for pair in people.pairs)
    return FramePeople(people.index, eyes, tuple(sorted(pairs, key=lambda pair: pair.id)))


class _Lines:
    """The frames of one file, asked for in rising order; the last one may be asked for again."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._frames = read_people(part.people).frames()
        self._ahead: FramePeople | None = next(self._frames, None)
        self._last: FramePeople | None = None
        self._eyes = len(self._ahead.eyes) if self._ahead else 1

    def at(self, index: int) -> FramePeople:
        if self._last and self._last.index == index:
            return self._last
        while self._ahead and self._ahead.index < index:
            self._ahead = next(self._frames, None)
        if self._ahead and self._ahead.index == index:
            self._last, self._ahead = self._ahead, next(self._frames, None)
            return self._last
        self._last = FramePeople(index, ((),) * self._eyes)
        return self._last


class _Overlap:
    """How much the people of two chunks lie on each other, in px summed over frames and eyes."""

    def __init__(self) -> None:
        self._both: Counter[tuple[int, int]] = Counter()
        self._before: Counter[int] = Counter()
        self._after: Counter[int] = Counter()

    def add(self, before: FramePeople, after: FramePeople) -> None:
        """Take a frame that both saw into account.

        Raises:
            InputError: One has two eyes and the other one, or masks of different sizes.
        """
        for left, right in zip(before.eyes, after.eyes, strict=False):
            self._before.update({p.id: p.mask.area_px for p in left})
            self._after.update({p.id: p.mask.area_px for p in right})
            for one in left:
                for other in right:
                    shared = shared_px(one.mask, other.mask)
                    if shared:
                        self._both[one.id, other.id] += shared

    def matched(self) -> dict[int, int]:
        """Number in the later chunk → number in the earlier one."""
        before, after = sorted(self._before), sorted(self._after)
        table = np.zeros((len(before), len(after)))
        for (one, other), shared in self._both.items():
            union = self._before[one] + self._after[other] - shared
            table[before.index(one), after.index(other)] = shared / union
        if not table.size:
            return {}
        worth = np.where(table >= SAME, table, 0.0)
        rows, columns = linear_sum_assignment(-worth)
        return {
            after[column]: before[row]
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
            if worth[row, column] > 0
        }


def shared_px(one: PackedMask, other: PackedMask) -> int:
    """How many pixels two masks share.

    Args:
        one: A mask.
        other: A mask of the same size.

    Raises:
        InputError: It is of another size.
    """
    if one.shape != other.shape:
        raise InputError(
            f"masks of {one.shape} and {other.shape} in chunks of one clip",
            why="people are known again by where they are",
            fix="run split.stereo again for the whole clip",
        )
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = one.box, other.box
    x0, y0, x1, y1 = max(ax0, bx0), max(ay0, by0), min(ax1, bx1), min(ay1, by1)
    if x0 >= x1 or y0 >= y1:
        return 0
    first = one.crop()[y0 - ay0 : y1 - ay0, x0 - ax0 : x1 - ax0]
    second = other.crop()[y0 - by0 : y1 - by0, x0 - bx0 : x1 - bx0]
    return int(np.count_nonzero(first & second))
