"""Equidistant fisheye pictures: circles in which the angle off the axis grows with the radius.

A circle of radius R px round the middle of a square shows ``fov_deg`` degrees from rim to rim. The
pixel whose centre is (a, b) R from the middle (a to the right, b down) looks r fov / 2 off the
axis, r = hypot(a, b). Maps are kept in the fixed point that ``cv2.remap`` reads fastest: whole
pixels in 16 bits and 32nds of them beside.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.geometry.equirect import directions_at, pixels_of

_STRIP_ROWS = 128
"""Rows of a map that are worked out at once: a whole one takes gigabytes of directions."""
_NOWHERE = -1000.0
"""Where pixels come from that nothing is known of: so far outside that they stay black."""


@dataclass(frozen=True)
class Circle:
    """A fisheye picture in a square.

    Attributes:
        side: Of the square, px.
        radius: Of the circle round its middle, px.
        fov_deg: What it shows from rim to rim, degrees.
    """

    side: int
    radius: float
    fov_deg: float

    def inside(self) -> NDArray[np.uint8]:
        """255 for pixels whose centres lie in the circle; (side, side)."""
        off = (np.arange(self.side) + 0.5 - self.side / 2) ** 2
        within = off[:, None] + off <= self.radius**2
        return within.astype(np.uint8) * np.uint8(255)


@dataclass(frozen=True)
class PixelMap:
    """Where each pixel of a picture comes from.

    Attributes:
        places: int16 (H, W, 2), whole pixels.
        parts: uint16 (H, W), 32nds between them.
    """

    places: NDArray[np.int16]
    parts: NDArray[np.uint16]

    def apply(
        self, picture: NDArray[np.uint8], out: NDArray[np.uint8] | None = None
    ) -> NDArray[np.uint8]:
        """Fetch the pixels, bilinear; black where they come from outside.

        Args:
            picture: uint8 (H, W) or (H, W, 3), of the size the map was made for.
            out: Where to write them, e.g. a part of a frame; None for a new array.

        Returns:
            The picture; ``out`` when that was given.
        """
        given = cv2.remap(
            picture, self.places, self.parts, cv2.INTER_LINEAR, out, cv2.BORDER_CONSTANT, 0
        )
        return np.asarray(given, np.uint8)


@functools.lru_cache(maxsize=4)
def to_circle(circle: Circle, eye_size: tuple[int, int]) -> PixelMap:
    """The map that makes a fisheye picture of a half-equirectangular one.

    What lies more than 90 degrees off the axis, or outside of the circle, stays black.

    Args:
        circle: The picture to be made.
        eye_size: (W, H) of the half-equirectangular one.

    Returns:
        A map of (side, side).
    """
    parts = []
    across = (np.arange(circle.side) + 0.5 - circle.side / 2) / circle.radius
    for rows in _strips(circle.side):
        down = across[rows, None]
        share = np.hypot(across, down)
        angle = share * np.radians(circle.fov_deg / 2)
        sine = np.divide(np.sin(angle), share, out=np.ones_like(share), where=share > 0)
        seen = np.stack([sine * across, -sine * down, np.cos(angle)], axis=-1)
        x, y = pixels_of(seen.astype(np.float32), eye_size)
        parts.append(_fixed(x, y, (share <= 1) & (angle <= np.pi / 2)))
    return _whole(parts)


@functools.lru_cache(maxsize=4)
def from_circle(circle: Circle, eye_size: tuple[int, int]) -> PixelMap:
    """The map that makes a half-equirectangular picture of a fisheye one.

    Args:
        circle: The picture it is made of.
        eye_size: (W, H) of the one to be made.

    Returns:
        A map of (H, W); what the circle does not show stays black.
    """
    width, height = eye_size
    parts = []
    for rows in _strips(height):
        x, y, z = np.moveaxis(directions_at(np.arange(width), np.arange(height)[rows], eye_size),
                              -1, 0).astype(np.float64)  # fmt: skip
        sine = np.hypot(x, y)
        share = np.arctan2(sine, z) / np.radians(circle.fov_deg / 2)
        scale = circle.radius * np.divide(share, sine, out=np.zeros_like(sine), where=sine > 0)
        middle = circle.side / 2 - 0.5
        parts.append(_fixed(scale * x + middle, middle - scale * y, share <= 1))
    return _whole(parts)


@functools.lru_cache(maxsize=4)
def rescaled(circle: Circle, source: Circle) -> PixelMap:
    """The map that makes one fisheye picture of another that shows the same field."""
    scale = source.radius / circle.radius
    along = (np.arange(circle.side) + 0.5 - circle.side / 2) * scale + source.side / 2 - 0.5
    inside = circle.inside() > 0
    x, y = np.broadcast_arrays(along, along[:, None])
    return _whole([_fixed(x, y, inside)])


def _strips(count: int) -> Iterator[slice]:
    return (slice(top, top + _STRIP_ROWS) for top in range(0, count, _STRIP_ROWS))


def _fixed(x: NDArray[np.floating], y: NDArray[np.floating], known: NDArray[np.bool_]) -> PixelMap:
    places = [np.where(known, along, _NOWHERE).astype(np.float32) for along in (x, y)]
    whole, parts = cv2.convertMaps(places[0], places[1], cv2.CV_16SC2)
    return PixelMap(np.asarray(whole, np.int16), np.asarray(parts, np.uint16))


def _whole(parts: list[PixelMap]) -> PixelMap:
    return PixelMap(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.parts for part in parts]),
    )
