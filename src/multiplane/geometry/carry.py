"""Moving the picture of what lies on a plane from one eye to the other.

Where a pixel comes from is worked out on a coarse grid and drawn out between its points, since it
changes slowly; only near up and down, where columns run together, it is worked out for each pixel.
Nothing is looked at outside of the box that what was handed in can reach.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.geometry.equirect import (
    Directions,
    Map,
    Rotation,
    directions_at,
    pixels_of,
    turned,
    width_height,
)
from multiplane.geometry.plane import Normal, Side, seen_by_left, seen_by_right

Picture = TypeVar("Picture", bound=NDArray[Any])
Box: TypeAlias = tuple[int, int, int, int]
"""Half-open (x0, y0, x1, y1), pixels."""

EXACT_FROM = math.radians(60)
"""Latitude beyond which every pixel is worked out."""
EDGE_SAMPLES = 24
"""Places along each side of a grid at which a box is followed to the other eye."""


@dataclass(frozen=True)
class Eyes:
    """How each eye is turned; what is seen in d is in ``rotation @ d`` once rectified.

    Attributes:
        left: (3, 3).
        right: (3, 3).
    """

    left: Rotation
    right: Rotation

    def across(self, seen: NDArray[np.floating], normal: Normal, to: Side) -> NDArray[np.floating]:
        """Follow directions of one eye to the other.

        Args:
            seen: (..., 3) directions of the eye that is not ``to``.
            normal: (3,) of the plane.
            to: The eye to go to.

        Returns:
            (..., 3) directions of that eye, not of unit length.
        """
        if to == "right":
            there = seen_by_right(turned(seen, self.left), normal)
            return turned(there, self.right.T)
        there = seen_by_left(turned(seen, self.right), normal)
        return turned(there, self.left.T)


def other(side: Side) -> Side:
    """The other eye."""
    return "left" if side == "right" else "right"


def carry(picture: Picture, eyes: Eyes, normal: Normal, to: Side) -> Picture:
    """Draw what one eye sees on a plane as the other eye sees it.

    Args:
        picture: (H, W) or (H, W, C) bool, uint8 or float32 of the eye that is not ``to``.
        eyes: How the eyes are turned.
        normal: (3,) of the plane.
        to: The eye to draw for.

    Returns:
        The same dtype and shape; nothing where nothing comes from. bool is cut at a half, the
        others are drawn between pixels.
    """
    drawn = cast("Picture", np.zeros_like(picture))
    source = _box_of(picture)
    size = (picture.shape[1], picture.shape[0])
    box = None if source is None else _reached(size, source, eyes, normal, to)
    if source is None or box is None:
        return drawn
    # Only what is not empty is looked at: beyond it, as beyond the picture, is nothing.
    x0, y0, x1, y1 = source
    part = picture[y0:y1, x0:x1]
    values: NDArray[Any] = part.astype(np.uint8) * 255 if part.dtype == np.bool_ else part
    xs, ys = source_map(size, box, eyes, normal, to)
    moved = cv2.remap(
        np.ascontiguousarray(values), xs - np.float32(x0), ys - np.float32(y0), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )  # fmt: skip
    x0, y0, x1, y1 = box
    drawn[y0:y1, x0:x1] = moved >= 128 if picture.dtype == np.bool_ else moved
    return drawn


def source_map(size: tuple[int, int], box: Box, eyes: Eyes, normal: Normal, to: Side) -> Map:
    """Where the pixels of a box of one eye come from in the other.

    Args:
        size: (width, height) of an eye, pixels.
        box: In the eye ``to``.
        eyes: How the eyes are turned.
        normal: (3,) of the plane.
        to: The eye the box is in.

    Returns:
        x and y, float32 (h, w) of the box, in pixels of the other eye.
    """
    x0, y0, x1, y1 = box
    height = size[1]
    found = np.empty((2, y1 - y0, x1 - x0), np.float32)
    top = min(y1, max(y0, math.ceil(height * (0.5 - EXACT_FROM / math.pi))))
    bottom = min(y1, max(top, math.floor(height * (0.5 + EXACT_FROM / math.pi))))
    for first, last in ((y0, top), (bottom, y1)):
        if first < last:
            seen = directions_at(np.arange(x0, x1), np.arange(first, last), size)
            there = eyes.across(seen, normal, other(to))
            found[:, first - y0 : last - y0] = pixels_of(there, size)
    if top < bottom:
        found[:, top - y0 : bottom - y0] = _drawn_out(size, (x0, top, x1, bottom), eyes, normal, to)
    return found[0], found[1]


def _drawn_out(
    size: tuple[int, int], box: Box, eyes: Eyes, normal: Normal, to: Side
) -> NDArray[np.float32]:
    """The map of a box away from up and down, (2, h, w): exact every few pixels, else between."""
    x0, y0, x1, y1 = box
    step = 4 if max(size) <= 512 else 8 if max(size) <= 1536 else 16
    columns = slice(x0 // step, (x1 - 1) // step + 3)
    rows = slice(y0 // step, (y1 - 1) // step + 3)
    seen = _grid(size, step)[rows, columns]
    coarse = np.stack(pixels_of(eyes.across(seen, normal, other(to)), size), axis=-1)
    # Blocks of step x step pixels, the coarse value at their middle, as cv2.resize takes it.
    fine = cv2.resize(coarse, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
    left, top = x0 - (columns.start - 1) * step, y0 - (rows.start - 1) * step
    cut = fine[top : top + y1 - y0, left : left + x1 - x0]
    return np.asarray(np.moveaxis(np.asarray(cut), -1, 0), np.float32)


@functools.lru_cache(maxsize=4)
def _grid(size: tuple[int, int], step: int) -> Directions:
    """Directions of the middles of blocks of an eye, with one block more on every side."""
    width, height = width_height(size)
    columns = np.arange(-1, -(-width // step) + 1) * step + (step - 1) / 2
    rows = np.arange(-1, -(-height // step) + 1) * step + (step - 1) / 2
    found = directions_at(columns, rows, size)
    found.setflags(write=False)
    return found


def _reached(
    size: tuple[int, int], source: Box, eyes: Eyes, normal: Normal, to: Side
) -> Box | None:
    """The box of the eye ``to`` that a box of the other can reach; None when it leaves the view."""
    width, height = size
    x0, y0, x1, y1 = source
    xs = np.linspace(x0 - 1, x1, EDGE_SAMPLES)
    ys = np.linspace(y0 - 1, y1, EDGE_SAMPLES)
    there = eyes.across(directions_at(xs, ys, (width, height)), normal, to)
    columns, rows = pixels_of(there, (width, height))
    if (
        np.abs(there[..., 1]).max()
        > math.sin(math.radians(80)) * np.linalg.norm(there, axis=-1).min()
    ):
        columns = np.array([-1.0, width], np.float32)  # columns run together up and down
    margin = 2 + math.ceil(max(x1 - x0, y1 - y0) / EDGE_SAMPLES / 4)
    left, right = math.floor(columns.min()) - margin, math.ceil(columns.max()) + margin
    top, bottom = math.floor(rows.min()) - margin, math.ceil(rows.max()) + margin
    reached = (max(0, left), max(0, top), min(width, right + 1), min(height, bottom + 1))
    return reached if reached[0] < reached[2] and reached[1] < reached[3] else None


def _box_of(picture: NDArray[Any]) -> Box | None:
    """The box round everything that is not zero."""
    rows = np.flatnonzero(picture.reshape(len(picture), -1).any(axis=1))
    if not len(rows):
        return None
    lit = np.asarray(picture[rows[0] : rows[-1] + 1].any(axis=0))
    columns = np.flatnonzero(lit.reshape(len(lit), -1).any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
