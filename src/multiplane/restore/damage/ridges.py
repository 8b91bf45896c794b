"""How much each pixel looks like a part of a thin dark line, and how much its surroundings do."""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.squares import TILE_PX, tiles

Levels = NDArray[np.int16]

STEPS = 32
"""Lightness L* is counted in 1/32: whole numbers, so that squares add up to what the whole gives,
and 9 of them still fit into 16 bits."""
WINDOW_PX = 81
"""Surroundings are a square of this side."""
DIRECTIONS = 12
_REACH = 4
_STRIDE_PX = 2
"""A line is followed over 2 * 4 * 2 + 1 = 17 px."""
_GAP_PX = 1.5
"""So far beside the line's edge its surroundings begin."""
_FLOOR = 2.0
"""In L*: lines in surroundings that are calmer than this are not held to be deeper for it."""
_SPREAD_FLOOR = 2.0


class Lines(NamedTuple):
    """What was seen of lines.

    Attributes:
        weak: (H, W) bool, may belong to a line where it goes on.
        strong: (H, W) bool, is one.
    """

    weak: Mask
    strong: Mask


def lightness(frame: Frame) -> Levels:
    """L* of CIELAB in 1/32.

    Args:
        frame: (H, W, 3).

    Returns:
        int16 (H, W), 0 to 3200.
    """
    found = np.empty(frame.shape[:2], np.int16)
    for top in range(0, frame.shape[0], 256):
        strip = np.s_[top : top + 256]
        lab = cv2.cvtColor(frame[strip].astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
        found[strip] = np.rint(lab[..., 0] * np.float32(STEPS))
    return found


def widths_between(least_px: float, most_px: float) -> list[float]:
    """Widths that lines are looked for at; each is about twice the one before."""
    count = max(1, math.ceil(math.log2(most_px / least_px)))
    if most_px == least_px:
        return [least_px]
    return [least_px * (most_px / least_px) ** (k / count) for k in range(count + 1)]


def lines(
    light: Levels, widths_px: list[float], threshold: float, darker: float, tile_px: int = TILE_PX
) -> Lines:
    """Find dark lines by how deep they are beside how deep everything round them is.

    The depth is that of a top-hat in 12 directions, as in the search for craquelure (Cornelis et
    al. 2013, doi:10.1016/j.sigpro.2012.07.022), taken between two sides: the lightness along a
    line of 17 px against the darker of its two sides, so that the edge of an object, which has
    one bright side only, is no line. Unlike there it is divided by the root mean square of the
    depths in 81 px round it, which lets brush strokes among brush strokes pass.

    Args:
        light: int16 (H, W), see :func:`lightness`; bright lines are found in its inverse.
        widths_px: How wide lines may be.
        threshold: How many times deeper than its surroundings a line is.
        darker: How many standard deviations under the mean of its surroundings it is.
        tile_px: Side of the squares that are worked on at a time; without effect on the result.

    Returns:
        Where lines are.
    """
    offsets = [max(2, round(width / 2 + _GAP_PX)) for width in widths_px]
    margin = _REACH * _STRIDE_PX + max(offsets) + 1 + WINDOW_PX // 2 + 1
    found = Lines(np.zeros(light.shape, np.bool_), np.zeros(light.shape, np.bool_))
    for tile in tiles(light.shape, margin, tile_px):
        score, low = _scores(light[tile.look], offsets)
        among = cv2.dilate(low, np.ones((3, 3), np.uint8)) > darker
        found.weak[tile.own] = ((score > _GOES_ON * threshold) & among)[tile.inner]
        found.strong[tile.own] = ((score > threshold) & among)[tile.inner]
    return found


_GOES_ON = 0.57
"""A line is followed down to this share of the threshold."""


def _scores(light: Levels, offsets: list[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Depth over that of the surroundings, and standard deviations under their mean."""
    deep = _depth(light, offsets).astype(np.float64) / (2 * _REACH + 1)
    square = _mean(deep * deep)
    score = deep / (np.sqrt(np.maximum(square, 0)) + _FLOOR * STEPS)
    values = light.astype(np.float64)
    mean = _mean(values)
    spread = np.sqrt(np.maximum(_mean(values * values) - mean * mean, 0))
    low = (mean - values) / (spread + _SPREAD_FLOOR * STEPS)
    return score.astype(np.float32), low.astype(np.float32)


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    window = (WINDOW_PX, WINDOW_PX)
    return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REPLICATE))


def _depth(light: Levels, offsets: list[int]) -> Levels:
    """9 times how much darker a line through each pixel is than both of its sides, at most."""
    reach = _REACH * _STRIDE_PX
    margin = reach + max(offsets) + 1
    wide = cv2.copyMakeBorder(light, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    height, width = light.shape
    deepest = np.zeros(light.shape, np.int16)
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
        for offset in offsets:
            x, y = (round(offset * part) for part in across)
            one = total[room + y : room + y + height, room + x : room + x + width]
            other = total[room - y : room - y + height, room - x : room - x + width]
            np.maximum(deepest, np.minimum(one, other) - centre, out=deepest)
    return deepest
