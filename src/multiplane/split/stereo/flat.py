"""Two eyes of plain cameras side by side: no poles to turn, rows are epipolar lines as they are.

Directions are (x, y, 1) in widths of the picture from its middle, and a plane moves what lies on it
by ``normal . direction`` along the row: the same planes as in ``geometry.plane``, with the focal
length taken to be one width. Nobody needs to know the true one, since it cancels out.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.geometry.plane import Plane, Side
from multiplane.motion.flow import consistent, flow
from multiplane.split.stereo.agreement import Picture

_LEAST_PX = 24
"""Fewer matches say nothing."""
_LEAST_AGREEING = 0.35
_ROUNDS = 12
_MOST_SHARE = 0.25
"""Nobody is so near that the eyes see them farther apart, share of the width."""


class FlatPair:
    """What both eyes of a flat stereo picture see, and how the one is found from the other."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Set up the pair.

        Args:
            size: (width, height) of an eye.
        """
        self.size = size

    def plane(
        self, left: Frame, right: Frame, mask: Mask, side: Side = "left"
    ) -> Plane | None:  # fmt: skip
        """Find the plane of what a mask shows, by optical flow between the eyes along rows.

        Args:
            left: (H, W, 3) of the left eye.
            right: (H, W, 3) of the right eye.
            mask: (H, W) of one eye.
            side: Which one.

        Returns:
            The plane; None where too few pixels are found in the other eye, or they lie on none.
        """
        window = self._window(mask)
        if window is None:
            return None
        here, there = (left, right) if side == "left" else (right, left)
        mine, others = (np.ascontiguousarray(part[window]) for part in (here, there))
        away, back = flow(mine, others, scale=1.0), flow(others, mine, scale=1.0)
        trusted = mask[window] & consistent(away, back) & (np.abs(away[..., 1]) < 3)
        rows, columns = np.nonzero(trusted)
        if len(rows) < _LEAST_PX:
            return None
        x, y = _directions(columns + window[1].start, rows + window[0].start, self.size)
        moved = away[rows, columns, 0].astype(np.float64) / self.size[0]
        # In the left eye's directions: x of the right eye is x of the left less the disparity.
        disparity = -moved if side == "left" else moved
        seen = np.stack([x if side == "left" else x + moved, y, np.ones_like(x)], axis=1)
        normal, agreeing, residual = _fit(seen, disparity, 1.0 / self.size[0])
        middle = float(np.median(seen @ normal))
        if agreeing < _LEAST_AGREEING or not -2 / self.size[0] <= middle <= _MOST_SHARE:
            return None
        found = (float(normal[0]), float(normal[1]), float(normal[2]))
        degrees = math.degrees(math.atan(middle))
        return Plane(found, "texture", degrees, agreeing, len(rows), math.degrees(residual))

    def transfer(self, picture: Picture, plane: Plane, to: Side) -> Picture:
        """Draw what one eye shows on a plane as the other eye has it.

        Args:
            picture: (H, W) or (H, W, C) bool, uint8 or float32 of the eye that is not ``to``.
            plane: The plane.
            to: The eye to draw for.

        Returns:
            The same dtype and shape, nothing where nothing comes from. Masks are cut at a half.
        """
        values = picture.view(np.uint8) * np.uint8(255) if picture.dtype == np.bool_ else picture
        source, rows = _source(picture.shape[1], picture.shape[0], plane, to)
        drawn = cv2.remap(values, source, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return drawn >= 128 if picture.dtype == np.bool_ else drawn  # type: ignore[return-value]

    def _window(self, mask: Mask) -> tuple[slice, slice] | None:
        """The mask and as much beside it as it may have moved; None for an empty one."""
        x0, y0, x1, y1 = box_of(mask)
        if not x1:
            return None
        width, height = self.size
        beside = round(_MOST_SHARE * width)
        rows = slice(max(0, y0 - 16), min(height, y1 + 16))
        return rows, slice(max(0, x0 - beside), min(width, x1 + beside))


def _source(
    width: int, height: int, plane: Plane, to: Side
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each pixel comes from in the other eye, px."""
    rows, columns = np.mgrid[:height, :width]
    x, y = _directions(columns, rows, (width, height))
    a, b, c = plane.normal
    behind, ahead = (x + b * y + c) / max(1e-3, 1.0 - a), x - (a * x + b * y + c)
    there = behind if to == "right" else ahead
    source = there * width + (width - 1) / 2
    return source.astype(np.float32), rows.astype(np.float32)


def _directions(
    columns: NDArray[np.integer], rows: NDArray[np.integer], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width, height = size
    x = (columns - (width - 1) / 2) / width
    y = (rows - (height - 1) / 2) / width
    return np.asarray(x, np.float64), np.asarray(y, np.float64)


def _fit(
    seen: NDArray[np.float64], disparity: NDArray[np.float64], pixel: float
) -> tuple[NDArray[np.float64], float, float]:
    """A plane through most of the matches, by weights that fade with the miss.

    Args:
        seen: (n, 3) directions.
        disparity: (n,).
        pixel: What one pixel is.

    Returns:
        The normal, the share of matches within a pixel of it, and their median miss.
    """
    normal = np.array([0.0, 0.0, float(np.median(disparity))])
    spread = 8 * pixel
    steady = np.diag([1e-3, 1e-3, 1e-6]) * len(seen)  # a small person tells no slope
    for _ in range(_ROUNDS):
        miss = disparity - seen @ normal
        weight = 1.0 / (1.0 + (miss / spread) ** 2) ** 2
        weighted = seen * weight[:, None]
        start = np.array([0.0, 0.0, normal[2]])
        normal = np.linalg.solve(
            weighted.T @ seen + steady, weighted.T @ disparity + steady @ start
        )
        spread = max(pixel, spread * 0.7)
    miss = np.abs(disparity - seen @ normal)
    good = miss <= 1.5 * pixel
    residual = float(np.median(miss[good])) if good.any() else math.inf
    return normal, float(good.mean()), residual
