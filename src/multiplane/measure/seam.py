"""Whether one sees where a fill begins, or where its pieces meet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.measure.region import around, grow

_FEWEST_PAIRS = 24
"""A tile with fewer pairs across the border says too little about it."""


@dataclass(frozen=True)
class Seam:
    """How a picture changes across a border.

    Attributes:
        mean: Over the whole border; 1 when the border changes like its surroundings, more when
            it can be seen, up to 256.
        worst: Of the worst tile.
    """

    mean: float
    worst: float


def seam(
    frame: Frame, mask: Mask, step_px: int = 2, band_px: int = 24, tile_px: int = 64
) -> Seam:  # fmt: skip
    """Compare the change of colour across a mask's border with the change beside it.

    Pixels ``step_px`` apart in a row or column make a pair. ``across`` is the mean colour
    distance of pairs with one end inside the mask and one outside, ``beside`` that of pairs with
    both ends in the band outside; the score is ``(across + 1) / (beside + 1)`` in grey levels, so
    that flat surroundings do not blow it up. The measure is our own; for a blended fill give the
    outline of what was replaced, and ``step_px`` about as wide as the feather. On a 720p film
    frame nothing was done to, mean and worst are about 0.95 and 1.7; a seam that one sees
    without looking for it has a mean above 1.3 or a worst above 3.

    Args:
        frame: (H, W, 3).
        mask: (H, W), what was filled.
        step_px: Distance of the two pixels of a pair, at least 1.
        band_px: How far from the mask the surroundings go.
        tile_px: Side of the tiles of which the worst is told.

    Returns:
        The scores; 1 and 1 when the mask has no border.

    Raises:
        InputError: Sizes differ.
    """
    check_frame(frame)
    check_mask(mask)
    check_same_size(frame, mask, ("frame", "mask"))
    if not mask.any() or mask.all():
        return Seam(1.0, 1.0)
    box = _round(mask, tile_px + band_px)
    frame, mask = frame[box], mask[box]
    return _score(frame, mask.view(np.uint8), around(mask, band_px), step_px, tile_px)


def piece_seam(
    frame: Frame, pieces: NDArray[Any], step_px: int = 2, band_px: int = 24, tile_px: int = 64
) -> Seam:  # fmt: skip
    """Compare the change of colour where pieces of a picture meet with the change within them.

    As :func:`seam`, but for any borders: those between what was borrowed and what was invented,
    or between what was copied from different places. ``beside`` is what pairs within one piece
    say, on both sides of a border.

    Args:
        frame: (H, W, 3).
        pieces: (H, W) whole numbers, a different one for each piece; what is below zero belongs
            to none, and its border does not count.
        step_px: Distance of the two pixels of a pair, at least 1.
        band_px: How far from a border the surroundings go.
        tile_px: Side of the tiles of which the worst is told.

    Returns:
        The scores; 1 and 1 where no pieces meet.

    Raises:
        InputError: Sizes differ, or the pieces are not whole numbers.
    """
    check_frame(frame)
    if pieces.dtype.kind not in "iu":
        raise InputError(
            f"pieces are {pieces.dtype}, wanted whole numbers",
            why="they tell which pixels belong together",
            fix="pieces.astype(np.int64)",
        )
    check_same_size(frame, pieces, ("frame", "pieces"))
    border = np.zeros(pieces.shape, np.bool_)
    for axis in (0, 1):
        near, far = _ends(axis, 1)
        border[near] |= _across(pieces[near], pieces[far])
    if not border.any():
        return Seam(1.0, 1.0)
    box = _round(border, tile_px + band_px)
    frame, pieces, border = frame[box], pieces[box], border[box]
    band = grow(border, band_px) & (pieces >= 0)
    return _score(frame, pieces, band, step_px, tile_px)


def _round(mask: Mask, reach_px: int) -> tuple[slice, slice]:
    """The box round what is selected, and so much more on every side."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.s_[
        max(0, rows[0] - reach_px) : rows[-1] + reach_px + 1,
        max(0, columns[0] - reach_px) : columns[-1] + reach_px + 1,
    ]


def _score(frame: Frame, pieces: NDArray[Any], band: Mask, step_px: int, tile_px: int) -> Seam:
    """The scores of the borders between pieces, against the pairs within one piece in the band."""
    sums = np.zeros((4, *band.shape), dtype=np.float32)  # across: sum, pairs; beside: sum, pairs
    for axis in (0, 1):
        _add_pairs(sums, frame, pieces, band, (step_px, axis))
    total = sums.sum(axis=(1, 2), dtype=np.float64)
    if total[1] == 0 or total[3] == 0:
        return Seam(1.0, 1.0)
    mean = _ratio(total, total[2] / total[3])
    tiles = np.stack([_tile_sums(layer, tile_px) for layer in sums]).reshape(4, -1)
    scores = [
        _ratio(tile, tile[2] / tile[3])
        for tile in tiles.T
        if tile[1] >= _FEWEST_PAIRS and tile[3] >= _FEWEST_PAIRS
    ]
    return Seam(mean, max([mean, *scores]))


def _ratio(sums: NDArray[np.float64], beside: float) -> float:
    return float((sums[0] / sums[1] + 1.0) / (beside + 1.0))


def _ends(axis: int, step_px: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """What the first and the second pixels of the pairs along an axis are indexed with."""
    near = tuple(slice(None, -step_px) if a == axis else slice(None) for a in (0, 1))
    far = tuple(slice(step_px, None) if a == axis else slice(None) for a in (0, 1))
    return near, far


def _across(near: NDArray[Any], far: NDArray[Any]) -> Mask:
    return np.asarray((near != far) & (near >= 0) & (far >= 0))


def _add_pairs(
    sums: NDArray[np.float32], frame: Frame, pieces: NDArray[Any], band: Mask, pair: tuple[int, int]
) -> None:
    """Add what the pairs along one axis say, at the place of their first pixel."""
    step_px, axis = pair
    near, far = _ends(axis, step_px)
    if frame.shape[axis] <= step_px:
        return
    off = frame[far].astype(np.float32) - frame[near].astype(np.float32)
    distance = np.sqrt(np.square(off).mean(axis=2))
    across = _across(pieces[near], pieces[far])
    beside = band[near] & band[far] & (pieces[near] == pieces[far])
    for layer, (value, chosen) in enumerate(
        [(distance, across), (1.0, across), (distance, beside), (1.0, beside)]
    ):
        sums[layer][near] += np.where(chosen, value, 0).astype(np.float32)


def _tile_sums(layer: NDArray[np.float32], tile_px: int) -> NDArray[np.float64]:
    height, width = layer.shape
    padded = cv2.copyMakeBorder(
        layer, 0, -height % tile_px, 0, -width % tile_px, cv2.BORDER_CONSTANT, value=0
    )
    rows, columns = padded.shape[0] // tile_px, padded.shape[1] // tile_px
    tiles = padded.reshape(rows, tile_px, columns, tile_px)
    return np.asarray(tiles.sum(axis=(1, 3), dtype=np.float64))
