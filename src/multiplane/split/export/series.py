"""Figures over the time of a clip, in as much memory whatever its length."""

from __future__ import annotations

from multiplane.core.items import Json

MOST = 400
"""Points of a series; with more, two neighbours become one."""


class Series:
    """Means over equal stretches of frames, which double in length as the clip goes on."""

    def __init__(self, start: int = 0, most: int = MOST) -> None:
        """Begin without a frame.

        Args:
            start: The number of the first frame.
            most: Points at most; even.
        """
        self._start = start
        self._most = most
        self._stretch = 1
        self._sums: list[float] = []
        self._counts: list[int] = []
        self._least: tuple[float, int] | None = None
        self._largest: tuple[float, int] | None = None

    def add(self, frame: int, value: float | None) -> None:
        """Note the value of a frame.

        Args:
            frame: Its number in the clip; not lower than the one before.
            value: None when there is none.
        """
        place = frame - self._start
        while place // self._stretch >= self._most:
            self._halve()
        while len(self._sums) <= place // self._stretch:
            self._sums.append(0.0)
            self._counts.append(0)
        if value is None:
            return
        self._sums[place // self._stretch] += value
        self._counts[place // self._stretch] += 1
        if self._least is None or value < self._least[0]:
            self._least = (value, frame)
        if self._largest is None or value > self._largest[0]:
            self._largest = (value, frame)

    def _halve(self) -> None:
        self._stretch *= 2
        odd = len(self._sums) % 2
        sums, counts = [*self._sums, *[0.0] * odd], [*self._counts, *[0] * odd]
        self._sums = [a + b for a, b in zip(sums[::2], sums[1::2], strict=True)]
        self._counts = [a + b for a, b in zip(counts[::2], counts[1::2], strict=True)]

    @property
    def mean(self) -> float | None:
        """Of all values; None without any."""
        count = sum(self._counts)
        return sum(self._sums) / count if count else None

    @property
    def least(self) -> tuple[float, int] | None:
        """The smallest value and the first frame that has it."""
        return self._least

    @property
    def largest(self) -> tuple[float, int] | None:
        """The largest value and the first frame that has it."""
        return self._largest

    def to_json(self, digits: int = 4) -> dict[str, Json]:
        """Mean, extremes and points: the mean of each stretch, null where there is none."""
        points: list[Json] = [
            round(total / count, digits) if count else None
            for total, count in zip(self._sums, self._counts, strict=True)
        ]
        mean = self.mean
        return {
            "mean": None if mean is None else round(mean, digits),
            "min": None if self._least is None else round(self._least[0], digits),
            "min_frame": None if self._least is None else self._least[1],
            "max": None if self._largest is None else round(self._largest[0], digits),
            "max_frame": None if self._largest is None else self._largest[1],
            "values": sum(self._counts),
            "first_frame": self._start,
            "frames_per_point": self._stretch,
            "points": points,
        }
