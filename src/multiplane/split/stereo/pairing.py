"""Who in one eye is who in the other, over a whole chunk.

Frame by frame everybody of the left eye is laid over everybody of the right one through their own
plane; who belongs to whom is then decided for all at once (Kuhn 1955, doi:10.1002/nav.3800020109)
on the sum over the frames round it. So one bad frame swaps nobody, and if one eye does mistake two
people for each other after they crossed, the pairs follow them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from multiplane.core.arrays import Frame
from multiplane.split.stereo.agreement import TwoEyes, raw_iou, within
from multiplane.split.stereo.masks import EyeTrack, Person
from multiplane.split.stereo.planes import PlaneTrack

Table = dict[tuple[int, int], float]
"""(id in the left eye, id in the right eye) → how far they lie on each other, of one frame."""

REACH_FRAMES = 8
"""Frames before and after that have a say in who is who, the less the farther away."""
LEAST = 0.25
"""Mean overlap below which two are not the same."""


def overlaps(
    eyes: TwoEyes, left: EyeTrack, right: EyeTrack, planes: dict[int, PlaneTrack]
) -> list[Table]:
    """How far everybody of the left eye lies on everybody of the right one.

    Args:
        eyes: How they stand.
        left: Who the left eye sees.
        right: Who the right eye sees.
        planes: Id in the left eye → frame → plane.

    Returns:
        A table a frame, of those who touch.
    """
    tables: list[Table] = []
    for index, (here, there) in enumerate(zip(left, right, strict=True)):
        table: Table = {}
        crops = {number: person.mask.crop() for number, person in there.items()}
        for number, person in here.items():
            plane = planes.get(number, {}).get(index)
            if plane is None or not crops:
                continue
            carried = eyes.transfer(person.mask.unpack(), plane, "right")
            seen = within(eyes, plane, "right", carried.shape)
            area = int(np.count_nonzero(carried))
            for other, crop in crops.items():  # everybody with everybody: only their boxes
                x0, y0, x1, y1 = there[other].mask.box
                box = (slice(y0, y1), slice(x0, x1))
                mask = crop & seen[box]
                shared = int(np.count_nonzero(mask & carried[box]))
                if shared:
                    either = area + int(np.count_nonzero(mask)) - shared
                    table[number, other] = shared / either
        tables.append(table)
    return tables


def raw_overlaps(
    frames: Sequence[Frame], left: EyeTrack, right: EyeTrack
) -> list[Table]:  # fmt: skip
    """How alike people of both eyes lie, without any depth: for when nothing is known of it.

    Args:
        frames: Of the left eye, for their width.
        left: Who the left eye sees.
        right: Who the right eye sees.

    Returns:
        A table a frame: overlap of the masks once their middles lie on each other, less the
        farther apart they are.
    """
    tables: list[Table] = []
    for frame, here, there in zip(frames, left, right, strict=True):
        table: Table = {}
        for number, person in here.items():
            for other, mate in there.items():
                found = _alike(person, mate, frame.shape[1])
                if found > 0:
                    table[number, other] = found
        tables.append(table)
    return tables


def _alike(first: Person, second: Person, width: int) -> float:
    a, b = first.mask.box, second.mask.box
    across = ((a[0] + a[2]) - (b[0] + b[2])) / 2
    down = ((a[1] + a[3]) - (b[1] + b[3])) / 2
    near = max(0.0, 1.0 - abs(across) / (0.15 * width) - abs(down) / (0.05 * width))
    if not near:
        return 0.0
    moved = np.roll(second.mask.unpack(), (round(down), round(across)), axis=(0, 1))
    return near * raw_iou(first.mask.unpack(), moved)


def pair_up(tables: Sequence[Table]) -> list[dict[int, int]]:
    """Decide who is who in every frame.

    Args:
        tables: One a frame.

    Returns:
        Of each frame, id in the right eye → id in the left eye, of those who are in both.
    """
    pairs: list[dict[int, int]] = []
    for index in range(len(tables)):
        total: dict[tuple[int, int], float] = {}
        times: dict[tuple[int, int], float] = {}
        for at in range(max(0, index - REACH_FRAMES), min(len(tables), index + REACH_FRAMES + 1)):
            weight = 1 / (1 + abs(at - index))
            for pair, found in tables[at].items():
                total[pair] = total.get(pair, 0.0) + weight * found
                times[pair] = times.get(pair, 0.0) + weight
        chosen = _best({pair: total[pair] for pair in total if total[pair] >= LEAST * times[pair]})
        here = tables[index]
        pairs.append({right: left for left, right in chosen if (left, right) in here})
    return pairs


def _best(worth: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    if not worth:
        return []
    lefts, rights = sorted({a for a, _ in worth}), sorted({b for _, b in worth})
    table = np.array([[worth.get((a, b), 0.0) for b in rights] for a in lefts])
    rows, columns = linear_sum_assignment(-table)
    return [
        (lefts[row], rights[column])
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if table[row, column] > 0
    ]


def same_ids(
    left: EyeTrack, right: EyeTrack, pairs: Sequence[dict[int, int]], known: bool = False
) -> tuple[EyeTrack, EyeTrack, dict[int, int]]:
    """Give the same people the same ids in both eyes.

    Ids of the left eye lead. Two ids of it that come one after the other and are one person in the
    right eye become one; whoever only the right eye sees keeps one id of their own, or the one
    they are paired by in other frames.

    Args:
        left: Who the left eye sees.
        right: Who the right eye sees.
        pairs: Of each frame, id in the right eye → id in the left eye.
        known: Whether ids were meant to be the same to begin with: then whoever is paired with
            nobody keeps theirs.

    Returns:
        Both eyes, with ids that mean the same, and what ids of the left eye are called now.
    """
    joined = _joined(left, pairs)
    left = [_renamed(people, joined) for people in left]
    named = [{r: joined.get(a, a) for r, a in pair.items()} for pair in pairs]
    usual: dict[int, Counter[int]] = {}
    for pair in named:
        for other, number in pair.items():
            usual.setdefault(other, Counter())[number] += 1
    tracks = (left, right) if known else (left,)
    unused = max((n for track in tracks for people in track for n in people), default=0) + 1
    own: dict[int, int] = {}
    for other in sorted({number for people in right for number in people} - usual.keys()):
        own[other] = joined.get(other, other) if known else unused
        unused += not known
    for other, counts in usual.items():
        own[other] = min(counts, key=lambda number: (-counts[number], number))
    spare: dict[int, int] = {}
    result: EyeTrack = []
    for people, pair in zip(right, named, strict=True):
        names = dict(pair)
        for other in sorted(people.keys() - pair.keys()):
            number = own[other]
            if number in names.values():
                if other not in spare:
                    spare[other], unused = unused, unused + 1
                number = spare[other]
            names[other] = number
        result.append(_renamed(people, names))
    return left, result, joined


def _joined(left: EyeTrack, pairs: Sequence[dict[int, int]]) -> dict[int, int]:
    """Ids of the left eye that are the same person by what the right eye says: new → old."""
    first = _firsts(left)
    last = {number: at for at, people in enumerate(left) for number in people}
    mates: dict[int, Counter[int]] = {}
    for pair in pairs:
        for other, number in pair.items():
            mates.setdefault(number, Counter())[other] += 1
    usual = {number: counts.most_common(1)[0][0] for number, counts in mates.items()}
    joined: dict[int, int] = {}
    ends: dict[int, tuple[int, int]] = {}  # id in the right eye → (id of the left, its last frame)
    for number in sorted(usual, key=lambda number: (first[number], number)):
        mate = usual[number]
        if mate in ends and ends[mate][1] < first[number]:
            joined[number] = ends[mate][0]
            ends[mate] = ends[mate][0], last[number]
        elif mate not in ends or ends[mate][1] < last[number]:
            ends[mate] = number, last[number]
    return joined


def _firsts(track: EyeTrack) -> dict[int, int]:
    found: dict[int, int] = {}
    for index, people in enumerate(track):
        for number in people:
            found.setdefault(number, index)
    return found


def _renamed(people: dict[int, Person], names: dict[int, int]) -> dict[int, Person]:
    renamed = [replace(person, id=names.get(person.id, person.id)) for person in people.values()]
    return {person.id: person for person in sorted(renamed, key=lambda person: person.id)}
