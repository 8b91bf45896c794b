"""Two eyes and the people they both see: how far apart, and what one looks like to the other.

A perfect matte of one eye laid on that of the other as it is overlaps by a half to two thirds.
Moved by the plane the person stands in it fits, which is what people are handed over and checked by
here. On exact mattes of 3072 pixels, 0.6 to 4 m away and up to 60 degrees aside, planes found in
pictures of 768 pixels reach an overlap within 0.003 of the true plane's: 0.99 and more up to 2 m,
0.975 at 4 m, where a pixel of the outline is more of the person (benchmarks/stereo_agreement.py).
"""

from __future__ import annotations

import logging
import math
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.geometry.carry import Eyes, Picture, carry, source_map
from multiplane.geometry.equirect import Size, width_height
from multiplane.geometry.plane import Normal, Plane, Side, normal_of_left
from multiplane.geometry.planefit import Fit, facing, fit_plane
from multiplane.geometry.poles import polar_directions
from multiplane.geometry.rectification import Rectification
from multiplane.geometry.silhouettes import silhouette_samples
from multiplane.geometry.sweep import Cut, Matcher, Samples, cut_round

log = logging.getLogger(__name__)

COARSE_PX, FINE_PX = 72, 512
"""Longest side of the person in the first look and in the last."""
MIN_PIXELS = 24
"""Pixels of a person, and matches, below which nothing is said."""
MIN_AGREEING = 0.25
"""Share of the textured pixels, or of the rows of the outlines, that has to be on one plane."""
BEHIND_DEG = 0.25
"""Disparity below zero that is put down to noise; more is nothing a person has."""


