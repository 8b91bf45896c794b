"""Beliefs steadied by those of the frames before and after, carried along by flow."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.core.threads import map_ordered
from multiplane.motion.flow import flow, warp
from multiplane.split.segment.backend import Belief
from multiplane.split.segment.shot import Shot

_OFF = 20.0
"""Grey levels by which what is carried may differ before it hardly counts."""
_KERNEL = np.exp(-np.square(np.arange(256) / _OFF)).astype(np.float32) + np.float32(1e-4)


def steady(
    beliefs: Iterator[Belief], shot: Shot, radius: int, threads: int = 0
) -> Iterator[Belief]:
    """Average each belief with its neighbours' where they show the same thing.

    Args:
        beliefs: One a frame, all of one size.
        shot: The frames.
        radius: How many neighbours on each side; 0 leaves everything as it is.
        threads: Threads; 0 is one a processor.

    Yields:
        One belief a frame, of the same size.
    """
    if radius == 0:
        yield from beliefs
        return
    yield from map_ordered(lambda job: _average(shot, *job), _windows(beliefs, radius), threads)


def _windows(beliefs: Iterator[Belief], radius: int) -> Iterator[tuple[int, dict[int, Belief]]]:
    window: deque[tuple[int, Belief]] = deque()
    due = 0
    for index, belief in enumerate(beliefs):
        window.append((index, belief))
        if index >= due + radius:
            yield due, dict(window)
            due += 1
            while window[0][0] < due - radius:
                window.popleft()
    last = window[-1][0] if window else -1
    while due <= last:
        yield due, dict(window)
        due += 1
        while window[0][0] < due - radius:
            window.popleft()


def _average(shot: Shot, index: int, window: dict[int, Belief]) -> Belief:
    own = window[index]
    size = (own.shape[1], own.shape[0])
    here = shot.small(index, size)
    total, weight = own.copy(), np.ones_like(own)
    for other, belief in window.items():
        if other == index:
            continue
        there = shot.small(other, size)
        way = flow(here, there, scale=0.75)
        share = likeness(here, warp(there, way)) * np.float32(1 / (1 + 0.25 * (other - index) ** 2))
        total += share * warp(belief, way)
        weight += share
    return np.asarray(total / weight, np.float32)


def likeness(frame: Frame, carried: Frame) -> Belief:
    """How much what flow carried here looks like what is here, in (0, 1], (h, w)."""
    red, green, blue = cv2.split(cv2.absdiff(frame, carried))
    return np.asarray(cv2.LUT(cv2.max(red, cv2.max(green, blue)), _KERNEL), np.float32)
