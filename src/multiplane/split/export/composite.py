"""What becomes of a frame and its alpha: a cut-out, people over one colour, packed alpha."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.vr180.layout import Layout
from multiplane.split.export.band_colour import band_colour
from multiplane.split.export.windows import between, windows_of

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


@dataclass(frozen=True)
class Composed:
    """One frame; what is made of it is made when asked for, once.

    Attributes:
        frame: (H, W, 3) as the source has it.
        alpha: uint8 (H, W).
        how: How it is put together.
    """

    frame: Frame
    alpha: Grey
    how: Composing

    @cached_property
    def colour(self) -> Frame:
        """The colour of people, straight; black far from them. The frame's own when it is kept."""
        if not self.how.decontaminate:
            return self.frame
        out = np.zeros(self.frame.shape, np.uint8)  # of the system, black without being touched
        split = self.how.layout.split
        for eye, alpha, part in zip(split(self.frame), split(self.alpha), split(out), strict=True):
            band_colour(eye, alpha, self.how.extend_px, part)
        return out

    @cached_property
    def cutout(self) -> Picture:
        """RGBA (H, W, 4), straight."""
        rgba = cv2.cvtColor(self.colour, cv2.COLOR_RGB2RGBA)
        return np.asarray(cv2.insertChannel(self.alpha, rgba, 3), np.uint8)

    @cached_property
    def packed(self) -> Frame:
        """Both eyes as fisheye circles with their alphas in the corners."""
        assert self.how.packer, "planned with it"
        left, right = self.how.layout.split(self.colour)
        return self.how.packer.pack(left, right, *self.how.layout.split(self.alpha))

    @cached_property
    def screen(self) -> Frame:
        """People over one colour, (H, W, 3)."""
        out = np.empty_like(self.frame)
        row = np.empty(out.shape[1:], np.uint8)
        row[:] = self.how.background_rgb
        out[:] = row  # row by row: pixel by pixel takes ten times as long
        for window in windows_of(self.alpha, 0):
            _lay_over(self.colour[window], self.alpha[window], self.how.background_rgb, out[window])
        return out


def _lay_over(colour: Frame, alpha: Grey, background: Sequence[int], out: Frame) -> None:
    """Mix where alpha is soft, copy where it is 1; exact to half a step."""
    cv2.copyTo(colour, between(alpha, 255, 255), out)
    soft = np.nonzero(between(alpha, 1, 254))
    share = alpha[soft].astype(np.uint32)[:, None]
    behind = np.array(background, np.uint32)
    mixed = colour[soft] * share + behind * (255 - share)
    out[soft] = ((mixed + 127) // 255).astype(np.uint8)
