"""Chains: how well short pieces of lines go on in one another, over a longer way."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.restore.damage.ridges import (
    CALM,
    DIRECTIONS,
    Levels,
    contrasts,
    margin_px,
)
from multiplane.restore.damage.squares import TILE_PX, tiles

_STEP_PX = 4
_FEWEST, _MOST = 2, 8
"""Steps of 4 px to either side: so far a chain reaches, or as far as the shortest lines do."""
_GOES_ON = 0.95
"""A line is followed down to this share of the threshold."""
_ENDS = 1.25
"""At its end, where it goes on to one side only, it is as deep as this on that side."""
_HERE = 0.8
"""A place of a chain is itself this share of the threshold deep."""


class Lines(NamedTuple):
    """What was seen of lines.

    Attributes:
        weak: (H, W) bool, may belong to a line where it goes on.
        strong: (H, W) bool, is one.
    """

    weak: Mask
    strong: Mask


class Chains(NamedTuple):
    """The deepest chains.

    Attributes:
        through: float32 (H, W), the mean contrast along the best chain through each pixel.
        onward: float32 (H, W), the same of those that begin there; as deep at a line's end.
    """

    through: NDArray[np.float32]
    onward: NDArray[np.float32]


def lines(
    light: Levels,
    widths_px: list[float],
    threshold: float,
    shortest_px: float,
    tile_px: int = TILE_PX,
    calm: float = CALM,
) -> Lines:
    """Find dark lines by chains of contrasts.

    Args:
        light: int16 (H, W), see :func:`multiplane.restore.damage.ridges.levels`.
        widths_px: How wide lines may be.
        threshold: How many times deeper than its surroundings a line is, all along.
        shortest_px: How long lines are at least.
        tile_px: Side of the squares that are worked on at a time; without effect on the result.
        calm: See :data:`multiplane.restore.damage.ridges.CALM`.

    Returns:
        Where lines are.
    """
    steps = min(_MOST, max(_FEWEST, round(shortest_px / (2 * _STEP_PX))))
    margin = margin_px(widths_px) + steps * _STEP_PX
    found = Lines(np.zeros(light.shape, np.bool_), np.zeros(light.shape, np.bool_))
    for tile in tiles(light.shape, margin, tile_px):
        here = contrasts(light[tile.look], widths_px, calm)
        along = chains(here, steps)
        itself = np.maximum.reduce(here) > 64 * _HERE * threshold
        goes_on = (along.through > _GOES_ON * threshold) | (along.onward > _ENDS * threshold)
        found.weak[tile.own] = (itself & goes_on)[tile.inner]
        found.strong[tile.own] = (itself & (along.through > threshold))[tile.inner]
    return found


def chains(contrasts: list[Levels], steps: int) -> Chains:
    """Link what goes on in nearly the same direction.

    A chain turns by 15 degrees at most between two steps. The best of all chains is found by
    dynamic programming, as with path openings (Talbot and Appleton 2007,
    doi:10.1016/j.imavis.2006.07.021), here over place and direction and with sums in place of
    thresholds, so that a gap costs what it lacks and ends nothing.

    Args:
        contrasts: For each direction int16 (H, W) in 1/64.
        steps: How far a chain reaches to either side, in steps of 4 px.

    Returns:
        The mean contrast of the best chains.
    """
    count = 2 * DIRECTIONS
    angles = [math.pi * k / DIRECTIONS for k in range(count)]
    off = [(round(_STEP_PX * math.cos(a)), round(_STEP_PX * math.sin(a))) for a in angles]
    ahead = [np.zeros_like(contrasts[0]) for _ in range(count)]
    for _ in range(steps):
        ahead = [
            _seen_from(
                np.maximum(np.maximum(ahead[k - 1], ahead[k]), ahead[(k + 1) % count])
                + contrasts[k % DIRECTIONS],
                *off[k],
            )
            for k in range(count)
        ]
    through, onward = np.zeros_like(contrasts[0]), np.zeros_like(contrasts[0])
    for k, here in enumerate(contrasts):
        np.maximum(through, here + ahead[k] + ahead[k + DIRECTIONS], out=through)
        np.maximum(onward, here + np.maximum(ahead[k], ahead[k + DIRECTIONS]), out=onward)
    means = (through / (64 * (2 * steps + 1)), onward / (64 * (steps + 1)))
    return Chains(*(np.asarray(mean, np.float32) for mean in means))


def _seen_from(values: Levels, x: int, y: int) -> Levels:
    """What lies at (x, y) from each pixel; nothing outside of the picture."""
    height, width = values.shape
    seen = np.zeros_like(values)
    (to_y, of_y), (to_x, of_x) = _shifted(height, y), _shifted(width, x)
    seen[to_y, to_x] = values[of_y, of_x]
    return seen


def _shifted(length: int, by: int) -> tuple[slice, slice]:
    """Where there is something so far on, and what; a picture may be smaller than a step."""
    kept = max(0, length - abs(by))
    near, far = slice(0, kept), slice(length - kept, length)
    return (near, far) if by >= 0 else (far, near)
