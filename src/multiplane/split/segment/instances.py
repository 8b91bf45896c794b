"""Objects with numbers that stay theirs through a shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import Instance, box_of
from multiplane.core.items import Json
from multiplane.motion.flow import flow, warp
from multiplane.split.segment.backend import Belief, Part
from multiplane.split.segment.shot import shrink

_WORK_PX = 320
"""Long side at which objects are matched, pixels."""
_PATIENCE = 8
"""How many frames an object may be out of sight and still be the same one."""
_LEAST = 0.1
"""Overlap, intersection over union, below which two are not the same object."""


@dataclass
class _Track:
    number: int
    mask: Mask  # small, where it is believed to be now
    first: int
    last: int
    frames: int = 0
    area: int = 0
    score: float = 0.0


class Tracker:
    """Numbers the connected parts of masks, or parts that are given, frame after frame.

    A part has the number of the track whose mask, carried along by flow, it overlaps best; all
    are assigned at once (Kuhn 1955, doi:10.1002/nav.3800020109). When two objects touch, the
    part they form goes on as the larger; when they part again each gets its number back while it
    is remembered. Parts that come with numbers keep them.
    """

    def __init__(self, min_px: int, max_px: int = 0) -> None:
        """Begin a shot.

        Args:
            min_px: Smaller parts are left out, pixels.
            max_px: Larger parts are left out, pixels; 0 keeps all.
        """
        self._min_px, self._max_px = min_px, max_px
        self._tracks: list[_Track] = []
        self._alive: list[_Track] = []
        self._before: Frame | None = None
        self._index = -1

    def add(self, frame: Frame, mask: Mask, belief: Belief) -> list[Instance]:
        """Take the next frame.

        Args:
            frame: (H, W, 3).
            mask: (H, W).
            belief: (H, W), for the scores.

        Returns:
            Its instances, by their numbers; together they are the mask less what is too small or
            too large.
        """
        parts = [
            Part(part, float(np.clip(0.5 + 0.5 * belief[part].mean(), 0, 1)))
            for part in self._connected(mask)
        ]
        return self.take(frame, parts)

    def take(self, frame: Frame, parts: Sequence[Part]) -> list[Instance]:
        """Take the next frame, whose objects are told apart already.

        Args:
            frame: (H, W, 3).
            parts: Its objects; they may overlap.

        Returns:
            Instances by their numbers, less what is too small or too large.
        """
        self._index += 1
        parts = self._sizeable(parts)
        size = _small_size(frame)
        small = [_shrink_mask(part.mask, size) for part in parts]
        numbers = [part.track_id for part in parts if part.track_id is not None]
        if numbers:
            tracks = [self._track(number) for number in numbers]
        else:
            small_frame = shrink(frame, size)
            self._carry(small_frame)
            tracks = self._assign(small)
            self._before = small_frame
        found = []
        for part, tiny, track in zip(parts, small, tracks, strict=True):
            track.mask, track.last = tiny, self._index
            track.frames += 1
            track.area = max(track.area, int(np.count_nonzero(part.mask)))
            track.score += part.score
            found.append(Instance(part.mask, track.number, part.score, box_of(part.mask)))
        return sorted(found, key=lambda instance: instance.track_id)

    def table(self) -> list[Json]:
        """One row a track: from which to which frame, in how many, how large, how sure."""
        return [
            {
                "track_id": track.number,
                "first": track.first,
                "last": track.last,
                "frames": track.frames,
                "largest_px": track.area,
                "score": round(track.score / max(1, track.frames), 4),
            }
            for track in sorted(self._tracks, key=lambda track: track.number)
        ]

    def _sizeable(self, parts: Sequence[Part]) -> list[Part]:
        """Those of sensible size, the largest first."""
        sized = [(int(np.count_nonzero(part.mask)), part) for part in parts]
        most = self._max_px or np.inf
        kept = [(area, part) for area, part in sized if max(1, self._min_px) <= area <= most]
        return [part for _, part in sorted(kept, key=lambda pair: -pair[0])]

    def _track(self, number: int) -> _Track:
        """The track of a number that was given."""
        for track in self._tracks:
            if track.number == number:
                return track
        self._tracks.append(_Track(number, np.zeros((0, 0), np.bool_), self._index, self._index))
        return self._tracks[-1]

    def _connected(self, mask: Mask) -> list[Mask]:
        """The connected parts of sensible size, the largest first."""
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            mask.astype(np.uint8), connectivity=8
        )
        areas = {number: int(stats[number][cv2.CC_STAT_AREA]) for number in range(1, count)}
        most = self._max_px or mask.size
        kept = [number for number, area in areas.items() if self._min_px <= area <= most]
        kept.sort(key=lambda number: (-areas[number], number))
        return [np.asarray(labels == number) for number in kept]

    def _carry(self, frame: Frame) -> None:
        """Move what is remembered to where it should be in this frame."""
        if self._before is None:
            return
        for track in self._alive:
            if self._index - track.last > _PATIENCE:
                track.mask = np.zeros((0, 0), np.bool_)  # there may be thousands of them
        self._alive = [t for t in self._alive if t.mask.size]
        if self._alive:
            back = flow(frame, self._before, scale=1.0)
            for track in self._alive:
                track.mask = np.asarray(warp(track.mask, back, outside="zero"))

    def _assign(self, parts: list[Mask]) -> list[_Track]:
        """The track of each part; a new one where none fits."""
        alive = self._alive
        chosen: dict[int, _Track] = {}
        if alive and parts:
            overlap = _overlaps(parts, [track.mask for track in alive])
            rows, columns = linear_sum_assignment(-overlap)
            chosen = {
                int(r): alive[int(c)]
                for r, c in zip(rows, columns, strict=True)
                if overlap[r, c] >= _LEAST
            }
        for number, part in enumerate(parts):
            if number not in chosen:
                track = _Track(len(self._tracks) + 1, part, self._index, self._index)
                self._tracks.append(track)
                self._alive.append(track)
                chosen[number] = track
        return [chosen[number] for number in range(len(parts))]


def _overlaps(first: Sequence[Mask], second: Sequence[Mask]) -> NDArray[np.float64]:
    """Intersection over union of each of the first with each of the second."""
    rows = np.stack([mask.ravel() for mask in first]).astype(np.float32)
    columns = np.stack([mask.ravel() for mask in second]).astype(np.float32)
    both = (rows @ columns.T).astype(np.float64)  # whole numbers, exact below 2^24
    either = rows.sum(axis=1)[:, None] + columns.sum(axis=1)[None] - both
    return np.asarray(both / np.maximum(1, either), np.float64)


def _small_size(frame: Frame) -> tuple[int, int]:
    scale = min(1.0, _WORK_PX / max(frame.shape[:2]))
    return max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))


def _shrink_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    if mask.shape[::-1] == size:
        return mask
    soft = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= 64)
