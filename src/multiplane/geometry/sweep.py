"""How far apart two eyes see the pixels of one person: matching by planes swept through space.

For each of a row of planes the other eye is drawn as this eye would see it, were everything on
that plane, and compared in windows by normalised correlation, which is blind to gain and offset of
a window. Windows see the person alone and a rim round them, so a background that is elsewhere does
not vote. (Plane sweep: Collins 1996, doi:10.1109/CVPR.1996.517097. Here the planes lean like the
plane found so far, and those that follow are swept closely about it.)

Everything is in pictures with their poles on the baseline, cut to the person, where a plane moves
pixels along rows only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.geometry.equirect import Rotation, directions_at, pixels_of, turned
from multiplane.geometry.plane import Normal
from multiplane.geometry.poles import polar_angles, polar_directions

Grey = NDArray[np.float32]

RIM_PX = 1
"""Pixels round the person that windows see too: the outline moves with the person."""
MIN_SPREAD = 1.5
"""Grey levels a window has to vary by to say anything."""
MIN_MATCH = 0.6
"""Correlation below which two windows are not of the same thing."""


@dataclass(frozen=True)
class Cut:
    """A part of the sphere, poles on the baseline.

    Attributes:
        alpha: (w,) angle off the straight-ahead plane of the columns, radians.
        phi: (h,) angle of the epipolar plane of the rows, radians.
        density: Pixels a radian, both ways.
    """

    alpha: NDArray[np.float64]
    phi: NDArray[np.float64]
    density: float

    @property
    def features(self) -> NDArray[np.float64]:
        """(h, w, 3): tan alpha, sin phi, cos phi; a plane's normal times it is the disparity."""
        found = np.empty((len(self.phi), len(self.alpha), 3))
        found[..., 0] = np.tan(self.alpha)
        found[..., 1] = np.sin(self.phi)[:, None]
        found[..., 2] = np.cos(self.phi)[:, None]
        return found

    def widened(self, before: float, after: float) -> Cut:
        """The same rows and more columns.

        Args:
            before: Radians more on the left.
            after: Radians more on the right.

        Returns:
            The wider cut, columns within 89 degrees.
        """
        first = max(-_WIDEST, float(self.alpha[0]) - before)
        last = min(_WIDEST, float(self.alpha[-1]) + after)
        count = max(1, round((last - first) * self.density) + 1)
        return Cut(first + np.arange(count) / self.density, self.phi, self.density)

    def draw(self, picture: NDArray[np.generic], rotation: Rotation) -> Grey:
        """Draw the part of an eye that lies in this cut.

        Args:
            picture: (H, W) of the eye, of any number type.
            rotation: (3, 3) that rectifies the eye.

        Returns:
            float32 (h, w); zero where the eye saw nothing.
        """
        seen = turned(polar_directions(self.alpha, self.phi), rotation.T)
        x, y = pixels_of(seen, (picture.shape[1], picture.shape[0]))
        return np.asarray(
            cv2.remap(
                picture.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
            ),
            np.float32,
        )


_WIDEST = math.radians(89)


@dataclass(frozen=True)
class Samples:
    """Disparities that were measured.

    Attributes:
        features: (n, 3) tan alpha, sin phi, cos phi in the eye that was matched from.
        disparity: (n,) difference of tan alpha between the eyes, left minus right.
        weight: (n,) how sharply each was told, from 0.
        per_px: (n,) change of disparity for one pixel of the cut.
    """

    features: NDArray[np.float64]
    disparity: NDArray[np.float64]
    weight: NDArray[np.float64]
    per_px: NDArray[np.float64]


