"""What the pictures say about pixels on which the eyes disagree.

Each disputed pixel has two explanations: it shows the person, so it stands at the depth of their
plane; or it shows what is behind, at the depth of what is round them. Both predict what the other
eye should have there, and one prediction fits better. Where neither fits, something nearer hides
it from one eye, and nothing can be said. Light may differ between the eyes: it is fitted where
they agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of
from multiplane.geometry.plane import Side
from multiplane.split.stereo.agreement import SIDES, Sight, TwoEyes, common

_CLEAR = 3.0
"""Grey values by which one explanation has to be better before it counts, at least."""
_FITS, _SPARE = 3.0, 6.0
"""An explanation fits when it misses by less than so many times what is missed where the eyes
agree, and so many grey values more."""
_USUAL, _MOST = 2.0, 6.0
"""What is missed there at least, and at most: of somebody half hidden the rest tells little."""
_WINDOW_PX = 5
"""Misses are means over windows of this side: one pixel says little."""
_LEAST_PX = 20
"""Light is not fitted to fewer pixels."""
_BLURRED = 16
"""Of whole pictures light is compared so many times smaller."""
_AGREED = 0.2
"""Nor to a smaller share of a person: what the eyes agree on may be a mistake."""


@dataclass(frozen=True)
class Evidence:
    """Pixels of one eye on which the eyes disagree, by what the pictures say.

    Attributes:
        to: The eye in whose pixels everything is.
        there: The other eye's mask as this eye has it.
        common: What both eyes could see.
        near: Shows what stands in the person's plane.
        far: Shows what is behind.
        unseen: Fits neither: hidden from one of the eyes.
        fits: What the person's plane predicts is there, whether or not another fits as well.
    """

    to: Side
    there: Mask
    common: Mask
    near: Mask
    far: Mask
    unseen: Mask
    fits: Mask


def look_into(eyes: TwoEyes, sight: Sight, to: Side = "right") -> Evidence:
    """Compare what both explanations predict with what an eye sees.

    Args:
        eyes: How they stand.
        sight: The person, in both eyes.
        to: The eye in whose pixels to say it.

    Returns:
        What the pictures say.
    """
    here, away = (1, 0) if to == "right" else (0, 1)
    there = eyes.transfer(sight.masks[away], sight.plane, to)
    seen = common(eyes, sight, to)
    either = sight.masks[here] | there
    window = _room(either)
    frame = sight.frames[here][window].astype(np.float32)
    agreed = (sight.masks[here] & there)[window]
    person = eyes.transfer(sight.frames[away], sight.plane, to)[window].astype(np.float32)
    enough = np.count_nonzero(agreed) >= max(_LEAST_PX, _AGREED * np.count_nonzero(either))
    if enough:
        light = _light(person[agreed], frame[agreed])
    else:
        light = _light_of_all(sight.frames[away], sight.frames[here])
    miss = _miss(person, frame, light)
    usual = float(np.median(miss[agreed])) if enough else _USUAL
    within = _FITS * min(max(usual, _USUAL), _MOST) + _SPARE
    fits = miss <= within
    behind = _behind(eyes, sight, to)
    if behind is None:
        near, far, unseen = fits, np.zeros_like(fits), ~fits
    else:
        other = _miss(behind[window].astype(np.float32), frame, light)
        clear = max(_CLEAR, usual)
        near = (other - miss > clear) & fits
        far = (miss - other > clear) & (other <= within)
        unseen = ~fits & (other > within)
    return Evidence(
        to, there, seen,
        *(_placed(part, window, either.shape) & seen for part in (near, far, unseen, fits)),
    )  # fmt: skip


def _behind(eyes: TwoEyes, sight: Sight, to: Side) -> NDArray[np.uint8] | None:
    """The other eye's picture drawn at the depth of what is round the person; None unknown."""
    here, away = (1, 0) if to == "right" else (0, 1)
    mask = sight.masks[away]
    if not mask.any():
        return None
    x0, y0, x1, y1 = box_of(mask)
    reach = max(3, round(0.15 * max(x1 - x0, y1 - y0)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    gap = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    grey = mask.astype(np.uint8)
    ring = (cv2.dilate(grey, disc) > 0) & ~(cv2.dilate(grey, gap) > 0) & ~sight.others[away]
    side = SIDES[away]
    ring &= ~eyes.transfer(sight.masks[here], sight.plane, side)
    middle = (x0 + x1) // 2
    for part in (slice(None), slice(None, middle), slice(middle, None)):
        beside = np.zeros_like(ring)
        beside[:, part] = ring[:, part]
        if np.count_nonzero(beside) < _LEAST_PX:
            continue
        plane = eyes.plane(*sight.frames, beside, side)
        if plane is not None and plane.disparity_deg < sight.plane.disparity_deg:
            return eyes.transfer(sight.frames[away], plane, to)
    return None  # what is beside the person stands before them, or tells nothing


def _room(mask: Mask) -> tuple[slice, slice]:
    """Where the disputed pixels are, with room for windows."""
    x0, y0, x1, y1 = box_of(mask)
    return slice(max(0, y0 - _WINDOW_PX), y1 + _WINDOW_PX), slice(
        max(0, x0 - _WINDOW_PX), x1 + _WINDOW_PX
    )


def _light(
    away: NDArray[np.float32], here: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Gain and offset a channel that make one eye's light the other's, by their percentiles.

    Args:
        away: (n, 3) of the other eye.
        here: (m, 3) of this eye, of the same things.
    """
    low_a, mid_a, high_a = np.percentile(away, (15, 50, 85), axis=0)
    low_b, mid_b, high_b = np.percentile(here, (15, 50, 85), axis=0)
    gain = np.clip((high_b - low_b + 8) / (high_a - low_a + 8), 0.5, 2.0)
    return gain.astype(np.float32), np.asarray(mid_b - gain * mid_a, np.float32)


def _light_of_all(
    away: NDArray[np.uint8], here: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same from whole pictures, so small that the eyes see the room at the same place.

    A line through the pixels whose weights fade with the miss: what one eye alone sees does not
    count.
    """
    size = max(4, here.shape[1] // _BLURRED), max(4, here.shape[0] // _BLURRED)
    a, b = (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float64)
        for picture in (away, here)
    )
    gain, offset = np.ones(3), np.median(b - a, axis=0)
    for channel in range(3):
        x, y = a[:, channel], b[:, channel]
        for _ in range(8):
            miss = np.abs(y - gain[channel] * x - offset[channel])
            weight = 1 / (1 + (miss / (1.5 * np.median(miss) + 1)) ** 2)
            middle_x, middle_y = np.average(x, weights=weight), np.average(y, weights=weight)
            spread = np.average((x - middle_x) ** 2, weights=weight) + 1
            slope = np.average((x - middle_x) * (y - middle_y), weights=weight) / spread
            gain[channel] = np.clip(slope, 0.5, 2.0)
            offset[channel] = middle_y - gain[channel] * middle_x
    return gain.astype(np.float32), offset.astype(np.float32)


def _miss(
    away: NDArray[np.float32],
    here: NDArray[np.float32],
    light: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """By how many grey values the prediction is off, the mean over a small window."""
    off = np.asarray(np.abs(away * light[0] + light[1] - here).mean(axis=2), np.float32)
    if not off.size:
        return off
    window = (_WINDOW_PX, _WINDOW_PX)
    return np.asarray(cv2.blur(off, window, borderType=cv2.BORDER_REPLICATE), np.float32)


def _placed(part: Mask, window: tuple[slice, slice], shape: tuple[int, ...]) -> Mask:
    whole = np.zeros(shape[:2], np.bool_)
    whole[window] = part
    return whole
