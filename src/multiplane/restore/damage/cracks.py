"""Cracks: long thin lines, darker (or brighter) than what is beside them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.chains import lines
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.pieces import long_lines, of_one_darkness
from multiplane.restore.damage.ridges import CALM, STEPS, Levels, levels, widths_between
from multiplane.restore.damage.squares import TILE_PX, tiles

_THRESHOLD = 2.85
_FACTOR = 1.35
"""By so much half a step of sensitivity lowers the threshold."""
_FAINTER = 0.5
"""At the highest sensitivity, and hardly below, grounds count as calm by so much less: whoever goes
that far looks for faint cracks on plain grounds, and in pictures that are full of things they would
not find them among all the others."""
_EDGE = 0.5
"""A crack ends where it is this share as deep as nearby along it."""
_SHALLOWEST = 6.0
"""In L* and chroma together."""


def find_cracks(frame: Frame, options: DamageOptions, tile_px: int = TILE_PX) -> Mask:
    """Find cracks.

    Args:
        frame: (H, W, 3).
        options: How thin, how long, how sensitive.
        tile_px: Side of the squares that are worked on at a time; without effect on the result.

    Returns:
        (H, W).
    """
    found = np.zeros(frame.shape[:2], np.bool_)
    if options.crack_tone != "bright":
        found |= _lines(levels(frame), options, tile_px)
    if options.crack_tone != "dark":
        found |= _lines(levels(frame, bright=True), options, tile_px)
    return found


def _lines(light: Levels, options: DamageOptions, tile_px: int) -> Mask:
    less = _FACTOR ** (1 - 2 * options.crack_sensitivity)
    widest_px, shortest_px = _sizes(light.shape, options)
    widths = widths_between(options.crack_min_width_px, widest_px)
    calm = CALM * (1 - _FAINTER * max(0.0, 2 * options.crack_sensitivity - 1) ** 4)
    seen = lines(light, widths, _THRESHOLD * less, shortest_px, tile_px, calm)
    seen = seen._replace(weak=of_one_darkness(seen, light))
    kept = long_lines(seen, widest_px, shortest_px)
    if not kept.any():
        return kept
    return _as_wide_as_it_is(light, kept, (widest_px, _SHALLOWEST * less), tile_px)


def _sizes(shape: tuple[int, ...], options: DamageOptions) -> tuple[float, float]:
    """The widest and the shortest cracks to look for, px."""
    shorter = min(shape)
    widest = options.crack_max_width_px or min(32.0, max(6.0, 0.003 * shorter))
    shortest = options.crack_min_length_px or max(48.0, 0.1 * shorter)
    return max(widest, options.crack_min_width_px), shortest


def _as_wide_as_it_is(light: Levels, core: Mask, limits: tuple[float, float], tile_px: int) -> Mask:
    """From the middle of lines to their edges; the limits are the widest and the shallowest."""
    most_px, shallowest = limits
    reach = max(1, round(most_px / 2 - 2))
    across = 2 * math.ceil(most_px / 2) + 5
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (across, across))
    found = np.zeros(core.shape, np.bool_)
    for tile in tiles(core.shape, across + reach + 4, tile_px):
        if not core[tile.look].any():
            continue
        part, middle = light[tile.look], core[tile.look]
        depth = cv2.morphologyEx(part, cv2.MORPH_CLOSE, kernel) - part
        along = cv2.dilate(np.where(middle, depth, 0).astype(np.int16), _square(2 * reach + 1))
        near = cv2.dilate(middle.view(np.uint8), _square(2 * reach + 1)).view(np.bool_)
        sure = near & (depth > _EDGE * along) & (depth > shallowest * STEPS)
        found[tile.own] = sure[tile.inner]
    return found


def _square(side_px: int) -> NDArray[np.uint8]:
    return np.ones((side_px, side_px), np.uint8)
