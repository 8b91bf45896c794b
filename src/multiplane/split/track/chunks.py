"""A shot in chunks that overlap: each has a fresh memory, seeded by what the one before saw.

It is a propagator itself, round another one: who follows need not know of chunks.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.track.backend import Following, Look, Propagator, Sighting
from multiplane.split.track.overlap import iou

_LOG = logging.getLogger(__name__)

_AGREES = 0.5
"""Overlap, IoU, below which the fresh memory is shown again, at the end of the overlap, what the
one before saw there."""


@dataclass
class _Past:
    """A frame of the overlap and who was seen in it, their masks packed to bits."""

    frame: Frame
    seen: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    def note(self, number: int, mask: Mask) -> None:
        if mask.any():
            self.seen[number] = np.packbits(mask)
        else:
            self.seen.pop(number, None)

    def mask(self, number: int) -> Mask:
        height, width = self.frame.shape[:2]
        bits = np.unpackbits(self.seen[number], count=height * width)
        return bits.reshape(height, width).astype(np.bool_)


class Chunked:
    """Carries objects chunk by chunk.

    Attributes:
        drifts: As that of the propagator inside.
    """

    def __init__(self, inner: Propagator, chunk_frames: int, overlap_frames: int) -> None:
        """Wrap a propagator.

        Args:
            inner: What carries objects within a chunk.
            chunk_frames: Frames of a chunk, those of the overlap included; 0 for as long as memory
                suffices.
            overlap_frames: Frames that two chunks share.
        """
        self.inner, self.chunk_frames, self.overlap_frames = inner, chunk_frames, overlap_frames
        self.drifts = inner.drifts
        self._told: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What was done about too little memory."""
        return [*self.inner.notes, *self._told]

    def start(self) -> Following:
        """Begin with a shot."""
        return _Chunks(self)

    def fell_short(self, error: Exception) -> bool:
        """What falls short within a chunk is answered here."""
        return self.inner.fell_short(error)

    def shorten(self, reached: int) -> None:
        """Make chunks shorter, since memory fell short after so many frames of one."""
        least = self.overlap_frames + 1
        self.chunk_frames = max(least, reached // 2)
        note = f"memory fell short after {reached} frames; went on in chunks of {self.chunk_frames}"
        _LOG.warning("%s", note)
        self._told.append(note)


class _Chunks:
    """One shot, chunk after chunk."""

    def __init__(self, chunked: Chunked) -> None:
        self._chunked = chunked
        self._now = chunked.inner.start()
        self._known: set[int] = set()
        self._inside: set[int] = set()
        self._past: deque[_Past] = deque(maxlen=chunked.overlap_frames)
        self._length = 0

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Go on by one frame, in a fresh chunk where the last one is full."""
        chunk = self._chunked.chunk_frames
        if chunk and self._length >= chunk:
            self._renew()
        try:
            found = self._now.step(frame)
        except Exception as error:
            if not self._chunked.fell_short(error) or self._length <= len(self._past):
                raise
            self._chunked.shorten(self._length)
            self._renew()
            found = self._now.step(frame)
        self._length += 1
        past = _Past(frame)
        for number, sighting in found.items():
            past.note(number, sighting.mask)
        self._past.append(past)
        nobody = np.zeros(frame.shape[:2], np.bool_)
        lost = {number: Sighting(nobody, 0.0) for number in self._known if number not in found}
        return {**found, **lost}

    def add(self, number: int, look: Look) -> Sighting:
        """Show an object in the frame of the last step."""
        sighting = self._now.add(number, look)
        self._known.add(number)
        self._inside.add(number)
        self._past[-1].note(number, sighting.mask)
        return sighting

    def remove(self, number: int) -> None:
        """Follow somebody no longer."""
        self._known.discard(number)
        for past in self._past:
            past.seen.pop(number, None)
        if number in self._inside:
            self._now.remove(number)
            self._inside.discard(number)

    def _renew(self) -> None:
        """Begin a fresh memory at the start of the overlap, and bring it to where we are."""
        fresh, inside = self._chunked.inner.start(), set[int]()
        found: Mapping[int, Sighting] = {}
        for past in self._past:
            found = fresh.step(past.frame)
            for number in sorted(set(past.seen) - inside):
                fresh.add(number, _as_look(past.mask(number)))
                inside.add(number)
        for number in sorted(set(self._past[-1].seen) & set(found)):
            mask = self._past[-1].mask(number)
            if iou(mask, found[number].mask) < _AGREES:
                fresh.add(number, _as_look(mask))
        self._now, self._inside, self._length = fresh, inside, len(self._past)


def _as_look(mask: Mask) -> Look:
    x0, y0, x1, y1 = box_of(mask)
    return Look(mask, (x0, y0, x1, y1))
