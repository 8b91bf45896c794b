"""Which frames of a shot share a sheet, and where on it they lie."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.motion.camera import CameraPath, Homography
from multiplane.restore.inpaint.crops import Box, bounds

FARTHEST = 3.0
"""Corners are kept within this many frame sizes round the frame: a wild matrix sends them far."""
CLOSE = 1.15
"""A camera that magnifies no more than this is drawn at the reference frame's own scale."""


@dataclass(frozen=True)
class Chapter:
    """Frames that share a sheet.

    Attributes:
        frames: Their numbers, in order.
        reference: The one whose coordinates the sheet has.
        to_sheet: Frame number → (3, 3), its pixels to sheet pixels.
        size: (width, height) of the sheet.
        scale: Sheet pixels a pixel of the reference frame.
    """

    frames: tuple[int, ...]
    reference: int
    to_sheet: Mapping[int, Homography]
    size: tuple[int, int]
    scale: float


def divide(
    holes: Mapping[int, Box],
    camera: CameraPath,
    frame_size: tuple[int, int],
    margin_px: int,
    most_px: float,
) -> list[Chapter]:
    """Divide the frames of a shot among sheets.

    A sheet takes frame after frame as long as the box round all their holes, seen from the first
    of them, stays within ``most_px`` and none lies so far off that it would be cut.

    Args:
        holes: Frame number → box of what it lacks, of the frames that lack something.
        camera: How the frames lie on each other.
        frame_size: (width, height).
        margin_px: What to show around the holes.
        most_px: Largest sheet, in pixels; a single frame that needs more gets a coarser sheet.

    Returns:
        The chapters, in order.
    """
    groups: list[list[int]] = []
    for index in sorted(holes):
        if groups:
            together = [*groups[-1], index]
            first = together[0]
            ends = {n: holes[n] for n in together}
            extent = _extent(ends, camera, first, frame_size, margin_px)
            near = _is_near(camera.between(index, first), holes[index], frame_size)
            if near and extent.area_px <= most_px:
                groups[-1].append(index)
                continue
        groups.append([index])
    return [
        _chapter({n: holes[n] for n in group}, camera, frame_size, margin_px, most_px)
        for group in groups
    ]


def find_holes(masks: Iterable[tuple[int, Mask]]) -> dict[int, Box]:
    """The box of each frame's hole, of the frames that have one.

    Args:
        masks: Frame number and (H, W) what to fill.

    Returns:
        Frame number → box.
    """
    found = ((index, bounds(mask)) for index, mask in masks)
    return {index: box for index, box in found if box is not None}


def magnification(matrix: Homography, box: Box) -> float:
    """How many pixels one pixel becomes at the middle of a box, along a line."""
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    third = matrix[2] @ np.array([x, y, 1.0])
    return math.sqrt(abs(float(np.linalg.det(matrix) / third**3)))


def _chapter(
    holes: Mapping[int, Box],
    camera: CameraPath,
    frame_size: tuple[int, int],
    margin_px: int,
    most_px: float,
) -> Chapter:
    numbers = sorted(holes)
    reference = numbers[len(numbers) // 2]
    extent = _extent(holes, camera, reference, frame_size, margin_px)
    closest = max(1.0 / magnification(camera.between(n, reference), holes[n]) for n in numbers)
    scale = min(2.0, closest) if closest > CLOSE else 1.0
    scale = min(scale, math.sqrt(most_px / max(1, extent.area_px)))
    width = max(1, math.ceil((extent.x1 - extent.x0) * scale))
    height = max(1, math.ceil((extent.y1 - extent.y0) * scale))
    half = (scale - 1) / 2
    place = np.array(
        [[scale, 0, half - extent.x0 * scale], [0, scale, half - extent.y0 * scale], [0, 0, 1.0]]
    )
    to_sheet = {n: place @ camera.between(n, reference) for n in numbers}
    return Chapter(tuple(numbers), reference, to_sheet, (width, height), scale)


def _extent(
    holes: Mapping[int, Box],
    camera: CameraPath,
    reference: int,
    frame_size: tuple[int, int],
    margin_px: int,
) -> Box:
    """The box round all holes with their context, in the reference frame's pixels.

    Context ends where its frame ends.
    """
    corners = [
        _corners(camera.between(n, reference), box.grown(margin_px, frame_size[::-1]), frame_size)
        for n, box in holes.items()
    ]
    points = np.concatenate(corners)
    low, high = np.floor(points.min(axis=0) + 1e-6), np.ceil(points.max(axis=0) - 1e-6)
    return Box(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _corners(matrix: Homography, box: Box, frame_size: tuple[int, int]) -> NDArray[np.float64]:
    size = np.array(frame_size, np.float64)
    points = _seen_through(matrix, box)
    return np.asarray(np.clip(points, -FARTHEST * size, (1 + FARTHEST) * size), np.float64)


def _is_near(matrix: Homography, box: Box, frame_size: tuple[int, int]) -> bool:
    """Whether a box stays whole where corners are kept within :data:`FARTHEST`."""
    points = _seen_through(matrix, box)
    return bool(np.array_equal(points, _corners(matrix, box, frame_size)))


def _seen_through(matrix: Homography, box: Box) -> NDArray[np.float64]:
    edges = [[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]
    return np.asarray(cv2.perspectiveTransform(np.array([edges], np.float64), matrix)[0])
