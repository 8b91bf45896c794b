"""What a source lends: a box of another frame as the source saw it, resampled once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.motion.camera import Homography
from multiplane.motion.flow import Flow

BEND_STEP = 4
"""Bends are smooth, so they are kept this much coarser than the canvas."""


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
    """A box of a frame that is to be lent.

    Attributes:
        frame_to_reference: (3, 3), the frame's pixels to the reference frame's.
        from_reference: (3, 3), reference pixels to canvas pixels.
        box: Half-open xyxy in frame pixels.
        shift: (h, w, 2), by how many frame pixels the frame is off the mosaic, or None.
    """

    frame_to_reference: Homography
    from_reference: Homography
    box: tuple[int, int, int, int]
    shift: Flow | None


def coarsen(bend: Flow) -> Flow:
    """Keep a smooth bend of the whole canvas in little room."""
    height, width = bend.shape[:2]
    size = (max(1, -(-width // BEND_STEP)), max(1, -(-height // BEND_STEP)))
    return np.asarray(cv2.resize(bend, size, interpolation=cv2.INTER_AREA), np.float32)


def lend(source: Source, want: Want) -> NDArray[np.uint8]:
    """A box of a frame as a source saw it; copied where both lie exactly alike.

    Args:
        source: Who lends.
        want: What.

    Returns:
        (h, w, 3), of the box's size.
    """
    x0, y0, x1, y1 = want.box
    size = (x1 - x0, y1 - y0)
    plain = want.shift is None and source.bend is None
    if plain and np.array_equal(source.to_reference, want.frame_to_reference):
        return source.frame[y0:y1, x0:x1]
    move = np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1.0]])
    to_reference = want.frame_to_reference @ move
    border = cv2.BORDER_REFLECT_101
    if plain:
        matrix = np.linalg.inv(source.to_reference) @ to_reference
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        taken = cv2.warpPerspective(source.frame, matrix, size, flags=flags, borderMode=border)
        return np.asarray(taken, np.uint8)
    x, y = _grid(size, want.shift)
    x, y = _project(want.from_reference @ to_reference, x, y)
    if source.bend is not None:
        x, y = _bent(source.bend, x, y)
    to_source = np.asarray(np.linalg.inv(want.from_reference @ source.to_reference), np.float64)
    x, y = _project(to_source, x, y)
    taken = cv2.remap(source.frame, x, y, cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(taken, np.uint8)


def _grid(
    size: tuple[int, int], shift: Flow | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    x = np.broadcast_to(np.arange(size[0], dtype=np.float32), size[::-1])
    y = np.broadcast_to(np.arange(size[1], dtype=np.float32)[:, None], size[::-1])
    if shift is None:
        return x, y
    return np.asarray(x + shift[..., 0], np.float32), np.asarray(y + shift[..., 1], np.float32)


def _project(
    homography: Homography, x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    points = cv2.perspectiveTransform(np.stack([x, y], axis=-1), homography)
    return np.ascontiguousarray(points[..., 0]), np.ascontiguousarray(points[..., 1])


def _bent(
    bend: Flow, x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    at_x = (x + np.float32(0.5)) / np.float32(BEND_STEP) - np.float32(0.5)
    at_y = (y + np.float32(0.5)) / np.float32(BEND_STEP) - np.float32(0.5)
    off = cv2.remap(bend, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return x + off[..., 0], y + off[..., 1]
