"""How well a repair sits in the picture round it: to put candidates in an order, never to decide.

Nobody knows what stood in a damage, so nothing here compares with the truth. Each figure asks
whether the fill could be a part of its surroundings, and asks of it no more than the surroundings
ask of themselves. A repair may pass all of them and be wrong: a copied brush stroke where an eye
was has the right texture. A person decides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.measure.resemblance import Likeness, likeness_of
from multiplane.measure.seam import seam
from multiplane.measure.surround import (
    WINDOW_PX,
    Look,
    Part,
    Piece,
    Samples,
    parts_of,
    pieces_of,
    texture_samples,
)

__all__ = ["Likeness", "RepairScore", "rank", "score_pieces", "score_repair"]

WEIGHTS = {"seam": 1.0, "texture": 1.0, "grain": 0.5, "colour": 1.0, "likeness": 1.0}
"""What the parts count in the total. Grain less: texture sees the same detail with other eyes."""
MOST_WINDOWS = 64
"""Of 512 px; the largest pieces are looked at, until so many windows are."""

_NEAREST = 4
_STEP_PX = 2
_GRAIN_FLOOR = 0.25
"""In L*: grain under this is that of rounding to 8 bits."""
_JUST_SEEN = 5.0
"""A colour difference of this in CIELAB, in a flat picture, counts 1."""
_EVEN_PX = 6.0
_INDEPENDENT_PX = 4 * 3 * _EVEN_PX
"""Of a rim 4 px wide, what evening out makes one place of."""
_FEWEST = 16
"""Pixels; from fewer nothing is concluded."""
_NOISE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / np.float32(6)


@dataclass(frozen=True)
class RepairScore:
    """How a repair differs from its surroundings; lower is better, 0 is like them.

    About 1 is what one sees without looking for it.

    Attributes:
        seam: How much more the picture changes across the outline than beside it, in octaves.
        texture: How much farther the texture of the fill is from the nearest in the
            surroundings than those are from each other, in octaves of the gradient's strength.
        grain: Octaves between the fine noise of the fill and that of the surroundings.
        colour: Drift of colour across the outline, and colours beyond any of the surroundings.
        likeness: LPIPS between the fill and the nearest in the surroundings, more than between
            those themselves; None when it was not taken.
        total: The weighted sum; compare only totals with the same parts.
    """

    seam: float
    texture: float
    grain: float
    colour: float
    likeness: float | None
    total: float


class _Figures(NamedTuple):
    seam: float
    texture: float
    grain: float
    colour: float
    likeness: float | None


def score_repair(
    result: Frame, hole: Mask, original: Frame, likeness: Likeness | None = None
) -> RepairScore:
    """Score a repair against the intact picture round it.

    The parts: the change across the outline (:func:`~multiplane.measure.seam.seam`); statistics
    of gradients at three scales and their direction, of windows of the fill against the nearest
    windows of the band within 48 px, after the idea that textures with equal filter statistics
    look alike (Heeger and Bergen 1995, doi:10.1145/218380.218446; Portilla and Simoncelli 2000,
    doi:10.1023/A:1026553619983); the noise level by the difference of two Laplacians (Immerkaer
    1996, doi:10.1006/cviu.1996.0060), robustly; CIELAB; and LPIPS, where it is given. How they
    are normalised and added up is our own. What the surroundings vary in counts less.

    Args:
        result: (H, W, 3) the repaired picture.
        hole: (H, W) what was repaired, with the feather.
        original: (H, W, 3) the picture before; only what lies outside the hole is looked at.
        likeness: A loaded LPIPS (:class:`~multiplane.measure.perceptual.Lpips`); None for none.

    Returns:
        The mean over the pieces of the damage, weighted by their area. Of much damage only the
        largest pieces are looked at, and of a large piece some parts, evenly spread.

    Raises:
        InputError: Sizes differ, or the hole is the whole picture.
    """
    check_frame(result, "result")
    check_frame(original, "original")
    check_mask(hole, "hole")
    check_same_size(original, result, ("original", "result"))
    check_same_size(original, hole, ("original", "hole"))
    if hole.all():
        raise InputError(
            "the hole is the whole picture",
            why="a repair is judged by what lies round it",
            fix="correct the mask, or do not score: score: false",
        )
    return score_pieces(pieces_of(hole), result, hole, original, likeness)


def score_pieces(
    pieces: Sequence[Piece],
    result: Look,
    hole: Mask,
    original: Look,
    likeness: Likeness | None = None,
) -> RepairScore:
    """Score one of several repairs of the same damage; see :func:`score_repair`.

    Args:
        pieces: From :func:`~multiplane.measure.surround.pieces_of` for the hole.
        result: As there, or what makes it where it is looked at.
        hole: As there; not the whole picture.
        original: As ``result``.
        likeness: As there.

    Returns:
        The score.
    """
    found, windows = [], 0
    for piece in pieces:
        if windows >= MOST_WINDOWS:
            break
        windows += len(piece.windows)
        found.append((piece.area_px, _judge(piece, result, hole, original, likeness)))
    return _summed([(area, figures) for area, figures in found if figures is not None])


def rank(totals: Sequence[float]) -> list[int]:
    """Which place each total takes.

    Args:
        totals: Of :class:`RepairScore`, or any others of which less is better.

    Returns:
        One place each, 1 for the best; of equal ones the earlier comes first, and one that is
        not a number comes last.
    """
    order = sorted(range(len(totals)), key=lambda k: (math.isnan(totals[k]), totals[k], k))
    places = [0] * len(totals)
    for place, index in enumerate(order, start=1):
        places[index] = place
    return places


def _summed(found: list[tuple[int, _Figures]]) -> RepairScore:
    """The mean by area of each part, and their weighted sum."""
    parts: dict[str, float | None] = {}
    for name in _Figures._fields:
        told = [(area, getattr(one, name)) for area, one in found]
        known = [(area, value) for area, value in told if value is not None]
        whole = sum(area for area, _ in known)
        nothing = None if name == "likeness" else 0.0
        parts[name] = sum(area * value for area, value in known) / whole if known else nothing
    assert {*parts, "total"} == {field.name for field in fields(RepairScore)}
    total = sum(WEIGHTS[name] * value for name, value in parts.items() if value is not None)
    rounded = {name: None if value is None else round(value, 4) for name, value in parts.items()}
    return RepairScore(**rounded, total=round(total, 4))  # type: ignore[arg-type]


def _judge(
    piece: Piece, result: Look, hole: Mask, original: Look, likeness: Likeness | None
) -> _Figures | None:
    """The figures of one piece; None when nothing of it can be compared."""
    parts = list(parts_of(piece, result, hole, original))
    sampled = [texture_samples(part) for part in parts]
    filled = Samples.joined([fill for fill, _ in sampled])
    band = Samples.joined([beside for _, beside in sampled])
    if len(filled.place) == 0 or len(band.place) < _FEWEST:
        return None
    alike = None
    if likeness is not None:
        alike = likeness_of(result, original, hole, (filled, band), likeness)
    return _Figures(
        _seam(piece, result, original, hole), _texture(filled, band), _grain(parts),
        _colour(parts), alike,
    )  # fmt: skip


def _seam(piece: Piece, result: Look, original: Look, hole: Mask) -> float:
    """Octaves of :func:`seam`, weighted by the length of the outline in each window."""
    told = []
    for look, _ in piece.windows:
        filled = piece.labels[look] == piece.number
        edge = filled & ~cv2.erode(filled.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
        length = int(np.count_nonzero(edge))
        if length:
            seen = np.where(hole[look][..., None], result[look], original[look])
            told.append((length, max(0.0, math.log2(seam(seen, filled, _STEP_PX).mean))))
    return _mean(told)


def _texture(filled: Samples, band: Samples) -> float:
    """How much farther the fill is from the band than the band is from itself."""
    away = _distances(filled.texture, band.texture)
    among = _distances(band.texture, band.texture)
    apart = _distances(band.place, band.place)
    among[apart < WINDOW_PX] = np.inf  # windows that share pixels are alike by themselves
    natural = _nearest(among)
    if natural.size == 0:  # so little band that all of its windows meet
        natural = np.array([np.std(band.texture, axis=0).mean()], np.float32)
    return max(0.0, float(_nearest(away).mean()) - float(natural.mean()))


def _distances(one: NDArray[np.float32], two: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = np.square(one).sum(axis=1)[:, None] + np.square(two).sum(axis=1)[None]
    return np.asarray(np.sqrt(np.maximum(squares - 2 * (one @ two.T), 0)), np.float32)


def _nearest(distances: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each row the mean of the smallest; rows that have too few are left out."""
    count = min(_NEAREST, distances.shape[1])
    least = np.partition(distances, count - 1, axis=1)[:, :count].mean(axis=1)
    return np.asarray(least[np.isfinite(least)], np.float32)


