"""Salience over a shot: looked at in some frames, closer where somebody is."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.threads import map_ordered
from multiplane.split.segment.carry import carry, looked_at
from multiplane.split.segment.persistence import Map
from multiplane.split.segment.shot import Shot

Box: TypeAlias = tuple[int, int, int, int]
"""Half-open (x0, y0, x1, y1), pixels of the full frame."""

_MARGIN, _WORTH = 0.12, 0.7
"""Room round what was found, in its longer side; share of the frame up to which closer helps."""


class Predictor(Protocol):
    """Tells how salient each pixel of a frame is."""

    def predict(self, frame: Frame) -> Alpha:
        """(H, W) in [0, 1] for a frame of (H, W, 3)."""


def look(shot: Shot, index: int, predictor: Predictor, size: tuple[int, int], box: Box) -> Map:
    """Salience of a frame, found in a part of it and put where that is.

    Args:
        shot: The shot.
        index: Which frame.
        predictor: Who tells.
        size: (width, height) of the answer.
        box: The part that is looked at.

    Returns:
        (height, width) in [0, 1]; 0 outside the part.
    """
    x0, y0, x1, y1 = box
    frame = shot.frame(index)
    part = predictor.predict(np.ascontiguousarray(frame[y0:y1, x0:x1]))
    if (x1 - x0, y1 - y0) != shot.size:
        whole = np.zeros(frame.shape[:2], np.float32)
        whole[y0:y1, x0:x1] = part
        part = whole
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)


class Closer:
    """Where to look in each frame, once it is known where somebody was in some of them."""

    def __init__(self, shot: Shot, found: Mapping[int, Map]) -> None:
        """Draw boxes.

        Args:
            shot: The shot.
            found: Frame → belief, (h, w), > 0.3 where somebody surely is. The whole frame is
                looked at while this is empty, or where nobody was found.
        """
        self._size = shot.size
        self._whole: Box = (0, 0, *shot.size)
        self._known = sorted(found)
        self._boxes = {index: self._box(belief) for index, belief in found.items()}

    def box(self, index: int) -> Box:
        """The part of a frame to look at: where somebody is before and after, with room round."""
        if not self._known:
            return self._whole
        before = self._known[max(0, bisect_right(self._known, index) - 1)]
        after = self._known[min(len(self._known) - 1, bisect_left(self._known, index))]
        first, second = self._boxes[before], self._boxes[after]
        if first is None or second is None:
            return self._whole
        x0, y0 = min(first[0], second[0]), min(first[1], second[1])
        x1, y1 = max(first[2], second[2]), max(first[3], second[3])
        room = round(_MARGIN * max(x1 - x0, y1 - y0))
        width, height = self._size
        box = (
            max(0, x0 - room),
            max(0, y0 - room),
            min(width, x1 + room),
            min(height, y1 + room),
        )
        area = (box[2] - box[0]) * (box[3] - box[1])
        return box if area <= _WORTH * width * height else self._whole

    def _box(self, belief: Map) -> Box | None:
        """The box round everything sizeable that somebody surely is."""
        sure = cv2.morphologyEx(
            (belief > 0.3).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)
        )
        count, _, stats, _ = cv2.connectedComponentsWithStats(sure)
        least = 0.002 * belief.size
        boxes = [stats[i] for i in range(1, count) if stats[i][cv2.CC_STAT_AREA] > least]
        if not boxes:
            return None
        scale_x, scale_y = self._size[0] / belief.shape[1], self._size[1] / belief.shape[0]
        x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
        x1, y1 = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
        return (
            int(x0 * scale_x),
            int(y0 * scale_y),
            min(self._size[0], int(np.ceil(x1 * scale_x))),
            min(self._size[1], int(np.ceil(y1 * scale_y))),
        )


_BESIDE = 0.25
"""What a first look counts, squared, beside the part that was looked at once more: in doubt."""


class Gaze:
    """Looks at frames of a shot, and remembers some of what it saw."""

    def __init__(
        self, shot: Shot, predictor: Predictor, size: tuple[int, int], threads: int = 0
    ) -> None:
        """Be ready.

        Args:
            shot: The shot.
            predictor: Who tells; called from several threads.
            size: (width, height) of the maps.
            threads: How many frames are looked at at a time; 0 is one a processor.
        """
        self._shot, self._predictor, self._size, self._threads = shot, predictor, size, threads
        self._seen: dict[int, Map] = {}
        self._whole: dict[int, Map] = {}

    def look_at(self, indices: Sequence[int], closer: Closer) -> dict[int, Map]:
        """Look at some frames and remember them.

        Args:
            indices: Which ones.
            closer: Which part of them to look at once more.

        Returns:
            One map a frame, (height, width) in [0, 1].
        """
        self._seen = {}
        looks = list(map_ordered(lambda index: self._look(index, closer), indices, self._threads))
        self._whole.update({i: whole for i, (whole, _) in zip(indices, looks, strict=True)})
        self._seen = {i: both for i, (_, both) in zip(indices, looks, strict=True)}
        return self._seen

    def stream(self, closer: Closer, every: int) -> Iterator[Map]:
        """Salience of every frame of the shot; what is remembered is not looked at again.

        Args:
            closer: Which part to look at once more; the same as for what is remembered.
            every: How many frames apart frames are looked at; in between only those to which
                flow cannot carry what is seen.

        Yields:
            (height, width) in [0, 1], one a frame.
        """
        keys = looked_at(len(self._shot), every)
        looks = map_ordered(lambda index: self._look(index, closer), keys, self._threads)
        maps = (both for _, both in looks)
        yield from carry(
            self._shot, keys, maps, lambda index: self._look(index, closer)[1], self._threads
        )

    def forget(self) -> None:
        """Forget what was seen closer up."""
        self._seen = {}

    def _look(self, index: int, closer: Closer) -> tuple[Map, Map]:
        """The whole frame as it looks at once, and with what a closer look leaves of it.

        Both must find a thing: the closer look knows less of what is round it, the other sees
        less of it.
        """
        whole = self._whole.get(index)
        if index in self._seen and whole is not None:
            return whole, self._seen[index]
        everything: Box = (0, 0, *self._shot.size)
        if whole is None:
            whole = look(self._shot, index, self._predictor, self._size, everything)
        box = closer.box(index)
        if box == everything:
            return whole, whole
        part = look(self._shot, index, self._predictor, self._size, box)
        return whole, np.sqrt(whole * np.where(self._inside(box), part, _BESIDE * whole))

    def _inside(self, box: Box) -> Mask:
        """Where a part of the frame is on the maps."""
        x = (np.arange(self._size[0]) + 0.5) * self._shot.size[0] / self._size[0]
        y = (np.arange(self._size[1]) + 0.5) * self._shot.size[1] / self._size[1]
        across = (x >= box[0]) & (x < box[2])
        down = (y >= box[1]) & (y < box[3])
        return np.asarray(down[:, None] & across)
