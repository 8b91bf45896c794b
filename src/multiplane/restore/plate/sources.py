"""Which frames of a shot serve as sources: few that together saw the most, near in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of
from multiplane.core.threads import map_ordered
from multiplane.motion.camera import CameraPath
from multiplane.restore.plate.canvas import Canvas, canvas_round, enlarge, shrink
from multiplane.restore.plate.shot import Lending, Shot

CANDIDATES = 192
"""Most frames that are looked at as sources, spread over the shot."""
COARSE_PX = 160
"""Long side at which masks are surveyed."""
WORTH = (1.0, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05)
"""What one more view of a place is worth, by how many there are already."""

SECOND_CHOICE = 0.5
"""What a first view from right beside a mask is worth."""
LITTLE = 0.002
"""Second opinions that are worth less than this share are not taken; first ones always are."""


@dataclass(frozen=True)
class Survey:
    """Masks of a whole shot, made small.

    Attributes:
        hidden: Frame index → uint8 (h, w), 255 where it will be filled.
        free: Frame index → uint8 (h, w), 255 where it may be borrowed; candidates only.
        loose: The same where it may be borrowed for want of better.
        boxes: Frame index → half-open xyxy box of its hole, frame pixels; zeros without one.
        size: (width, height) of the frames.
    """

    hidden: dict[int, NDArray[np.uint8]]
    free: dict[int, NDArray[np.uint8]]
    loose: dict[int, NDArray[np.uint8]]
    boxes: dict[int, tuple[int, int, int, int]]
    size: tuple[int, int]


def survey(shot: Shot, indices: Sequence[int], threads: int) -> Survey:
    """Look at the masks of some frames of a shot.

    Args:
        shot: The shot.
        indices: The frames to look at.
        threads: 0 means one a processor.

    Returns:
        What was found; about 15 kB a frame.
    """

    def look(index: int) -> tuple[Mask, Lending]:
        return shot.hidden(index), shot.lends(index)

    found = Survey({}, {}, {}, {}, _size_of(shot))
    scale = min(1.0, COARSE_PX / max(found.size))
    for index, (hidden, lent) in zip(indices, map_ordered(look, indices, threads), strict=True):
        found.boxes[index] = box_of(hidden)
        found.hidden[index] = _full(shrink(hidden.astype(np.float32), scale) > 0)
        if not lent.closed.all():
            found.free[index] = _full(shrink(lent.blocked.astype(np.float32), scale) == 0)
            found.loose[index] = _full(shrink(lent.closed.astype(np.float32), scale) == 0)
    return found


def spread_evenly(count: int, most: int) -> list[int]:
    """At most ``most`` numbers below ``count``, evenly spread, first and last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(v) for v in np.linspace(0, count - 1, most)})


def choose(found: Survey, camera: CameraPath, window: Sequence[int], most: int) -> list[int]:
    """Choose sources for a run of frames, the one that adds most first.

    Args:
        found: The surveyed masks.
        camera: How the frames lie on each other.
        window: Frames that are to be filled.
        most: How many sources at most.

    Returns:
        Frame indices; empty when nothing is hidden or nothing was seen.
    """
    wanted = [i for i in window if i in found.hidden and found.boxes[i][2]]
    boxes = [(camera.homographies[i], found.boxes[i]) for i in wanted]
    canvas = canvas_round(boxes, found.size, 8.0, 30_000)
    if canvas is None:
        return []
    need = np.zeros(canvas.size[::-1], np.float32)
    for index in wanted:
        need += _lay(canvas, camera, found, index, found.hidden[index]) > 127
    need = np.minimum(need / max(1.0, float(need.max())) + 0.2, 1.0) * (need > 0)
    sees, loose = (
        {i: _lay(canvas, camera, found, i, free) > 252 for i, free in kind.items()}
        for kind in (found.free, found.loose)
    )
    return _greedy(need, (sees, loose), window, most)


def _greedy(
    need: NDArray[np.float32],
    views: tuple[dict[int, Mask], dict[int, Mask]],
    window: Sequence[int],
    most: int,
) -> list[int]:
    sees, loose = views
    middle, reach = (window[0] + window[-1]) / 2, max(1.0, (window[-1] - window[0]) / 2)
    near = {i: 1.0 / (1.0 + 0.3 * max(0.0, abs(i - middle) / reach - 1.0)) for i in sees}
    worth = np.array([*WORTH, 0.0], np.float32)
    count = np.zeros(need.shape, np.intp)
    bare = np.ones(need.shape, np.bool_)
    chosen: list[int] = []
    left = set(sees)
    while left and len(chosen) < most:
        value = need * worth[np.minimum(count, len(WORTH))]
        second = SECOND_CHOICE * need * bare
        best, gain = _best([(value, sees), (second, loose)], near, left)
        if gain <= LITTLE * float(need.sum()):
            best, gain = _best([(need * (count == 0), sees), (second, loose)], near, left)
        if gain <= 0:
            break
        chosen.append(best)
        left.remove(best)
        count += sees[best]
        bare &= ~loose[best]
    return chosen


def _best(
    wanted: list[tuple[NDArray[np.float32], dict[int, Mask]]],
    near: dict[int, float],
    left: set[int],
) -> tuple[int, float]:
    """The frame that shows most of what is of value, and how much."""
    gains = {
        i: near[i] * sum(float(value[sees[i]].sum()) for value, sees in wanted)
        for i in sorted(left)
    }
    best = max(gains, key=lambda i: gains[i])
    return best, gains[best]


def _lay(
    canvas: Canvas, camera: CameraPath, found: Survey, index: int, small: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    to_frame = enlarge((small.shape[1], small.shape[0]), found.size)
    return canvas.lay(small, camera.homographies[index] @ to_frame, cv2.INTER_LINEAR)


def _full(mask: Mask) -> NDArray[np.uint8]:
    return np.where(mask, 255, 0).astype(np.uint8)


def _size_of(shot: Shot) -> tuple[int, int]:
    height, width = shot.masks[0].shape
    return width, height
