"""A plane in space as two eyes see it: by how much what lies on it differs between them.

Take the left eye as the origin and its unit of length as the distance of the eyes b. A plane is
the points P with ``normal . P = 1``, so a point seen in direction d stands at the distance
``1 / (normal . d)``, and the right eye, one unit along x, sees it in the direction

    d - (normal . d) (1, 0, 0)

which is exact, needs neither b nor angles of the picture, and is linear in what has to be found:
tan(alpha left) - tan(alpha right) = normal . (tan alpha left, sin phi, cos phi), in the angles of
``geometry.poles``. A normal of zero is the plane at infinity, where both eyes see the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Side: TypeAlias = Literal["left", "right"]
Normal: TypeAlias = NDArray[np.float64]
"""float64 (3,), in units of one over the distance of the eyes."""


@dataclass(frozen=True)
class Plane:
    """The plane a person is taken to stand in.

    Attributes:
        normal: (3,) of the plane as the left eye has it, right, up and forward, in units of one
            over the distance of the eyes: the third is the distance of the eyes over the depth
            straight ahead.
        found_by: What it was read from: ``"texture"`` inside the person, or ``"silhouettes"`` of
            the masks of both eyes.
        disparity_deg: How much further right the left eye sees the middle of the person, degrees.
        agreeing: Share of the person's textured pixels, or of the edges of the silhouettes, that
            agrees with the plane, 0 to 1.
        samples: How many matched pixels, or edges, it was fitted to.
        residual_deg: Median miss of those that agree, degrees.
    """

    normal: tuple[float, float, float]
    found_by: Literal["texture", "silhouettes"] = "texture"
    disparity_deg: float = 0.0
    agreeing: float = 1.0
    samples: int = 0
    residual_deg: float = 0.0

    def distance_m(self, eyes_apart_m: float = 0.064) -> float:
        """How far away the middle of the person is, as far as the disparity tells.

        Args:
            eyes_apart_m: Distance of the eyes, metres.

        Returns:
            Metres; infinite without disparity.
        """
        angle = math.radians(self.disparity_deg)
        return eyes_apart_m / math.tan(angle) if angle > 0 else math.inf

    def to_json(self) -> dict[str, Any]:
        """What is worth writing down, in plain types."""
        return {
            "plane": [round(value, 8) for value in self.normal],
            "found_by": self.found_by,
            "disparity_deg": round(self.disparity_deg, 4),
            "agreeing": round(self.agreeing, 4),
            "samples": self.samples,
            "residual_deg": round(self.residual_deg, 5),
        }


def seen_by_right(directions: NDArray[np.floating], normal: Normal) -> NDArray[np.floating]:
    """Where the right eye sees what the left eye sees on a plane.

    Args:
        directions: (..., 3) of the left eye.
        normal: (3,) of the plane.

    Returns:
        (..., 3) of the right eye, not of unit length.
    """
    found = np.array(directions)
    found[..., 0] -= directions @ normal.astype(directions.dtype)
    return found


def seen_by_left(directions: NDArray[np.floating], normal: Normal) -> NDArray[np.floating]:
    """Where the left eye sees what the right eye sees on a plane.

    Args:
        directions: (..., 3) of the right eye.
        normal: (3,) of the plane, as the left eye has it.

    Returns:
        (..., 3) of the left eye, not of unit length.
    """
    found = np.array(directions)
    found[..., 0] += directions @ normal_of_right(normal).astype(directions.dtype)
    return found


def normal_of_right(normal: Normal) -> Normal:
    """The same plane with the right eye as the origin.

    A plane on which both eyes stand edge on, ``normal[0]`` of 1 or more, has no such normal; it is
    kept short of that.

    Args:
        normal: (3,) as the left eye has it.

    Returns:
        (3,) as the right eye has it.
    """
    return normal / max(1e-3, 1.0 - float(normal[0]))


def normal_of_left(normal: Normal) -> Normal:
    """The same plane with the left eye as the origin.

    Args:
        normal: (3,) as the right eye has it.

    Returns:
        (3,) as the left eye has it.
    """
    return normal / max(1e-3, 1.0 + float(normal[0]))
