"""Points by which one frame is laid on another, and the homography they agree on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from multiplane.core.arrays import Frame, Mask
from multiplane.core.config import Effort, Options
from multiplane.motion.align import Grey, Homography, align, grey_of, mean_shift, rescale

Points: TypeAlias = NDArray[np.float32]

STILL_PX = 0.08
"""A camera that moved less than this, at any corner, stood still."""
MIN_INLIERS = 24
GRID_CELLS, MIN_CELLS = 8, 6


class CameraOptions(Options):
    """How camera motion is found."""

    work_px: int = Field(
        default=960, ge=128, le=8192, description="long side the features are found at, pixels"
    )
    max_features: int = Field(
        default=2000, ge=100, le=20000, description="most features a frame, strongest first"
    )
    threads: Annotated[int, Effort()] = Field(
        default=0, ge=0, le=256, description="threads; 0 means one a processor"
    )


@dataclass(frozen=True)
class Features:
    """What is kept of a frame to register it.

    Attributes:
        size: (width, height) of the frame in pixels.
        points: (N, 2) x, y in frame pixels.
        descriptors: (N, 128) uint8, SIFT.
        grey: The frame made small and grey, and where it may be looked at.
    """

    size: tuple[int, int]
    points: Points
    descriptors: NDArray[np.uint8]
    grey: Grey


@dataclass(frozen=True)
class Registration:
    """How one frame lies on another.

    Attributes:
        homography: (3, 3) float64, first frame's pixels to the second's.
        inliers: How many points agree with it.
        residual_px: Median distance by which they still miss, pixels.
    """

    homography: Homography
    inliers: int
    residual_px: float


def describe(
    frame: Frame, ignore: Mask | None = None, options: CameraOptions | None = None
) -> Features:
    """Find the points of a frame that others can be registered by.

    Args:
        frame: (H, W, 3) RGB.
        ignore: (H, W), True where something moves by itself.
        options: How fine to look.

    Returns:
        Its features, none of them inside ``ignore``.
    """
    options = options or CameraOptions()
    grey = grey_of(frame, ignore, options.work_px)
    sift = cv2.SIFT.create(nfeatures=options.max_features)
    found, descriptors = sift.detectAndCompute(grey.values, grey.usable.astype(np.uint8) * 255)
    if descriptors is None or not len(found):
        descriptors = np.zeros((0, 128), np.float32)
    spots = np.array([p.pt for p in found], dtype=np.float32).reshape(-1, 2)
    order = np.lexsort((spots[:, 1], spots[:, 0]))
    scale = np.array(grey.scale, dtype=np.float32)
    return Features(
        (frame.shape[1], frame.shape[0]),
        ((spots + 0.5) / scale - 0.5)[order],
        np.clip(np.rint(descriptors), 0, 255).astype(np.uint8)[order],
        grey,
    )


def register(first: Features, second: Features) -> Registration | None:
    """Find how one frame lies on another.

    Args:
        first: The frame to map from.
        second: The frame to map to.

    Returns:
        The homography from first to second, or None when they share too little, or what was
        found is nothing a camera does between two frames.
    """
    rough = _from_matches(first, second)
    if rough is None:
        return None
    moved = align(first.grey, second.grey, rescale(rough.homography, first.grey, second.grey))
    if moved is None:
        return rough
    fine = unit(_enlarge(moved.homography, first.grey, second.grey))
    if mean_shift(np.linalg.inv(rough.homography) @ fine, first.size) > 1.5 or not _plausible(
        fine, first.size
    ):
        return rough
    return Registration(fine, rough.inliers, rough.residual_px)


def still(first: Features, second: Features) -> Registration | None:
    """Whether the camera stood still between two frames.

    Args:
        first: One frame.
        second: Another of the same size.

    Returns:
        The exact identity with how many points agree, or None when it moved.
    """
    moved = align(first.grey, second.grey, np.eye(3), reach_px=0.5)
    if moved is None:
        return None
    shift_px = mean_shift(_enlarge(moved.homography, first.grey, second.grey), first.size)
    if shift_px > STILL_PX:
        return None
    return Registration(np.eye(3), moved.inliers, shift_px)


def _from_matches(first: Features, second: Features) -> Registration | None:
    """The homography that most matches agree with, by MAGSAC++ with a fixed seed."""
    source, target = _matches(first, second)
    if len(source) < MIN_INLIERS:
        return None
    draw = cv2.UsacParams()
    draw.sampler = cv2.SAMPLING_UNIFORM
    draw.score = cv2.SCORE_METHOD_MAGSAC
    draw.loMethod = cv2.LOCAL_OPTIM_SIGMA
    draw.final_polisher = cv2.MAGSAC
    draw.final_polisher_iterations = 3
    draw.maxIterations = 3000
    draw.confidence = 0.9999
    draw.threshold = 1.5 / float(np.mean(first.grey.scale))
    draw.isParallel = False
    draw.randomGeneratorState = 7
    try:
        found, _ = cv2.findHomography(source, target, draw)
    except cv2.error:  # every sample was degenerate
        return None
    if found is None or not np.isfinite(found).all():
        return None
    homography = unit(np.asarray(found, dtype=np.float64))
    projected = cv2.perspectiveTransform(source[None], homography)[0]
    miss = np.linalg.norm(projected - target, axis=1)
    inlying = miss < 2.0 * draw.threshold
    count = int(np.count_nonzero(inlying))
    if count < MIN_INLIERS or not _spread(source[inlying], first.size):
        return None
    if not _plausible(homography, first.size):
        return None
    return Registration(homography, count, float(np.median(miss[inlying])))


def _matches(first: Features, second: Features) -> tuple[Points, Points]:
    """Points that are each other's nearest and clearly nearer than the next.

    Descriptors hold whole numbers and the products stay below 2**24, so that float32 is exact
    and the matches do not depend on how the work is spread over threads.
    """
    if min(len(first.points), len(second.points)) < MIN_INLIERS:
        return first.points[:0], second.points[:0]
    one = first.descriptors.astype(np.float32)
    two = second.descriptors.astype(np.float32)
    apart = -2.0 * (one @ two.T)
    apart += np.square(one).sum(axis=1)[:, None]
    apart += np.square(two).sum(axis=1)
    rows = np.arange(len(one))
    nearest = apart.argmin(axis=1)
    mutual = apart.argmin(axis=0)[nearest] == rows
    distance = apart[rows, nearest]
    apart[rows, nearest] = np.inf
    kept = mutual & (distance < np.square(0.85) * apart.min(axis=1))
    return first.points[kept], second.points[nearest[kept]]


def _spread(points: Points, size: tuple[int, int]) -> bool:
    """Whether the points stand in enough places to tell a homography from a small patch."""
    cells = np.floor(points / np.array(size) * GRID_CELLS).astype(np.intp)
    return len(np.unique(cells, axis=0)) >= MIN_CELLS


def _plausible(homography: Homography, size: tuple[int, int]) -> bool:
    """Whether a camera could do this between two frames of a shot."""
    width, height = size
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], dtype=np.float64)
    if (homography[2] @ np.concatenate([corners[0], np.ones((4, 1))], axis=1).T <= 0.1).any():
        return False
    moved = cv2.perspectiveTransform(corners, homography)[0]
    sides = np.roll(moved, -1, axis=0) - moved
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    if (turns <= 0).any():
        return False
    grown = cv2.contourArea(moved.astype(np.float32)) / (width * height)
    return bool(0.1 < grown < 10.0)


def _enlarge(homography: Homography, first: Grey, second: Grey) -> Homography:
    """Take a homography between two small greys to their frames."""
    found: Homography = np.linalg.inv(second.shrink) @ homography @ first.shrink
    return found


def unit(homography: Homography) -> Homography:
    """The same homography with 1 in its last place."""
    found: Homography = homography / homography[2, 2]
    return found
