"""Who was in a clip and how far the eyes agreed, counted while its frames pass by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from multiplane.core.items import Json
from multiplane.split.export.parts import Part
from multiplane.split.export.series import Series
from multiplane.split.stereo.people_file import FramePeople, read_people

MOST_TOLD = 1000
"""Disagreements that figures hold one by one; all of them stand in the files of people."""
MOST_DRAWN = 32
"""People whose agreement is kept over time one by one, those who come first."""


@dataclass
class _Presence:
    first: int
    last: int = 0
    frames: int = 0
    scores: float = 0.0


class Tally:
    """Counts people, agreement and corrections."""

    def __init__(self, start: int) -> None:
        """Begin a clip.

        Args:
            start: Number of the first frame.
        """
        self._who: dict[int, _Presence] = {}
        self._start = start
        self._agreement, self._people = Series(start), Series(start)
        self._each: dict[int, Series] = {}
        self._corrected: Counter[str] = Counter()
        self._one_eye = 0
        self._worst_id = 0

    def add(self, people: FramePeople) -> None:
        """Count one frame."""
        scores: dict[int, float] = {}
        for eye in people.eyes:
            for person in eye:
                scores[person.id] = max(person.score, scores.get(person.id, 0.0))
        for number, score in scores.items():
            one = self._who.setdefault(number, _Presence(people.index))
            one.last, one.frames, one.scores = people.index, one.frames + 1, one.scores + score
        self._people.add(people.index, len(scores))
        self._agreement.add(people.index, None)
        for pair in people.pairs:
            if pair.corrected:
                self._corrected[pair.corrected] += 1
            if pair.agreement is None:
                self._one_eye += 1
                continue
            least = self._agreement.least
            if least is None or pair.agreement < least[0]:
                self._worst_id = pair.id
            self._agreement.add(people.index, pair.agreement)
            if pair.id in self._each or len(self._each) < MOST_DRAWN:
                own = self._each.setdefault(pair.id, Series(self._start))
                own.add(people.index, pair.agreement)

    def figures(self) -> dict[str, Json]:
        """What was counted."""
        people: list[Json] = [
            {
                "id": number,
                "first_frame": one.first,
                "last_frame": one.last,
                "frames": one.frames,
                "mean_score": round(one.scores / one.frames, 4),
            }
            for number, one in sorted(self._who.items())
        ]
        corrected: dict[str, Json] = {**dict(sorted(self._corrected.items()))}
        return {
            "people": people,
            "people_per_frame": self._people.to_json(2),
            "agreement": {
                **self._agreement.to_json(),
                "min_id": self._worst_id or None,
                "corrected": corrected,
                "without_figure": self._one_eye,
                "by_person": [
                    {"id": number, **series.to_json()}
                    for number, series in sorted(self._each.items())
                ],
            },
        }


def disagreements(parts: Sequence[Part], numbers: Sequence[Mapping[int, int]]) -> dict[str, Json]:
    """Collect what the eyes disagreed on, each frame once, with the numbers of the clip.

    Args:
        parts: The chunks, in order.
        numbers: For each, its own number of a person → that in the clip.

    Returns:
        How many, and the first of them one by one.
    """
    told: list[Json] = []
    count = 0
    for part, own in zip(parts, numbers, strict=True):
        for one in _within(read_people(part.people).disagreements(), part):
            count += 1
            if len(told) < MOST_TOLD:
                number = one.get("id")
                known = own.get(number) if isinstance(number, int) else None
                told.append({**one, "id": known or number, "chunk": part.id})
    return {"count": count, "listed": told}


def _within(found: Iterable[dict[str, Any]], part: Part) -> Iterable[dict[str, Any]]:
    for one in found:
        frame = one.get("frame")
        if isinstance(frame, int) and part.start <= frame < part.stop:
            yield one
