"""The light of a repair: what to add to it so that it stands in that of the picture round it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from multiplane.core.arrays import Mask
from multiplane.measure.region import around
from multiplane.restore.candidates.sight import Sight
from multiplane.restore.inpaint.blend import MOST, RING_PX
from multiplane.restore.plate.light import blur_where, spread

Offsets = NDArray[np.float32]
"""float32 (K, 3) at the hole's pixels in row-major order."""

_LARGEST_PX = 2**22
"""Light is spread over at most so many pixels; a larger crop is looked at in less detail."""
_SAMPLES = 2**20
_ROUNDS = 3
_AGREES = 8.0
"""Differences that lie further from what those beside them say count less."""
_FINE_PX, _MOST_FINE = 1.0, 16.0
"""Down to which detail differences are followed, and how far beyond what they agree on."""
_STEP_PX = 4
"""A step is told from strips this wide on both sides of a border, and what lies behind them."""
_TILE_PX = 512
_SIGHT_PX = 32
"""What lies further away has no part in it."""
_FEWEST = 24
"""Fewer pixels of a border say too little about a step."""
_LEAST_STEP = 2.0
_EVIDENT = 1.5
"""A step is evident when it is so many times as large as it varies along the border."""
_LEAST_SHARE = 0.5
"""Of a border, that is no border of another object."""


def membrane(ground: Sight, painted: Sight, hole: Mask, band: Mask) -> Offsets | None:
    """Spread over a hole what the picture differs from the backend's view of it beside the hole.

    A membrane (Pérez et al. 2003, doi:10.1145/882262.882269) solved by pull-push, in bounded
    memory, over what :func:`_agreed` says of the ring.

    Args:
        ground: (h, w, 3) the picture.
        painted: (h, w, 3) the backend's, in the hole and the band.
        hole: (h, w).
        band: (h, w) where both mean something.

    Returns:
        What to add; None when the band does not touch the hole.
    """
    ring = around(hole, RING_PX) & band
    if not ring.any():
        return None
    step = int(np.ceil(np.sqrt(hole.size / _LARGEST_PX)))
    values, weights = _reduced(ground, painted, ring, step)
    field = spread(_agreed(values, weights, step), weights)
    if step == 1:
        return np.asarray(field[hole], np.float32)
    return _sampled(field, hole, step)


def steps(ground: Sight, painted: Sight, hole: Mask, known: Mask) -> Offsets:
    """Tell by how much a repair is evidently lighter or darker than its surroundings.

    Along the border what lies just inside is compared with what lies just outside, less what the
    picture changes by over such a distance anyway. Where both belong to different objects the
    difference is no step of light; of the rest the median counts, for each piece of the hole, if
    it is large against how it varies along the border.

    Args:
        ground: (h, w, 3) the picture.
        painted: (h, w, 3) the repair.
        hole: (h, w).
        known: (h, w) outside the hole.

    Returns:
        What to add: one colour for each piece of the hole, mostly nothing.
    """
    found_pieces = cv2.connectedComponents(hole.view(np.uint8), connectivity=8)[1]
    pieces = np.asarray(found_pieces, np.int32)
    height, width = hole.shape
    compared = [
        _compared(ground, painted, hole, known, (pieces, y, x))
        for y in range(0, height, _TILE_PX)
        for x in range(0, width, _TILE_PX)
        if hole[y : y + _TILE_PX, x : x + _TILE_PX].any()
    ]
    off = np.concatenate([one for one, _ in compared])
    labels = np.concatenate([one for _, one in compared])
    whole = (np.abs(off) <= MOST).all(axis=1)  # not a number is not either
    count = int(labels.max()) + 1
    lengths = np.bincount(labels, minlength=count)
    found = np.zeros((count, 3), np.float32)
    order = np.argsort(labels[whole], kind="stable")
    sorted_labels, sorted_off = labels[whole][order], off[whole][order]
    cuts = np.searchsorted(sorted_labels, np.arange(count + 1))
    for label in range(1, count):
        mine = sorted_off[cuts[label] : cuts[label + 1]]
        if len(mine) >= max(_FEWEST, _LEAST_SHARE * lengths[label]):
            found[label] = _evident(mine)
    return np.asarray(found[pieces[hole]], np.float32)


