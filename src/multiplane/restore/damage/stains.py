"""Stains: veils with a soft border that darken the picture, and let its texture through."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.config import DamageOptions

Floats = NDArray[np.float32]

WORK_PX = 384
"""Pictures are looked at with their longer side at this: stains are large, or nobody minds."""
_STRENGTH = 0.22
"""How much light a stain swallows, as a natural logarithm: a fifth."""
_LEAST_PX = 24
"""Smaller pictures have no neighbourhoods to compare with."""
_LARGEST = 0.3
_NEIGHBOURHOOD = 0.45
"""Side of the neighbourhood that tells what lies behind, as a share of the longer side."""
_HALF = 0.4
"""The border of a stain is where it has this share of its full strength."""
_HARDEST_PX = 5.1
"""A border that rises from 20 to 80 % within less than this is the outline of a thing."""
_SPAN_PX = 4
_MOST = 1.2
"""A stain that swallows more than this (two thirds of the light) is none but a dark thing."""
_PROFILE_PX = 24
_DARK, _LIGHT = 2.0, 5.6
"""Between which the logarithms of levels + 8 lie."""


class _Veil(NamedTuple):
    """A picture as light and what swallows it, at the size of the work.

    Attributes:
        strength: (h, w) how much light less than round it there is, where it is less of blue than
            of red as with water stains, varnish and smoke, or less of all alike.
        detail: (h, w) the logarithm of the lightness, hardly evened.
    """

    strength: Floats
    detail: Floats


def find_stains(frame: Frame, options: DamageOptions, other: Mask | None = None) -> Mask:
    """Find stains.

    What lies behind a stain is guessed by the median of a large neighbourhood, so a stain that
    covers more than half of that is not seen.

    Args:
        frame: (H, W, 3).
        options: How large, how sensitive.
        other: (H, W) damage of another kind, which says nothing about stains.

    Returns:
        (H, W).
    """
    scale = min(1.0, WORK_PX / max(frame.shape[:2]))
    size = tuple(max(1, round(side * scale)) for side in (frame.shape[1], frame.shape[0]))
    if min(size) < _LEAST_PX:
        return np.zeros(frame.shape[:2], np.bool_)
    small = frame
    if scale < 1:
        small = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    if other is not None and other.any():
        small = _without(small, other, size)
    veil = _veil(small)
    least = _STRENGTH * 2 ** (1 - 2 * options.stain_sensitivity)
    found = np.zeros(small.shape[:2], np.bool_)
    for piece in _pieces(veil.strength, least, options.stain_min_share):
        if _is_soft(piece, veil, least):
            found |= piece
    if scale == 1.0:
        return found
    grey = cv2.resize(found.astype(np.float32), frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey > 0.5)


def _without(small: Frame, other: Mask, size: tuple[int, ...]) -> Frame:
    """The picture with what is round it in place of other damage."""
    share = cv2.resize(other.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    hole = cv2.dilate((share > 0.02).astype(np.uint8), np.ones((5, 5), np.uint8))
    if hole.all():
        return small
    return np.asarray(cv2.inpaint(np.ascontiguousarray(small), hole, 3, cv2.INPAINT_TELEA))


def _veil(small: Frame) -> _Veil:
    longer = max(small.shape[:2])
    side = max(3, int(longer * 0.02) | 1)
    calm = [cv2.medianBlur(np.ascontiguousarray(small[..., c]), side) for c in range(3)]
    logs = np.log(np.dstack(calm).astype(np.float32) + 8)
    even = np.asarray(cv2.GaussianBlur(logs, (0, 0), longer * 0.006), np.float32)
    swallowed = _behind(even) - even
    red, green, blue = (swallowed[..., c] for c in range(3))
    brownish = (np.minimum(red, green) > -0.05) & (blue > green - 0.06) & (green > red - 0.06)
    mean = swallowed.mean(axis=2)
    light = np.log(small.astype(np.float32) + 8).mean(axis=2)
    return _Veil(
        np.where(brownish, mean, np.minimum(mean, 0)), cv2.GaussianBlur(light, (0, 0), 0.8)
    )


def _behind(even: Floats) -> Floats:
    """What the picture is like round each place, without what takes less than half of it."""
    height, width = even.shape[:2]
    coarse = cv2.resize(
        even, (max(2, width // 4), max(2, height // 4)), interpolation=cv2.INTER_AREA
    )
    levels = np.clip((coarse - _DARK) * (255 / (_LIGHT - _DARK)), 0, 255).astype(np.uint8)
    side = int(max(levels.shape[:2]) * _NEIGHBOURHOOD) | 1
    half = side // 2
    wide = cv2.copyMakeBorder(levels, half, half, half, half, cv2.BORDER_REPLICATE)
    medians = [cv2.medianBlur(np.ascontiguousarray(wide[..., c]), side) for c in range(3)]
    found = np.dstack(medians)[half:-half, half:-half].astype(np.float32)
    levels_to_logs = np.float32((_LIGHT - _DARK) / 255)
    calm = cv2.GaussianBlur(found * levels_to_logs + np.float32(_DARK), (0, 0), 2)
    wanted = cv2.resize(calm, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(wanted, np.float32)


def _pieces(strength: Floats, least: float, share: float) -> list[Mask]:
    """Connected areas that are dark enough, each up to where it has a share of its strength."""
    weak = cv2.morphologyEx((strength > 0.6 * least).astype(np.uint8), cv2.MORPH_OPEN, _disk())
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=4)
    sizes = stats[:, cv2.CC_STAT_AREA]
    found = []
    for number in range(1, count):
        if not share * labels.size <= sizes[number] <= _LARGEST * labels.size:
            continue
        piece = labels == number
        full = float(np.percentile(strength[piece], 80))
        piece &= strength > _HALF * full
        piece = cv2.morphologyEx(piece.astype(np.uint8), cv2.MORPH_OPEN, _disk()).view(np.bool_)
        if full >= least and np.count_nonzero(piece) >= share * labels.size:
            found.append(piece)
    return found


def _is_soft(piece: Mask, veil: _Veil, least: float) -> bool:
    """Whether light fades into an area slowly, and the texture goes on below."""
    inside = cv2.distanceTransform(piece.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform((~piece).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = np.where(piece, inside - 0.5, 0.5 - outside)
    profile = _profile(depth, veil.detail)
    dark = _middle(profile[_PROFILE_PX + 8 : _PROFILE_PX + 16])
    light = _middle(profile[_PROFILE_PX - 18 : _PROFILE_PX - 8])
    if dark is None:  # too small for a middle
        dark = _middle(profile[_PROFILE_PX + 2 :])
    if dark is None or light is None or not 0.9 * least <= light - dark <= _MOST:
        return False
    near = (light - profile[_PROFILE_PX - 8 : _PROFILE_PX + 9]) / (light - dark)
    slopes = (near[_SPAN_PX:] - near[:-_SPAN_PX]) / _SPAN_PX
    slopes = slopes[np.isfinite(slopes)]
    if not slopes.size or slopes.max() > 0.6 / _HARDEST_PX:
        return False
    texture = veil.detail - cv2.GaussianBlur(veil.detail, (0, 0), 3)
    beside = (depth < -6) & (depth > -22)
    if np.count_nonzero(beside) < 20:
        return False
    ratio = _roughness(texture[piece]) / _roughness(texture[beside])
    return 0.4 < ratio < 2.5


def _roughness(values: Floats) -> float:
    """The median deviation, which a crack that nobody found does not raise."""
    return float(np.median(np.abs(values))) + 0.01


def _profile(depth: Floats, values: Floats) -> Floats:
    """The median of values 24 px outside to 24 px inside; not a number where there are few."""
    found = np.full(2 * _PROFILE_PX + 1, np.nan, np.float32)
    for index, at in enumerate(range(-_PROFILE_PX, _PROFILE_PX + 1)):
        taken = values[(depth >= at - 1) & (depth < at + 1)]
        if taken.size > 20:
            found[index] = np.median(taken)
    return found


def _middle(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else None


def _disk() -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)), np.uint8)
