"""Which eye is which, from the picture: the left one sees things further to the right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.geometry.rectification import Rectification, estimate_rectification
from multiplane.media.clip import Clip
from multiplane.media.vr180.layout import Layout

MOMENTS = 5
"""So many frames, evenly over what is worked on, are looked at."""
_LOOK_PX = 768
"""Eyes are reduced to this: the sign of disparity is told by a few hundred points."""
_CLEAR_DEG = 0.08
"""Median disparity that leaves no doubt: a person at 4 m has 0.9 degrees, a wall at 20 m 0.18."""


def order_eyes(clip: Clip, layout: Layout, frames: range) -> tuple[Layout, Rectification | None]:
    """Look which eye is left, and exchange the eyes of the layout where it has them wrong.

    Args:
        clip: The clip.
        layout: What is known so far.
        frames: Indices of the frames that are worked on.

    Returns:
        The layout with one reason more, and what was found; None where there is nothing to look
        at: one eye, or flat pictures, in which disparity may have either sign.
    """
    if layout.eyes == 1 or layout.projection != "half_equirect":
        return layout, None
    found = estimate_rectification(_pairs(clip, layout, frames))
    if abs(found.disparity_deg) < _CLEAR_DEG:
        first = "right" if layout.swapped else "left"
        told = f"{first} eye first: the picture does not tell ({found.matches} points"
        told += f", disparity {found.disparity_deg:.2f} degrees)"
        return replace(layout, reasons=(*layout.reasons, told)), found
    swapped = layout.swapped != found.swapped
    first = "right" if swapped else "left"
    told = f"{first} eye first: what lies near stands {abs(found.disparity_deg):.2f} degrees "
    told += f"further right in the other's picture ({found.matches} points)" if swapped else (
        f"further right in its picture ({found.matches} points)"
    )  # fmt: skip
    if found.swapped and layout.swapped:
        told += "; its name says otherwise"
    return replace(layout, swapped=swapped, reasons=(*layout.reasons, told)), found


def _pairs(clip: Clip, layout: Layout, frames: range) -> Iterator[tuple[Frame, Frame]]:
    for place in sorted({round(at) for at in np.linspace(frames[0], frames[-1], MOMENTS)}):
        shot = next(clip.frames(place, place + 1, on_damage="stop"), None)
        if shot is None:
            return
        left, right = (_reduced(eye) for eye in layout.split(shot.frame))
        yield left, right


def _reduced(eye: Frame) -> Frame:
    shrink = max(1.0, max(eye.shape[:2]) / _LOOK_PX)
    size = (round(eye.shape[1] / shrink), round(eye.shape[0] / shrink))
    return np.asarray(cv2.resize(eye, size, interpolation=cv2.INTER_AREA), np.uint8)
