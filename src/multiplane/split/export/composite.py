"""What becomes of a frame and its alpha: a cut-out, people over one colour, packed alpha.

All but packed alpha is made where people are, in a few patches; the rest of a frame is never
turned into RGB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.planes import Window
from multiplane.media.vr180.layout import Layout
from multiplane.split.export.band_colour import band_colour, margin_of
from multiplane.split.export.windows import between, disjoint, soft_places, windows_of

Grey = NDArray[np.uint8]
Picture = NDArray[np.uint8]


class Packs(Protocol):
    """Puts two eyes and their alphas into one picture for players of VR video."""

    def pack(self, left: Frame, right: Frame, alpha_left: Grey, alpha_right: Grey) -> Frame:
        """Give (H, 2 H, 3): fisheye circles, alphas in the red of the corners."""


@dataclass(frozen=True)
class Composing:
    """How frames are put together.

    Attributes:
        layout: Where the eyes are.
        background_rgb: Behind people in green screens.
        decontaminate: Whether the old background is taken out of soft edges.
        extend_px: How far the colour of people goes on under alpha 0.
        packer: Puts eyes and alphas into one picture; None where nobody asks for it.
    """

    layout: Layout
    background_rgb: tuple[int, int, int] = (0, 255, 0)
    decontaminate: bool = True
    extend_px: int = 12
    packer: Packs | None = None


class Looks(Protocol):
    """A frame of which RGB is had where somebody looks; of a clip, as it is coded."""

    def rgb(self, window: Window | None = None) -> Frame:
        """Give its pixels, (H, W, 3), or those of a window."""


@dataclass(frozen=True)
class Still:
    """A frame that is RGB already.

    Attributes:
        frame: (H, W, 3).
    """

    frame: Frame

    def rgb(self, window: Window | None = None) -> Frame:
        """Give its pixels, or those of a window."""
        return self.frame if window is None else self.frame[window]


@dataclass(frozen=True)
class Patch:
    """A part of a frame with people in it, and all round them some where nobody is.

    Attributes:
        eye: Rows and columns in the eye's picture.
        frame: The same in the frame.
        alpha: uint8 (h, w).
        colour: (h, w, 3), the colour of people, straight; black far from them. The frame's own
            where it is kept.
    """

    eye: Window
    frame: Window
    alpha: Grey
    colour: Frame

    @cached_property
    def cutout(self) -> Picture:
        """RGBA (h, w, 4), straight."""
        return _with_alpha(self.colour, self.alpha)

    def over(self, background: Sequence[int]) -> Frame:
        """People over one colour, (h, w, 3)."""
        out = plain(self.alpha.shape[::-1], background)
        cv2.copyTo(self.colour, between(self.alpha, 255, 255), out)
        soft = soft_places(self.alpha)
        share = self.alpha[soft].astype(np.uint32)[:, None]
        mixed = self.colour[soft] * share + np.array(background, np.uint32) * (255 - share)
        out[soft] = ((mixed + 127) // 255).astype(np.uint8)  # exact to half a step
        return out


@dataclass(frozen=True)
class Composed:
    """One frame; what is made of it is made when asked for, once.

    Attributes:
        source: The frame.
        alpha: uint8 (H, W).
        how: How it is put together.
    """

    source: Looks
    alpha: Grey
    how: Composing

    @cached_property
    def frame(self) -> Frame:
        """The frame, (H, W, 3), all of it."""
        return self.source.rgb()

    @cached_property
    def patches(self) -> tuple[tuple[Patch, ...], ...]:
        """What there is of people, eye by eye, the left one first; no two share a pixel."""
        alphas, margin = self.how.layout.split(self.alpha), margin_of(self.how.extend_px)
        return tuple(
            tuple(self._patch(window, corner) for window in disjoint(windows_of(alpha, margin)))
            for alpha, corner in zip(alphas, corners(self.how.layout), strict=True)
        )

    def _patch(self, window: Window, corner: tuple[int, int]) -> Patch:
        rows, columns = (
            slice(side.start + begin, side.stop + begin)
            for side, begin in zip(window, corner, strict=True)
        )
        place = (rows, columns)
        part, alpha = self.source.rgb(place), self.alpha[place]
        if not self.how.decontaminate:
            return Patch(window, place, alpha, part)
        colour = np.zeros(part.shape, np.uint8)  # one eye: nothing comes from across the seam
        band_colour(part, alpha, self.how.extend_px, colour)
        return Patch(window, place, alpha, colour)

    @cached_property
    def colour(self) -> Frame:
        """The colour of people in the whole frame, as in patches."""
        if not self.how.decontaminate:
            return self.frame
        out = np.zeros((*self.alpha.shape, 3), np.uint8)  # black without being touched
        for eye in self.patches:
            for patch in eye:
                out[patch.frame] = patch.colour
        return out

    @cached_property
    def cutout(self) -> Picture:
        """RGBA (H, W, 4), straight."""
        return _with_alpha(self.colour, self.alpha)

    @cached_property
    def packed(self) -> Frame:
        """Both eyes as fisheye circles with their alphas in the corners."""
        assert self.how.packer, "planned with it"
        left, right = self.how.layout.split(self.colour)
        return self.how.packer.pack(left, right, *self.how.layout.split(self.alpha))

    @cached_property
    def screens(self) -> tuple[tuple[Frame, ...], ...]:
        """The patches over one colour."""
        behind = self.how.background_rgb
        return tuple(tuple(patch.over(behind) for patch in eye) for eye in self.patches)


def corners(layout: Layout) -> tuple[tuple[int, int], ...]:
    """First row and column of each eye in a frame, the left eye's first."""
    wide, high = layout.eye_size
    if layout.eyes == 1:
        return ((0, 0),)
    second = (0, wide) if layout.kind == "sbs" else (high, 0)
    return (second, (0, 0)) if layout.swapped else ((0, 0), second)


def _with_alpha(colour: Frame, alpha: Grey) -> Picture:
    rgba = cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA)
    return np.asarray(cv2.insertChannel(alpha, rgba, 3), np.uint8)


def plain(size: tuple[int, int], colour: Sequence[int]) -> Picture:
    """A picture of one colour.

    Args:
        size: (W, H).
        colour: A value a channel.

    Returns:
        uint8 (H, W, channels).
    """
    shape = (size[1], size[0], len(colour))
    out = np.zeros(shape, np.uint8)  # of the system, black without being touched
    if any(colour):
        row = np.empty(shape[1:], np.uint8)
        row[:] = colour
        out[:] = row  # row by row: pixel by pixel takes ten times as long
    return out