def _grain(parts: list[Part]) -> float:
    """Octaves between the noise of the fill and of the band, less where the band's varies."""
    inside, outside, local = [], [], []
    for part in parts:
        detail = np.abs(cv2.filter2D(np.ascontiguousarray(part.lab[..., 0]), -1, _NOISE))
        inside.append(detail[part.own][part.inner[part.own]])
        beside = part.outer
        outside.append(detail[part.own][beside[part.own]])
        local += _levels(detail, beside)
    fill, band = np.concatenate(inside), np.concatenate(outside)
    if min(fill.size, band.size) < _FEWEST:
        return 0.0
    off = abs(math.log2(_level(fill) / _level(band)))
    varied = float(np.std(np.log2(local))) if len(local) > 1 else 0.0
    return off / math.sqrt(1 + varied * varied)


def _level(detail: NDArray[np.float32]) -> float:
    """Standard deviation of noise from absolute values, by their median."""
    return 1.4826 * float(np.median(detail)) + _GRAIN_FLOOR


def _levels(detail: NDArray[np.float32], region: Mask, side_px: int = 32) -> list[float]:
    """The level in each square that has enough of the region."""
    found = []
    for y in range(0, region.shape[0], side_px):
        for x in range(0, region.shape[1], side_px):
            square = np.s_[y : y + side_px, x : x + side_px]
            if np.count_nonzero(region[square]) >= side_px * side_px // 4:
                found.append(_level(detail[square][region[square]]))
    return found


