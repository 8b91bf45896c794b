"""Salience carried by flow to the frames between those that were looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

import cv2
import numpy as np

from multiplane.core.threads import map_ordered
from multiplane.motion.flow import flow, warp
from multiplane.split.segment.persistence import Map
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.temporal import likeness

_SALIENT, _AROUND = 0.3, 9
"""Where carrying must have gone well: round what is at least so salient, side of a square."""
_ALIKE, _LOST = 0.5, 0.2
"""What looks less alike than this was not found by flow; of more than this share nothing is
believed: a wing that beats is somewhere else in every frame."""

Side: TypeAlias = tuple[int, Map, float]
"""A frame that was looked at, its salience, and how much it counts, in [0, 1]."""


def looked_at(count: int, every: int) -> list[int]:
    """The frames that are looked at themselves: every so many, and the last."""
    return sorted({*range(0, count, every), count - 1})


def carry(
    shot: Shot,
    keys: Sequence[int],
    maps: Iterable[Map],
    look: Callable[[int], Map] | None = None,
    threads: int = 0,
) -> Iterator[Map]:
    """Fill in the frames between those that were looked at.

    Each gets what flow fetches from the one before and the one after, the nearer counting more.
    Where flow loses too much of what is salient, the frame is looked at itself.

    Args:
        shot: The shot.
        keys: The frames that were looked at, rising, first and last of the shot among them.
        maps: Salience of those, (h, w).
        look: Looks at a frame; None carries all the same. Called on several threads.
        threads: How many frames are worked on at a time; 0 is one a processor.

    Yields:
        One map a frame of the shot.
    """

    def fill(job: tuple[int, tuple[Side, ...]]) -> Map:
        index, sides = job
        if len(sides) == 1:
            return sides[0][1]
        carried, lost = _between(shot, index, sides)
        return look(index) if look is not None and lost > _LOST else carried

    yield from map_ordered(fill, _jobs(keys, maps), threads)


def _jobs(keys: Sequence[int], maps: Iterable[Map]) -> Iterator[tuple[int, tuple[Side, ...]]]:
    """Each frame of the shot, with what is carried to it."""
    before: Map | None = None
    for position, after in enumerate(maps):
        key = keys[position]
        if before is not None:
            start = keys[position - 1]
            for index in range(start + 1, key):
                share = (index - start) / (key - start)
                yield index, ((start, before, 1 - share), (key, after, share))
        yield key, ((key, after, 1.0),)
        before = after


def _between(shot: Shot, index: int, sides: Sequence[Side]) -> tuple[Map, float]:
    """Average what flow fetches from either side, where that looks like what is here.

    Returns:
        The average, and the share of what is salient that neither side shows.
    """
    first = sides[0][1]
    size = (first.shape[1], first.shape[0])
    total, weights, alike = (np.zeros_like(first) for _ in range(3))
    most = np.zeros_like(first)
    here = shot.small(index, size)
    for key, salience, share in sides:
        there = shot.small(key, size)
        way = flow(here, there, scale=0.66)
        like = likeness(here, warp(there, way))
        carried = warp(salience, way)
        total += share * like * carried
        weights += share * like
        alike = np.maximum(alike, like)
        most = np.maximum(most, np.maximum(carried, salience))
    around = cv2.dilate((most > _SALIENT).astype(np.uint8), np.ones((_AROUND, _AROUND), np.uint8))
    where = around > 0
    lost = float(np.mean(alike[where] < _ALIKE)) if where.any() else 0.0
    return np.asarray(total / weights, np.float32), lost
