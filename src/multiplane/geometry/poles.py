"""Pictures with their poles on the baseline, so that rows are epipolar planes.

Two eyes that stand beside each other see a point in one and the same plane through the baseline.
In a half-equirect picture such a plane is a curve; once the poles are turned from up and down to
left and right it is a row, and what differs between the eyes differs along the row alone. Columns
are then the angle off the straight-ahead plane (alpha, -90 to 90 degrees, left to right), rows the
angle of the epipolar plane (phi, 90 degrees at the top to -90):

    direction = (sin alpha, cos alpha sin phi, cos alpha cos phi)

A point at the distance rho from the baseline has tan(alpha left) - tan(alpha right) = b / rho,
with b the distance of the eyes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from multiplane.geometry.equirect import (
    STRIP_ROWS,
    Directions,
    Map,
    Rotation,
    Size,
    directions_at,
    pixels_of,
    turned,
    width_height,
)


def polar_angles(
    directions: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Read directions as angles about the baseline.

    Args:
        directions: (..., 3) of any length but zero.

    Returns:
        alpha and phi, radians.
    """
    x, y, z = np.moveaxis(directions, -1, 0)
    return np.arctan2(x, np.hypot(y, z)), np.arctan2(y, z)


def polar_directions(alpha: NDArray[np.floating], phi: NDArray[np.floating]) -> Directions:
    """Turn angles about the baseline into directions.

    Args:
        alpha: (n,) of columns, radians.
        phi: (m,) of rows, radians.

    Returns:
        (m, n, 3) unit directions.
    """
    found = np.empty((len(phi), len(alpha), 3), np.float32)
    found[..., 0] = np.sin(alpha)
    found[..., 1] = np.sin(phi)[:, None] * np.cos(alpha)
    found[..., 2] = np.cos(phi)[:, None] * np.cos(alpha)
    return found


def to_poles_map(size_px: Size, rotation: Rotation | None = None) -> Map:
    """The maps that turn an eye's poles onto the baseline.

    Args:
        size_px: Side of a square eye or (width, height), pixels, before and after.
        rotation: (3, 3) that rectifies the eye first, as ``Rectification`` has it; None for none.

    Returns:
        x and y, float32 (H, W), for ``cv2.remap`` of the half-equirect picture.
    """
    width, height = width_height(size_px)
    alpha = ((np.arange(width) + 0.5) / width - 0.5) * math.pi
    phi = (0.5 - (np.arange(height) + 0.5) / height) * math.pi
    found = np.empty((2, height, width), np.float32)
    for top in range(0, height, STRIP_ROWS):
        seen: NDArray[np.floating] = polar_directions(alpha, phi[top : top + STRIP_ROWS])
        if rotation is not None:
            seen = turned(seen, rotation.T)
        found[:, top : top + STRIP_ROWS] = pixels_of(seen, (width, height))
    return found[0], found[1]


def from_poles_map(size_px: Size, rotation: Rotation | None = None) -> Map:
    """The maps that turn the poles back to up and down.

    Args:
        size_px: Side of a square eye or (width, height), pixels, before and after.
        rotation: The same as went into ``to_poles_map``.

    Returns:
        x and y, float32 (H, W), for ``cv2.remap`` of the picture with its poles on the baseline.
    """
    width, height = width_height(size_px)
    found = np.empty((2, height, width), np.float32)
    for top in range(0, height, STRIP_ROWS):
        rows = np.arange(top, min(height, top + STRIP_ROWS))
        seen: NDArray[np.floating] = directions_at(np.arange(width), rows, (width, height))
        if rotation is not None:
            seen = turned(seen, rotation)
        alpha, phi = polar_angles(seen)
        found[0, rows] = (alpha / math.pi + 0.5) * width - 0.5
        found[1, rows] = (0.5 - phi / math.pi) * height - 0.5
    return found[0], found[1]