class EyePair:
    """What both eyes of a rig see, and how the one is found from the other."""

    def __init__(
        self,
        size_px: Size,
        rectification: Rectification | None = None,
        max_disparity_deg: float = 12.0,
    ) -> None:
        """Set up the rig.

        Args:
            size_px: Side of an eye, or its (width, height), that ``plane`` works on. ``transfer``
                takes pictures of any size: planes have none.
            rectification: How the eyes are turned; None when they stand straight. A rig that was
                ``swapped`` is taken as it is: exchange the eyes and ``exchanged()`` first.
            max_disparity_deg: Largest disparity to look for, degrees: 12 is 30 cm away from eyes
                that stand 64 mm apart.

        Raises:
            InputError: The disparity is not above 0 and below 45.
        """
        if not 0 < max_disparity_deg < 45:
            raise InputError(
                f"max_disparity_deg is {max_disparity_deg:g}, wanted above 0 and below 45",
                why="12 degrees is somebody 30 cm away",
                fix="max_disparity_deg=12",
            )
        self.size = width_height(size_px)
        found = rectification or Rectification()
        self._eyes = Eyes(np.asarray(found.left), np.asarray(found.right))
        self._most = math.radians(max_disparity_deg)

    def plane(
        self, left: Frame, right: Frame, mask: Mask, side: Side = "left", other: Mask | None = None
    ) -> Plane | None:
        """Find the plane somebody stands in.

        The texture inside the person is matched between the eyes; where there is none and the
        person's mask in the other eye is known, the outlines of both masks are.

        Args:
            left: (H, W, 3) of the left eye.
            right: (H, W, 3) of the right eye.
            mask: (H, W), the person in one eye.
            side: The eye of the mask.
            other: (H, W), the same person in the other eye, when known.

        Returns:
            The plane, or None when neither says where the person is: too small, hidden in the
            other eye, or without texture and not known there.

        Raises:
            InputError: Something is not a frame or mask of this pair's size.
        """
        self._check(left, right, mask, other)
        if np.count_nonzero(mask) < MIN_PIXELS:
            return None
        turn = self._eyes.left if side == "left" else self._eyes.right
        pictures = (left, right) if side == "left" else (right, left)
        greys = [
            np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8) for picture in pictures
        ]
        found = self._by_texture(greys[0], greys[1], mask, side, turn)
        if found is None and other is not None:
            found = self._by_silhouettes(mask, other, side, turn)
        return found

    def transfer(self, picture: Picture, plane: Plane, to: Side) -> Picture:
        """Draw somebody of one eye as the other eye sees them.

        Args:
            picture: (H, W) or (H, W, C) bool, uint8 or float32 of the eye that is not ``to``: a
                mask, an alpha, a frame. Of any size.
            plane: The plane the person stands in.
            to: The eye to draw for.

        Returns:
            The same dtype and shape, nothing where nothing comes from. Masks are cut at a half.
        """
        return carry(picture, self._eyes, np.array(plane.normal), to)

    def visible(self, plane: Plane, to: Side) -> Mask:
        """Which pixels of an eye show what is on a plane and within the other eye's picture.

        Eyes that stand straight and see 180 degrees miss nothing of each other; turned ones do, at
        the border. Who stands in front of whom is not known here.

        Args:
            plane: A plane.
            to: The eye that is asked about.

        Returns:
            (H, W) of the size of this pair.
        """
        width, height = self.size
        normal = np.array(plane.normal)
        x, y = source_map(self.size, (0, 0, width, height), self._eyes, normal, to)
        return np.asarray(
            (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5), np.bool_
        )

    def _by_texture(
        self, here: NDArray[np.uint8], there: NDArray[np.uint8], mask: Mask, side: Side,
        turn: NDArray[np.float64],
    ) -> Plane | None:  # fmt: skip
        fit: Fit | None = None
        cut: Cut | None = None
        count, textured = 0, 1
        for most_px, reaches in ((COARSE_PX, (0.0, 3.0)), (FINE_PX, (4.0, 1.5))):
            cut = cut_round(mask, turn, most_px)
            if cut is None:
                return None
            matcher = self._matcher(cut, here, there, mask, side)
            for reach in reaches:
                textured = matcher.usable
                if textured < MIN_PIXELS:
                    return None
                samples, start = self._measure(matcher, cut, fit, reach)
                count = len(samples.disparity)
                if count < MIN_PIXELS:
                    return None
                fit = fit_plane(samples, start, matcher.window**2 / 4, search=reach == 0)
        assert fit is not None
        assert cut is not None
        agreeing = fit.agreeing * count / textured
        if agreeing < MIN_AGREEING:
            log.debug("%.2f of %d textured pixels agree on a plane", agreeing, textured)
            return None
        fit = replace(fit, agreeing=agreeing)
        return self._said(fit, cut, side, "texture", count)

    def _matcher(
        self, cut: Cut, here: NDArray[np.uint8], there: NDArray[np.uint8], mask: Mask, side: Side
    ) -> Matcher:
        """A person and what there is to compare with, drawn for one cut."""
        shrink = min(1.0, cut.density * math.pi / mask.shape[0])
        wider = self._beside(cut, side)
        turns = (self._eyes.left, self._eyes.right)
        mine, others = turns if side == "left" else turns[::-1]
        inside = cut.draw(_smaller(mask.astype(np.uint8) * 255, shrink), mine) >= 128
        return Matcher(
            cut,
            cut.draw(_smaller(here, shrink), mine),
            inside,
            (wider, wider.draw(_smaller(there, shrink), others)),
            1 if side == "left" else -1,
        )

    def _beside(self, cut: Cut, side: Side) -> Cut:
        """The part of the other eye in which this cut can be."""
        spare = math.radians(BEHIND_DEG) + 6 / cut.density
        return cut.widened(
            *((self._most + spare, spare) if side == "left" else (spare, self._most + spare))
        )

    def _measure(
        self, matcher: Matcher, cut: Cut, fit: Fit | None, reach_px: float
    ) -> tuple[Samples, Normal]:
        """Disparities near a plane, or of anything a person may have when none is known yet."""
        if fit is not None:
            step = 0.5 if reach_px < 2 else 1.0
            steps = np.arange(-reach_px - step, reach_px + step + 0.01, step)
            return matcher.sweep(fit.normal, steps)[1], fit.normal
        middle = polar_directions(cut.alpha.mean(keepdims=True), cut.phi.mean(keepdims=True))[0, 0]
        least = math.floor(-math.radians(BEHIND_DEG) * cut.density) - 1
        steps = np.arange(least, math.ceil(self._most * cut.density) + 2, dtype=np.float64)
        scores, samples = matcher.sweep(np.zeros(3), steps)
        likely = float(steps[int(matcher.agreement(scores).argmax())])
        return samples, facing(middle, max(likely, 0.25) / cut.density)

    def _by_silhouettes(
        self, mask: Mask, beside: Mask, side: Side, turn: NDArray[np.float64]
    ) -> Plane | None:
        cut = cut_round(mask, turn, FINE_PX, rim_px=4)
        if cut is None:
            return None
        wider = self._beside(cut, side)
        turns = (self._eyes.left, self._eyes.right)
        mine, others = turns if side == "left" else turns[::-1]
        shrink = min(1.0, cut.density * math.pi / mask.shape[0])
        shares = [
            part.draw(_smaller(what.astype(np.uint8) * 255, shrink), rotation) / np.float32(255)
            for part, what, rotation in ((cut, mask, mine), (wider, beside, others))
        ]
        samples = silhouette_samples(
            (cut, shares[0]), (wider, shares[1]), 1 if side == "left" else -1
        )
        if samples is None:
            return None
        middle = polar_directions(cut.alpha.mean(keepdims=True), cut.phi.mean(keepdims=True))[0, 0]
        likely = float(np.median(samples.disparity / samples.per_px)) / cut.density
        fit = fit_plane(samples, facing(middle, likely), 8.0, search=True)
        if fit.agreeing < MIN_AGREEING:
            return None
        return self._said(fit, cut, side, "silhouettes", len(samples.disparity))

    def _said(self, fit: Fit, cut: Cut, side: Side, by: str, count: int) -> Plane | None:
        """The plane for the left eye, or None when no person stands there."""
        middle = polar_directions(cut.alpha.mean(keepdims=True), cut.phi.mean(keepdims=True))[0, 0]
        across = math.hypot(float(middle[1]), float(middle[2]))
        tangent = float(middle[0]) / across
        differs = float(fit.normal @ middle) / across
        sign = 1 if side == "left" else -1
        angle = sign * (math.atan(tangent) - math.atan(tangent - sign * differs))
        if not -math.radians(BEHIND_DEG) <= angle <= self._most * 1.05:
            return None
        normal = fit.normal if side == "left" else normal_of_left(fit.normal)
        return Plane(
            (float(normal[0]), float(normal[1]), float(normal[2])),
            "texture" if by == "texture" else "silhouettes",
            math.degrees(angle),
            fit.agreeing,
            count,
            math.degrees(fit.residual_px / cut.density),
        )

    def _check(self, left: Frame, right: Frame, mask: Mask, beside: Mask | None) -> None:
        check_frame(left, "left")
        check_frame(right, "right")
        check_mask(mask)
        check_same_size(left, right, ("left", "right"))
        check_same_size(left, mask, ("left", "mask"))
        if beside is not None:
            check_same_size(left, check_mask(beside, "other"), ("left", "other"))
        if (left.shape[1], left.shape[0]) != self.size:
            raise InputError(
                f"eyes are {left.shape[1]}x{left.shape[0]}, this pair is "
                f"{self.size[0]}x{self.size[1]}",
                why="a pair is set up for one size",
                fix=f"EyePair(({left.shape[1]}, {left.shape[0]}))",
            )


def _smaller(picture: NDArray[np.uint8], shrink: float) -> NDArray[np.uint8]:
    """A picture reduced by area, so that drawing it coarsely sees all of it."""
    if shrink > 0.75:
        return picture
    size = (max(1, round(picture.shape[1] * shrink)), max(1, round(picture.shape[0] * shrink)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
