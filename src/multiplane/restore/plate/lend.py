"""What a source lends: pixels of another frame as the source saw them, resampled once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.motion.camera import Homography
from multiplane.motion.flow import Flow

BEND_STEP = 4
"""Bends are smooth, so they are kept this much coarser than the canvas."""
_ROW = 4096

Points: TypeAlias = NDArray[np.float32]
"""(n, 2), x and y in pixels."""


@dataclass(frozen=True)
class Source:
    """A frame that lends.

    Attributes:
        index: Which frame of the shot.
        frame: (H, W, 3) RGB.
        to_reference: (3, 3), its pixels to the reference frame's.
        bend: (h', w', 2), what parallax adds to the homography: by how many canvas pixels it is
            off, at every ``BEND_STEP``-th canvas pixel; None where the homography is enough.
    """

    index: int
    frame: Frame
    to_reference: Homography
    bend: Flow | None = None


@dataclass(frozen=True)
class Want:
    """Pixels of a frame that are to be lent.

    Attributes:
        frame_to_reference: (3, 3), the frame's pixels to the reference frame's.
        from_reference: (3, 3), reference pixels to canvas pixels.
        x: (n,) int, columns of the frame.
        y: (n,) int, rows of the frame.
        shift: (n, 2), by how many frame pixels the frame is off the mosaic there, or None.
    """

    frame_to_reference: Homography
    from_reference: Homography
    x: NDArray[np.intp]
    y: NDArray[np.intp]
    shift: NDArray[np.float32] | None


def coarsen(bend: Flow) -> Flow:
    """Keep a smooth bend of the whole canvas in little room."""
    height, width = bend.shape[:2]
    size = (max(1, -(-width // BEND_STEP)), max(1, -(-height // BEND_STEP)))
    return np.asarray(cv2.resize(bend, size, interpolation=cv2.INTER_AREA), np.float32)


def lend(source: Source, want: Want) -> NDArray[np.uint8]:
    """Pixels of a frame as a source saw them; copied where both lie exactly alike.

    Args:
        source: Who lends.
        want: What.

    Returns:
        (n, 3).
    """
    plain = want.shift is None and source.bend is None
    if plain and np.array_equal(source.to_reference, want.frame_to_reference):
        return source.frame[want.y, want.x]
    points = np.stack([want.x, want.y], axis=-1).astype(np.float32)
    if want.shift is not None:
        points += want.shift
    if plain:
        way = np.linalg.inv(source.to_reference) @ want.frame_to_reference
        points = _project(np.asarray(way, np.float64), points)
    else:
        points = _project(want.from_reference @ want.frame_to_reference, points)
        if source.bend is not None:
            points = points + _bend_at(source.bend, points)
        back = np.linalg.inv(want.from_reference @ source.to_reference)
        points = _project(np.asarray(back, np.float64), points)
    taken = _fetch(source.frame, points, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101)
    return np.asarray(taken, np.uint8)


def _project(homography: Homography, points: Points) -> Points:
    moved = cv2.perspectiveTransform(points[None], homography)
    return np.asarray(moved[0], np.float32)


def _bend_at(bend: Flow, points: Points) -> Points:
    at = (points + np.float32(0.5)) / np.float32(BEND_STEP) - np.float32(0.5)
    return np.asarray(_fetch(bend, at, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE), np.float32)


def _fetch(picture: NDArray[Any], points: Points, how: int, border: int) -> NDArray[Any]:
    """What a picture shows at some points, (n, C); in rows since OpenCV limits their length."""
    count = len(points)
    rows = np.zeros((-(-count // _ROW), _ROW, 2), np.float32)
    rows.reshape(-1, 2)[:count] = points
    taken = cv2.remap(picture, rows, cast(Any, None), how, borderMode=border)
    return np.asarray(taken).reshape(-1, picture.shape[2])[:count]
