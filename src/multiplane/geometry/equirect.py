"""Half-equirect pictures, as VR180 keeps an eye: pixels and the directions they were seen in.

A picture spans 180 degrees both ways. With u = (x + 0.5) / W and v = (y + 0.5) / H of a pixel's
centre, longitude is (u - 0.5) pi and latitude (0.5 - v) pi. Directions have x to the right, y up
and z forward: (cos lat sin lon, sin lat, cos lat cos lon). Eyes are square as a rule; others,
as squeezed sources have them, work alike.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError

Directions: TypeAlias = NDArray[np.float32]
"""float32 (..., 3), unit length, x right, y up, z forward."""
Rotation: TypeAlias = NDArray[np.float64]
"""float64 (3, 3); turns directions."""
Map: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Where each pixel comes from, float32 (H, W) x and y, as cv2.remap takes it."""
Size: TypeAlias = int | tuple[int, int]
"""Side of a square eye, or its (width, height), in pixels."""

STRIP_ROWS = 256
"""Rows that are worked on at once: directions of a whole 3072-pixel eye alone take 108 MiB."""


def width_height(size_px: Size) -> tuple[int, int]:
    """Read the size of an eye.

    Args:
        size_px: Side of a square eye or (width, height), pixels.

    Returns:
        (width, height).

    Raises:
        InputError: A side is shorter than one pixel or longer than 32767.
    """
    width, height = (size_px, size_px) if isinstance(size_px, int) else size_px
    if not (1 <= width <= 32767 and 1 <= height <= 32767):
        raise InputError(
            f"an eye is {width}x{height} px, wanted 1 to 32767 a side",
            why="pictures larger than that cannot be turned",
            fix="hand in the eyes of a half-equirect video, such as 3072x3072",
        )
    return width, height


def directions(size_px: Size) -> Directions:
    """Where each pixel of an eye looks.

    Args:
        size_px: Side of a square eye or (width, height), pixels.

    Returns:
        (H, W, 3) unit directions of pixel centres.
    """
    width, height = width_height(size_px)
    return directions_at(np.arange(width), np.arange(height), (width, height))


def directions_at(
    columns: NDArray[np.generic], rows: NDArray[np.generic], size_px: Size
) -> Directions:
    """Where the pixels of a grid look.

    Args:
        columns: (n,) x of the grid, pixels; fractions and places outside of the picture will do.
        rows: (m,) y of the grid, pixels.
        size_px: Side of a square eye or (width, height), pixels.

    Returns:
        (m, n, 3) unit directions.
    """
    width, height = width_height(size_px)
    lon = ((columns.astype(np.float64) + 0.5) / width - 0.5) * math.pi
    lat = (0.5 - (rows.astype(np.float64) + 0.5) / height) * math.pi
    found = np.empty((len(lat), len(lon), 3), np.float32)
    found[..., 0] = np.cos(lat)[:, None] * np.sin(lon)
    found[..., 1] = np.sin(lat)[:, None]
    found[..., 2] = np.cos(lat)[:, None] * np.cos(lon)
    return found


def pixels_of(directions: NDArray[np.floating], size_px: Size) -> Map:
    """Find the pixels that look into directions.

    Args:
        directions: (..., 3) directions of any length but zero.
        size_px: Side of a square eye or (width, height), pixels.

    Returns:
        x and y, float32 (...), pixels. What lies behind the eye comes out beyond the left or
        right border.
    """
    width, height = width_height(size_px)
    x, y, z = np.moveaxis(directions, -1, 0)
    lon = np.arctan2(x, z)
    lat = np.arctan2(y, np.hypot(x, z))
    column = (lon / math.pi + 0.5) * width - 0.5
    row = (0.5 - lat / math.pi) * height - 0.5
    return np.asarray(column, np.float32), np.asarray(row, np.float32)


def rotation_map(size_px: Size, rotation: Rotation) -> Map:
    """The maps that turn a picture.

    Args:
        size_px: Side of a square eye or (width, height), pixels.
        rotation: (3, 3); what was seen in direction d is seen in ``rotation @ d`` afterwards.

    Returns:
        x and y, float32 (H, W), for ``cv2.remap``.
    """
    width, height = width_height(size_px)
    found = np.empty((2, height, width), np.float32)
    for top in range(0, height, STRIP_ROWS):
        rows = np.arange(top, min(height, top + STRIP_ROWS))
        seen = directions_at(np.arange(width), rows, (width, height))
        found[:, rows] = pixels_of(turned(seen, rotation.T), (width, height))
    return found[0], found[1]


def turned(directions: NDArray[np.floating], rotation: Rotation) -> NDArray[np.floating]:
    """Turn directions.

    Args:
        directions: (..., 3).
        rotation: (3, 3).

    Returns:
        ``rotation @ d`` for each of them, in the precision they came in.
    """
    return directions @ rotation.T.astype(directions.dtype)


def rotation_of(pitch_deg: float, yaw_deg: float, roll_deg: float) -> Rotation:
    """How an eye is turned that looks down, to the right and to its right ear by so much.

    Args:
        pitch_deg: Down, degrees.
        yaw_deg: To the right, degrees.
        roll_deg: To the right ear, clockwise as it sees, degrees.

    Returns:
        (3, 3), directions of the eye to directions of a straight one: the rotation about the axis
        (pitch, yaw, -roll) by its length.
    """
    axis = np.radians(np.array([pitch_deg, yaw_deg, -roll_deg], np.float64))
    return np.asarray(cv2.Rodrigues(axis)[0], np.float64)