def _compared(
    ground: Sight,
    painted: Sight,
    hole: Mask,
    known: Mask,
    tile: tuple[NDArray[np.int32], int, int],
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """The steps along the border in a tile, (N, 3), and of which pieces that border is."""
    pieces, y, x = tile
    top, left = max(0, y - _SIGHT_PX), max(0, x - _SIGHT_PX)
    outer = np.s_[top : y + _TILE_PX + _SIGHT_PX, left : x + _TILE_PX + _SIGHT_PX]
    mine = np.s_[y - top : y - top + _TILE_PX, x - left : x - left + _TILE_PX]
    hole, known = hole[outer], known[outer]
    if hole.all():
        return np.empty((0, 3), np.float32), np.empty(0, np.int32)
    beside, own = ground[outer], painted[outer]
    hole = np.ascontiguousarray(hole)
    inwards = cv2.distanceTransform(hole.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outwards = cv2.distanceTransform((~hole).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    border = np.zeros_like(hole)
    border[mine] = (hole & (inwards < 1.5))[mine]
    near_in = _even(own, hole & (inwards <= _STEP_PX), border)
    far_in = _even(own, hole & (inwards > _STEP_PX) & (inwards <= 2 * _STEP_PX), border)
    near_out = _even(beside, known & (outwards <= _STEP_PX), border)
    beyond = known & (outwards > _STEP_PX) & (outwards <= 2 * _STEP_PX)
    far_out = _even(beside, beyond, border)
    slope_in, slope_out = near_in - far_in, far_out - near_out
    slope_in = np.where(np.isnan(slope_in), slope_out, slope_in)
    slope_out = np.where(np.isnan(slope_out), slope_in, slope_out)
    trend = np.nan_to_num((slope_in + slope_out) / 2)
    return np.asarray(near_out - near_in - trend, np.float32), pieces[outer][border]


def _evident(off: NDArray[np.float32]) -> NDArray[np.float32]:
    """The median of differences, (3,); 0 in channels where it is small or uncertain."""
    middle = np.median(off, axis=0)
    scatter = 1.4826 * np.median(np.abs(off - middle), axis=0)
    clear = np.abs(middle) > np.maximum(_LEAST_STEP, _EVIDENT * scatter)
    if not clear.any():
        return np.zeros(3, np.float32)
    # one channel alone would change the hue: the others follow as far as they are certain
    certain = np.abs(middle) > 2 * scatter / np.sqrt(len(off) / (2 * _STEP_PX))
    return np.where(clear | certain, middle, 0).astype(np.float32)


def _agreed(
    values: NDArray[np.float32], weights: NDArray[np.float32], step: int
) -> NDArray[np.float32]:
    """What neighbouring differences in a ring agree on, and a little of what each is beside that.

    A mean would be pulled by the dark rim of a crack whose mask is too tight, and by strokes that
    the backend did not see: it is a mean in which what lies further off counts less (Huber 1964,
    doi:10.1214/aoms/1177703732), however far all of them together are off. What is finer follows
    up to a limit, so that a repair goes on at its border where the picture ends.

    Args:
        values: (h, w, 3) the differences.
        weights: (h, w); 0 where there are none.
        step: Pixels of the picture a place.

    Returns:
        (h, w, 3).
    """
    ring = weights > 0
    mine, own, trust = values[ring], weights[ring], weights.copy()
    even = blur_where(values, trust, RING_PX / 2 / step)
    for _ in range(_ROUNDS):
        off = np.abs(mine - even[ring]).max(axis=1)
        trust[ring] = own * _AGREES / np.maximum(off, _AGREES)
        even = blur_where(values, trust, RING_PX / 2 / step)
    fine = np.zeros_like(values)
    fine[ring] = np.clip(mine - even[ring], -_MOST_FINE, _MOST_FINE)
    return even + blur_where(fine, trust, _FINE_PX / step) if step <= 2 else even


def _even(picture: NDArray[np.float32], where: Mask, border: Mask) -> NDArray[np.float32]:
    """What the picture shows near each pixel of a border, (N, 3); not a number where nothing."""
    weights = where.astype(np.float32)
    near = cv2.GaussianBlur(weights, (0, 0), _STEP_PX)[border]
    means = blur_where(picture, weights, _STEP_PX)[border]
    means[near < 0.02] = np.nan
    return np.asarray(means, np.float32)


def _reduced(
    ground: Sight, painted: Sight, ring: Mask, step: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The differences in a ring and their weights, each of step x step pixels' mean."""
    height, width = ring.shape
    rows, columns = -(-height // step), -(-width // step)
    values = np.zeros((rows, columns, 3), np.float32)
    weights = np.zeros((rows, columns), np.float32)
    band = max(1, _SAMPLES // (width * step))
    for top in range(0, rows, band):
        part = np.s_[top * step : min((top + band) * step, height)]
        weight = ring[part].astype(np.float32)
        if not weight.any():
            continue
        off = (ground[part] - painted[part]) * weight[..., None]
        if step > 1:
            spare = ((0, -off.shape[0] % step), (0, -width % step))
            weight, off = np.pad(weight, spare), np.pad(off, (*spare, (0, 0)))
            shape = (weight.shape[0] // step, step, columns, step)
            weight = weight.reshape(shape).sum(axis=(1, 3))
            off = off.reshape(*shape, 3).sum(axis=(1, 3))
        values[top : top + band] = off / np.maximum(weight, 1)[..., None]
        weights[top : top + band] = np.minimum(weight / step, 1)
    return values, weights


def _sampled(field: NDArray[np.float32], hole: Mask, step: int) -> Offsets:
    """A coarse field at the hole's pixels, bilinear."""
    ys, xs = np.nonzero(hole)
    found = np.empty((len(ys), 3), np.float32)
    for start in range(0, len(ys), _SAMPLES):
        part = np.s_[start : start + _SAMPLES]
        places = np.stack([(ys[part] + 0.5) / step - 0.5, (xs[part] + 0.5) / step - 0.5])
        for channel in range(3):
            found[part, channel] = map_coordinates(
                field[..., channel], places, order=1, mode="nearest"
            )
    return found
