"""The map on which the frames of a shot are laid to be compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.motion.camera import Homography

FARTHEST = 4.0
"""How many frame sizes round the reference frame the canvas may reach."""


@dataclass(frozen=True)
class Canvas:
    """A piece of the reference frame's plane, at a scale.

    Attributes:
        from_reference: (3, 3), reference-frame pixels to canvas pixels.
        size: (width, height) in canvas pixels.
        scale: Canvas pixels a reference-frame pixel.
    """

    from_reference: Homography
    size: tuple[int, int]
    scale: float

    def lay(
        self, picture: NDArray[Any], picture_to_reference: Homography, how: int = cv2.INTER_LINEAR
    ) -> NDArray[Any]:
        """Lay a picture on the canvas; zero where it does not reach.

        Args:
            picture: (h, w) or (h, w, C).
            picture_to_reference: (3, 3), its pixels to the reference frame's.
            how: An OpenCV interpolation.
        """
        matrix = self.from_reference @ picture_to_reference
        if np.array_equal(matrix, np.eye(3)) and picture.shape[1::-1] == self.size:
            return picture
        return np.asarray(cv2.warpPerspective(picture, matrix, self.size, flags=how))


def enlarge(small_size: tuple[int, int], size: tuple[int, int]) -> Homography:
    """From pixels of a shrunk picture to those of the full one, centre to centre.

    Args:
        small_size: (width, height) of the shrunk one.
        size: (width, height) of the full one.
    """
    sx, sy = size[0] / small_size[0], size[1] / small_size[1]
    return np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1.0]])


def shrink(picture: NDArray[Any], scale: float) -> NDArray[Any]:
    """Make a picture smaller by averaging; the same picture where nothing shrinks."""
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def canvas_round(
    boxes: Iterable[tuple[Homography, tuple[int, int, int, int]]],
    frame_size: tuple[int, int],
    margin_px: float,
    limit_px: int,
) -> Canvas | None:
    """The canvas that holds boxes of several frames.

    Args:
        boxes: Frame-to-reference homography and half-open xyxy box in that frame's pixels.
        frame_size: (width, height) of the frames.
        margin_px: What to leave round them.
        limit_px: Most pixels the canvas may have; at most half the frames' resolution.

    Returns:
        The canvas, or None when there is no box.
    """
    corners = [
        cv2.perspectiveTransform(
            np.array([[[x0, y0], [x1, y0], [x1, y1], [x0, y1]]], np.float64), homography
        )[0]
        for homography, (x0, y0, x1, y1) in boxes
    ]
    if not corners:
        return None
    size = np.array(frame_size, np.float64)
    points = np.clip(np.concatenate(corners), -FARTHEST * size, (1 + FARTHEST) * size)
    low, high = points.min(0) - margin_px, points.max(0) + margin_px
    area = float(np.prod(high - low))
    step = max(2 if min(frame_size) >= 240 else 1, int(np.ceil(np.sqrt(area / limit_px))))
    scale = 1.0 / step  # whole steps on a whole grid: a still camera's pixels meet exactly
    low = np.floor(low / step) * step
    width, height = (max(2, int(v)) for v in np.ceil((high - low) * scale))
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1.0]])
    smaller = np.array([[scale, 0, (scale - 1) / 2], [0, scale, (scale - 1) / 2], [0, 0, 1.0]])
    return Canvas(smaller @ shift, (width, height), scale)
