"""How much each pixel looks like a part of a thin dark line, beside what is round it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame

Levels = NDArray[np.int16]
Floats = NDArray[np.float32]

STEPS = 16
"""Darkness is counted in 1/16: whole numbers, so that squares add up to what the whole gives, and
9 of them still fit into 16 bits."""
_MOST_CHROMA = 100
DIRECTIONS = 12
_REACH = 4
_STRIDE_PX = 2
"""A line is followed over 2 * 4 * 2 + 1 = 17 px."""
_GAP_PX = 1.5
"""So far beside the line's edge its surroundings begin."""
CALM = 2.0
"""Lines in surroundings that are calmer than this are not held to be deeper for it, in L* and
chroma together."""
_SPREAD_FLOOR = 2.0
_DEEPEST = 4
"""More than this does not count as more: a chain is as deep as it is all along."""
_LIGHTER = 0.5
"""In standard deviations: what is lighter than the mean round it by this is no line at all, and
what is darker by as much is held back no longer."""


def levels(frame: Frame, bright: bool = False) -> Levels:
    """Lightness and chroma of CIELAB added: how far each pixel is from a gap without any colour.

    Cracks show dark shadow, dirt or bare ground. They are less colourful than the paint that they
    run through, which its own dark strokes are not.

    Args:
        frame: (H, W, 3).
        bright: For lines of bright ground: darkness in place of lightness.

    Returns:
        int16 (H, W) in 1/16, 0 to 3200; lines are low.
    """
    found = np.empty(frame.shape[:2], np.int16)
    for top in range(0, frame.shape[0], 256):
        strip = np.s_[top : top + 256]
        lab = cv2.cvtColor(frame[strip].astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
        light = 100 - lab[..., 0] if bright else lab[..., 0]
        chroma = np.minimum(np.hypot(lab[..., 1], lab[..., 2]), _MOST_CHROMA)
        found[strip] = np.rint((light + chroma) * np.float32(STEPS))
    return found


def widths_between(least_px: float, most_px: float) -> list[float]:
    """Widths that lines are looked for at; each is about twice the one before."""
    count = max(1, math.ceil(math.log2(most_px / least_px)))
    if most_px == least_px:
        return [least_px]
    return [least_px * (most_px / least_px) ** (k / count) for k in range(count + 1)]


def window_px(widest_px: float) -> int:
    """Side of the square that lines are compared with; ten of the widest fit into it."""
    return 2 * round(5 * widest_px) + 1


def contrasts(light: Levels, widths_px: list[float], calm: float = CALM) -> list[Levels]:
    """How much deeper dark lines are than lines that run the same way round them.

    The depth is that of a top-hat in 12 directions, as in the search for craquelure (Cornelis et
    al. 2013, doi:10.1016/j.sigpro.2012.07.022), taken between two sides: the lightness along a
    line of 17 px against the darker of its two sides, so that the edge of an object, which has
    one bright side only, is no line. Unlike there it is divided, direction by direction, by the
    root mean square of the depths in the square round it: a brush stroke among strokes that run
    alike is nothing, and a thin crack across them is much.

    Args:
        light: int16 (H, W), see :func:`levels`.
        widths_px: How wide lines may be.
        calm: See :data:`CALM`.

    Returns:
        For each direction int16 (H, W), in 1/64, 0 to 4 times.
    """
    offsets = [max(2, round(width / 2 + _GAP_PX)) for width in widths_px]
    window = window_px(max(widths_px))
    values = light.astype(np.float64)
    mean = _mean(values, window)
    spread = np.sqrt(np.maximum(_mean(values * values, window) - mean * mean, 0))
    low = ((mean - values) / (spread + _SPREAD_FLOOR * STEPS)).astype(np.float32)
    low = np.asarray(cv2.dilate(low, np.ones((3, 3), np.uint8)), np.float32)
    share = 64 * np.clip((low + _LIGHTER) / (2 * _LIGHTER), 0, 1)
    return [_contrast(depth, share, window, calm) for depth in _depths(light, offsets)]


def margin_px(widths_px: list[float]) -> int:
    """How far beside a pixel its contrast depends on the picture."""
    offset = max(2, round(max(widths_px) / 2 + _GAP_PX))
    return _REACH * _STRIDE_PX + offset + 1 + window_px(max(widths_px)) // 2 + 1


def _contrast(depth: Levels, share: Floats, window: int, calm: float) -> Levels:
    square = _mean(depth.astype(np.float64) ** 2, window).astype(np.float32)
    usual = np.sqrt(np.maximum(square, 0)) + np.float32(calm * STEPS * (2 * _REACH + 1))
    return np.rint(np.minimum(depth / usual, _DEEPEST) * share).astype(np.int16)


def _mean(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    return np.asarray(cv2.blur(values, (window, window), borderType=cv2.BORDER_REPLICATE))


def _depths(light: Levels, offsets: list[int]) -> Iterator[Levels]:
    """For each direction 9 times how much darker a line is than both of its sides, at most."""
    reach = _REACH * _STRIDE_PX
    margin = reach + max(offsets) + 1
    wide = cv2.copyMakeBorder(light, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    height, width = light.shape
    room = max(offsets) + 1  # sums are needed this far outside, for the sides
    for k in range(DIRECTIONS):
        angle = math.pi * k / DIRECTIONS
        along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        total = np.zeros((height + 2 * room, width + 2 * room), np.int16)
        for step in range(-_REACH, _REACH + 1):
            x, y = (round(step * _STRIDE_PX * part) for part in along)
            top, left = reach + y, reach + x
            total += wide[top : top + total.shape[0], left : left + total.shape[1]]
        centre = total[room : room + height, room : room + width]
        deepest = np.zeros(light.shape, np.int16)
        for offset in offsets:
            x, y = (round(offset * part) for part in across)
            one = total[room + y : room + y + height, room + x : room + x + width]
            other = total[room - y : room - y + height, room - x : room - x + width]
            np.maximum(deepest, np.minimum(one, other) - centre, out=deepest)
        yield deepest