def _colour(parts: list[Part]) -> float:
    """Drift across the outline, and how far colours lie outside of all that is round."""
    drift = [told for part in parts if (told := _drift(part)) is not None]
    fill = np.concatenate([part.lab[part.own][part.filled[part.own]] for part in parts])
    band = np.concatenate([part.lab[part.own][part.band[part.own]] for part in parts])
    if min(len(fill), len(band)) < _FEWEST:
        return _mean(drift)
    low, high = np.percentile(band, [2, 98], axis=0)
    beyond = np.maximum(0, np.maximum(low - fill, fill - high))
    beside = np.maximum(0, np.maximum(low - band, band - high))
    excess = np.maximum(0, beyond.mean(axis=0) - beside.mean(axis=0))
    return _mean(drift) + float(np.linalg.norm(excess)) / _JUST_SEEN


def _drift(part: Part) -> tuple[int, float] | None:
    """Length of the outline in a window, and the mean change of even colour across it."""
    inside, seen = _even(part.lab, part.filled)
    outside, known = _even(part.lab, part.band)
    near = cv2.dilate(part.band.view(np.uint8), np.ones((9, 9), np.uint8)).view(np.bool_)
    rim = part.filled & near & seen & known
    mine = np.zeros(rim.shape, np.bool_)
    mine[part.own] = True
    rim &= mine
    length = int(np.count_nonzero(rim))
    if length < _FEWEST:
        return None
    change = inside[rim] - outside[rim]
    # Texture changes the colour by chance, too: as much as so few independent places let expect.
    chance = change.var(axis=0) / max(1.0, length / _INDEPENDENT_PX)
    off = np.sqrt(np.maximum(0, np.square(change.mean(axis=0)) - chance))
    varied = outside[rim].std(axis=0) / _JUST_SEEN
    return length, float(np.linalg.norm(off / np.sqrt(1 + varied * varied))) / _JUST_SEEN


def _even(lab: NDArray[np.float32], region: Mask) -> tuple[NDArray[np.float32], Mask]:
    """The mean colour of what is near in a region, and where there is any."""
    weight = region.astype(np.float32)
    share = cv2.GaussianBlur(weight, (0, 0), _EVEN_PX)
    sums = cv2.GaussianBlur(lab * weight[..., None], (0, 0), _EVEN_PX)
    mean = np.asarray(sums / np.maximum(share, 1e-6)[..., None], np.float32)
    return mean, np.asarray(share > 0.01)


def _mean(told: list[tuple[int, float]]) -> float:
    whole = sum(weight for weight, _ in told)
    return sum(weight * value for weight, value in told) / whole if whole else 0.0