def cut_round(mask: Mask, rotation: Rotation, most_px: int, rim_px: int = RIM_PX) -> Cut | None:
    """The part of the sphere a mask covers.

    Args:
        mask: (H, W) of one eye.
        rotation: (3, 3) that rectifies that eye.
        most_px: Longest side of the cut; it is never finer than the eye.
        rim_px: Pixels of the cut left round the mask.

    Returns:
        The cut, or None for an empty mask or one at the very side, where both eyes are in line.
    """
    height, width = mask.shape
    # Rows and columns are thinned: a box needs the outline only.
    step = max(1, max(width, height) // 512)
    ys, xs = np.nonzero(mask[::step, ::step])
    if not len(xs):
        return None
    columns, rows = np.unique(xs * step), np.unique(ys * step)
    seen = directions_at(columns, rows, (width, height))
    inside = mask[np.ix_(rows, columns)]
    alpha, phi = polar_angles(turned(seen[inside], rotation))
    kept = (np.abs(alpha) < math.radians(80)) & (np.abs(phi) < math.radians(89))
    if not kept.any():
        return None
    alpha, phi = alpha[kept].astype(np.float64), phi[kept].astype(np.float64)
    native = height / math.pi
    span = max(float(np.ptp(alpha)), float(np.ptp(phi)), 4.0 / native)
    density = min(native, most_px / span)
    room = rim_px / density + step * math.pi / min(width, height)
    left, bottom = float(alpha.min()) - room, float(phi.min()) - room
    across = math.ceil((float(alpha.max()) + room - left) * density) + 1
    up = math.ceil((float(phi.max()) + room - bottom) * density) + 1
    return Cut(
        left + np.arange(across) / density,
        bottom + np.arange(up)[::-1] / density,
        density,
    )


class Matcher:
    """Compares a person in one eye with the other eye drawn on planes."""

    def __init__(
        self, cut: Cut, here: Grey, mask: Mask, there: tuple[Cut, Grey], sign: int
    ) -> None:
        """Prepare what all planes share.

        Args:
            cut: The part of the sphere.
            here: (h, w) grey of the eye the mask is of.
            mask: (h, w) of the person.
            there: Cut and grey of the other eye, same rows, more columns.
            sign: 1 when the mask is of the left eye, -1 of the right.
        """
        self._cut, self._sign = cut, sign
        self._other, self._there = there
        self._inside = mask
        size = 2 * RIM_PX + 1
        rim = cv2.dilate(mask.astype(np.uint8), np.ones((size, size), np.uint8))
        self._weight = rim.astype(np.float32)
        self._window: int = max(5, 2 * round(max(mask.shape) / 40) + 1)
        self.features = cut.features
        self._here = here
        self._share = np.maximum(self._box(self._weight), 1e-6)
        self._mean = self._box(here * self._weight) / self._share
        square = self._box(here * here * self._weight) / self._share
        self._spread = np.maximum(square - self._mean**2, 0)
        self._usable = mask & (self._spread > MIN_SPREAD**2) & (self._share > 0.2)
        self._rows = np.broadcast_to(
            np.arange(len(cut.phi), dtype=np.float32)[:, None], mask.shape
        ).copy()
        self._per_px = 1.0 / (np.cos(cut.alpha) ** 2 * cut.density)

    @property
    def window(self) -> int:
        """Side of the windows, pixels of the cut."""
        return self._window

    @property
    def usable(self) -> int:
        """How many pixels of the person have texture."""
        return int(np.count_nonzero(self._usable))

    def sweep(self, normal: Normal, steps_px: NDArray[np.float64]) -> tuple[Grey, Samples]:
        """Compare on planes beside one.

        Args:
            normal: (3,) of the plane to sweep about, as the eye of the mask has it.
            steps_px: (k,) how far beside it to look, evenly spaced pixels of the cut.

        Returns:
            Correlations (k, h, w), 0 where nothing can be said, and the best disparity of each
            pixel that has one.
        """
        base = self.features @ normal
        scores = np.stack([self._compare(base + step * self._per_px) for step in steps_px])
        best = scores.argmax(axis=0)
        ok = self._usable & (best > 0) & (best < len(steps_px) - 1)
        ok &= scores.max(axis=0) > MIN_MATCH
        ys, xs = np.nonzero(ok)
        at = best[ys, xs]
        before, here, after = (scores[at + k, ys, xs] for k in (-1, 0, 1))
        bend = np.maximum(2 * here - before - after, 1e-6)
        offset = np.clip(0.5 * (after - before) / bend, -0.5, 0.5)
        pixels = steps_px[at] + offset * (steps_px[1] - steps_px[0])
        per_px = self._per_px[xs]
        samples = Samples(
            self.features[ys, xs],
            base[ys, xs] + pixels * per_px,
            np.minimum(bend.astype(np.float64), 0.5),
            per_px,
        )
        return scores, samples

    def agreement(self, scores: Grey) -> NDArray[np.float64]:
        """Mean correlation over the textured pixels of the person.

        Args:
            scores: (k, h, w) of ``sweep``.

        Returns:
            (k,) means, those against each other counted as nothing.
        """
        if not self._usable.any():
            return np.zeros(len(scores))
        return np.asarray(np.maximum(scores[:, self._usable], 0).mean(axis=1), np.float64)

    def _compare(self, disparity: NDArray[np.float64]) -> Grey:
        """Correlation of each window with the other eye at a disparity."""
        tangent = self.features[..., 0] - self._sign * disparity
        alpha = np.arctan(tangent)
        x = ((alpha - self._other.alpha[0]) * self._other.density).astype(np.float32)
        moved = cv2.remap(
            self._there, x, self._rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        seen = (x >= 0) & (x <= len(self._other.alpha) - 1)
        weighted = moved * self._weight
        mean = self._box(weighted) / self._share
        spread = np.maximum(self._box(moved * weighted) / self._share - mean**2, 0)
        both = self._box(self._here * weighted) / self._share - self._mean * mean
        score = both / np.sqrt(np.maximum(self._spread * spread, 1e-3))
        score[~(seen & self._usable & (spread > 0.25 * MIN_SPREAD**2))] = 0
        return np.asarray(score, np.float32)

    def _box(self, values: Grey) -> Grey:
        side = (self._window, self._window)
        return np.asarray(cv2.blur(values, side, borderType=cv2.BORDER_CONSTANT), np.float32)
