"""Grain: what a picture has in its plainest places, and a repair that was painted smooth has not.

The spectrum of the grain round a hole is a low quantile of the power spectra of its plainest
blocks, so that brush strokes and edges, which stand out of it or have a direction, do not count;
nor do waves of a dozen pixels and more, which are shades of what is shown.
Where strokes lie everywhere only what is finer than they are counts. White noise is
filtered to that spectrum and added where the repair has less. Our own; the idea to judge noise by
the plainest blocks is that of Immerkær 1996 (doi:10.1006/cviu.1996.0060) and of the noise
estimators after him, whose mask is used here to compare levels.
"""

from __future__ import annotations

import functools
import zlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from multiplane.core.arrays import Mask
from multiplane.measure.region import around
from multiplane.restore.candidates.bands import bands
from multiplane.restore.candidates.sight import Sight

SIDES_PX = (32, 16)
"""Sides of the blocks that spectra are taken of, the first that fits often enough; what is
coarser is no grain."""
REACH_PX = 64
"""Grain is looked at this far round a hole."""
ENOUGH = 0.75
"""A repair with this share of the power of the grain round it is left alone."""

_STRIDE_PX = 8
_FEWEST, _ENOUGH_BLOCKS, _MOST = 8, 48, 384
_PLAIN = 1.6
"""Blocks count as plain up to so many times the power of the plainest fifth."""
_PERIODS_PX = (24, 12)
"""Longer waves are shades of what is shown, not grain; shorter ones than the second count fully."""
_STROKES = 0.3
"""Blocks whose slopes agree more than this show strokes or edges."""
_LEAST_PLAIN = 0.3
"""Where a smaller share of the blocks of least power shows none, they tell nothing of grain."""
_QUANTILE = 0.3
_OF_TWO, _OF_ONE = 0.35667494, 0.14847186
"""That quantile of a power of mean 1 with a complex and with a real amplitude."""
_LEAST_POWER = 0.05
"""Below a fifth of a level there is no grain, but rounding."""
_MOST_SIGMA = 12.0
"""Of luma; what varies more in the plainest places is no grain."""
_CURVE = (0.44, 2.25)
"""By how much less or more than on the whole the power may be in the dark and in the light."""
_LUMA = np.array([0.299, 0.587, 0.114])
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_WINDOW_PX = 15
_ROWS_PX = 2**20


class _Lens(NamedTuple):
    """What is needed to look at blocks of one size; h = side / 2 + 1 are half of the frequencies.

    Attributes:
        taper: (side, side) a Hann window, by which the mean power of waves is a variance.
        response: (side, side) of Immerkær's mask at each frequency.
        real: (side, h) frequencies whose amplitudes have no imaginary part.
        plane: (side², 3) orthonormal; the planes.
        smear: (side, side) what the window does to a spectrum, as a factor of its Fourier
            transform.
        fine: (side, h) how far each frequency counts as grain, from 0 to 1.
        share: (side, h) that as a share of the mean over all, of which each stands for one or two.
    """

    taper: NDArray[np.float32]
    response: NDArray[np.float64]
    real: NDArray[np.bool_]
    plane: NDArray[np.float32]
    smear: NDArray[np.float64]
    fine: NDArray[np.float32]
    share: NDArray[np.float32]


@functools.cache
def _lens(side: int) -> _Lens:
    half = side // 2 + 1
    line = np.square(np.sin(np.pi * (np.arange(side) + 0.5) / side))
    real = np.zeros((side, half), np.bool_)
    real[:: side // 2, :: side // 2] = True
    place = np.arange(side) - (side - 1) / 2
    planes = np.stack([np.ones(side**2), np.tile(place, side), np.repeat(place, side)], 1)
    response = np.square(np.abs(np.fft.fft2(_MASK, (side, side))))
    taper = np.outer(line, line) / np.square(line).sum()
    spread = np.square(np.abs(np.fft.fft2(taper)))
    smear = np.fft.fft2(spread / spread.sum()).real
    waves = np.hypot(np.fft.rfftfreq(side), np.fft.fftfreq(side)[:, None])
    longest, long = (1 / period for period in _PERIODS_PX)
    fine = np.square(np.clip((waves - longest) / (long - longest), 0, 1)).astype(np.float32)
    share = np.full(half, 2 / side**2, np.float32)
    share[[0, -1]] /= 2
    plane = np.linalg.qr(planes)[0].astype(np.float32)
    return _Lens(taper.astype(np.float32), response, real, plane, smear, fine, fine * share)


@dataclass(frozen=True)
class Grain:
    """The grain of some part of a picture.

    Attributes:
        basis: (3, 3), columns are the colours along which it varies independently.
        power: (3, side, side) spectrum of each, whose mean is its variance.
        lumas: Rising luma in [0, 255] at which the level was looked at.
        levels: Power there against that on the whole.
    """

    basis: NDArray[np.float64]
    power: NDArray[np.float64]
    lumas: NDArray[np.float64]
    levels: NDArray[np.float64]

    @property
    def roughness(self) -> float:
        """Mean square answer of Immerkær's mask to its luma."""
        luma = np.tensordot(np.square(_LUMA @ self.basis), self.power, 1)
        return float((luma * _lens(len(luma)).response).mean())


def add_grain(
    ground: Sight,
    known: Mask,
    painted: Sight,
    hole: Mask,
    seed: int,
) -> NDArray[np.float32]:
    """Make what a repair lacks of the grain round it.

    Args:
        ground: (h, w, 3) the picture.
        known: (h, w) what of it is whole, outside the hole.
        painted: (h, w, 3) the repair.
        hole: (h, w).
        seed: Where chance starts.

    Returns:
        (K, 3) what to add at the hole's pixels; zeros where nothing is lacking or nothing can
        be told.
    """
    nothing = np.zeros((int(np.count_nonzero(hole)), 3), np.float32)
    grain = measure_grain(ground, around(hole, REACH_PX) & known)
    if grain is None or grain.power.mean(axis=(1, 2)).sum() < _LEAST_POWER:
        return nothing
    luma, rough, smoothest = _roughness(painted, hole)
    wanted = grain.roughness
    if smoothest is None or smoothest >= ENOUGH * wanted:
        return nothing
    has = measure_grain(painted, hole, grain)
    had = grain.power * (smoothest / wanted) if has is None else has.power
    lacking = np.where(had < ENOUGH * grain.power, grain.power - had, 0.0)
    level = np.interp(luma, grain.lumas, grain.levels).astype(np.float32)
    share = (wanted * level - rough) / (wanted - smoothest)
    strength = np.sqrt(np.clip(share, 0.0, level))
    made = _noise(lacking, grain.basis, hole, (seed, zlib.crc32(np.ascontiguousarray(hole).data)))
    return np.asarray(made * strength[:, None], np.float32)


def measure_grain(picture: Sight, where: Mask, like: Grain | None = None) -> Grain | None:
    """Measure the grain in the plainest places of a picture.

    Args:
        picture: (h, w, 3) in [0, 255].
        where: (h, w) what counts.
        like: Look along its colours and in blocks of its size; None to find them.

    Returns:
        Its grain; None where hardly a block fits in, or all are burnt out.
    """
    sides = SIDES_PX if like is None else (like.power.shape[1],)
    blocks = _blocks(picture, where, sides)
    if blocks is None:
        return None
    side = blocks.shape[2]
    lens = _lens(side)
    points = blocks.reshape(-1, side**2)
    lumas = points.mean(axis=1).reshape(-1, 3) @ _LUMA
    level = points - (points @ lens.plane) @ lens.plane.T
    flat = np.asarray(level, np.float32).reshape(blocks.shape)
    waves = fft.rfft2(flat * lens.taper)
    powers = np.tensordot(_square(_luma(waves)), lens.share, 2).astype(np.float64)
    low = powers <= _limit(powers)
    calm = _coherence(_luma(flat)) <= _STROKES
    plain = low & calm
    few = np.count_nonzero(plain) < max(_FEWEST, _LEAST_PLAIN * np.count_nonzero(low))
    if few or powers[plain].mean() > _MOST_SIGMA**2:
        return _floor(flat, like)
    curve = _curve(lumas[calm], powers[calm], powers[plain].mean())
    some = waves[plain]
    basis = _colours(some * np.sqrt(lens.share)) if like is None else like.basis
    along = (basis.T.astype(np.float32) @ some.reshape(len(some), 3, -1)).reshape(some.shape)
    power = _quantile(_square(along)) / np.where(lens.real, _OF_ONE, _OF_TWO)
    power = (power + np.roll(power[:, ::-1], 1, axis=1)) / 2  # as many waves lean to the right
    return Grain(basis, _sharpened(_full(power), lens.smear) * _full(lens.fine), *curve)


def _luma(blocks: NDArray[Any]) -> NDArray[Any]:
    return np.tensordot(blocks, _LUMA.astype(np.float32), (1, 0))


def _square(waves: NDArray[np.complex64]) -> NDArray[np.float32]:
    return np.asarray(np.square(waves.real) + np.square(waves.imag), np.float32)


def _full(half: NDArray[np.floating]) -> NDArray[np.float64]:
    """Both halves of a spectrum, the same upside down."""
    return np.concatenate([half, half[..., -2:0:-1]], axis=-1, dtype=np.float64)


def _colours(waves: NDArray[np.complex64]) -> NDArray[np.float64]:
    """(3, 3), columns are the colours along which blocks (n, 3, side, half) vary independently."""
    found = np.moveaxis(waves, 1, 0).reshape(3, -1).view(np.float32).astype(np.float64)
    return np.asarray(np.linalg.eigh(found @ found.T)[1], np.float64)


def _quantile(powers: NDArray[np.float32]) -> NDArray[np.float64]:
    """That of each frequency over the blocks."""
    beside = np.ascontiguousarray(powers.reshape(len(powers), -1).T)
    found = np.quantile(beside, _QUANTILE, axis=1, overwrite_input=True)
    return np.asarray(found.reshape(powers.shape[1:]), np.float64)


def _coherence(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far the slopes within each block go one way, from 0 to 1: strokes do, grain does not.

    Larger blocks are looked at in four parts, as strokes bend.
    """
    if luma.shape[1] > SIDES_PX[-1]:
        half = luma.shape[1] // 2
        parts = [luma[:, y : y + half, x : x + half] for y in (0, half) for x in (0, half)]
        return np.asarray(np.mean([_coherence(part) for part in parts], axis=0))
    across = luma[:, 1:-1, 2:] - luma[:, 1:-1, :-2]
    down = luma[:, 2:, 1:-1] - luma[:, :-2, 1:-1]
    one, other = np.square(across).mean(axis=(1, 2)), np.square(down).mean(axis=(1, 2))
    mixed = (across * down).mean(axis=(1, 2))
    return np.asarray(np.hypot(one - other, 2 * mixed) / np.maximum(one + other, 1e-9))


def _floor(flat: NDArray[np.float32], like: Grain | None) -> Grain:
    """Grain where strokes lie everywhere: white, of what Immerkær's mask finds at the least."""
    answers = np.diff(np.diff(flat, 2, axis=2), 2, axis=3) / 6
    answers = np.moveaxis(answers, 1, -1).astype(np.float64)
    rough = np.square(answers @ _LUMA).mean(axis=(1, 2))
    least = answers[rough <= np.quantile(rough, 0.03)].reshape(-1, 3)
    spread = least.T @ least / len(least)
    basis = np.linalg.eigh(spread)[1] if like is None else like.basis
    power = np.maximum(np.diagonal(basis.T @ spread @ basis), 0)[:, None, None]
    return Grain(basis, np.tile(power, (1, *flat.shape[2:])), np.zeros(1), np.ones(1))


def _sharpened(
    power: NDArray[np.float64], smear: NDArray[np.float64], rounds: int = 4
) -> NDArray[np.float64]:
    """Take back what the window spread (Richardson 1972, doi:10.1364/JOSA.62.000055)."""

    def blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(np.fft.ifft2(np.fft.fft2(values) * smear).real, 1e-9)

    found = np.maximum(power, 1e-9)
    for _ in range(rounds):
        found = found * blurred(power / blurred(found))
    return found


def _limit(powers: NDArray[np.float64]) -> float:
    return float(_PLAIN * np.quantile(powers, 0.2))


def _blocks(picture: Sight, where: Mask, sides: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Blocks that lie wholly in it, (n, 3, side, side); None when there are too few."""
    for side in sides:
        fewest = _FEWEST if side == sides[-1] else _ENOUGH_BLOCKS
        if min(where.shape) < side:
            continue
        ys, xs = _places(where, side)
        if len(ys) < fewest:
            continue
        if len(ys) > _MOST:
            some = np.linspace(0, len(ys) - 1, _MOST).round().astype(np.intp)
            ys, xs = ys[some], xs[some]
        corners = zip(ys.tolist(), xs.tolist(), strict=True)
        found = np.stack([picture[y : y + side, x : x + side] for y, x in corners])
        found = np.ascontiguousarray(np.moveaxis(found, 3, 1))
        burnt = ((found < 1.5) | (found > 253.5)).all(axis=1).mean(axis=(1, 2))
        found = found[burnt < 0.05]
        if len(found) >= fewest:
            return np.asarray(found, np.float32)
    return None


def _places(where: Mask, side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The top and left of blocks on a grid that lie wholly in it, a few rows at a time."""
    height, width = where.shape
    step = max(1, _ROWS_PX // width // _STRIDE_PX) * _STRIDE_PX
    tops, lefts = [], []
    for top in range(0, height - side + 1, step):
        sums = cv2.integral(where[top : top + step - _STRIDE_PX + side].view(np.uint8))
        inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side]
        inside = (inside + sums[:-side, :-side])[::_STRIDE_PX, ::_STRIDE_PX]
        ys, xs = np.nonzero(inside == side**2)
        tops.append(top + ys * _STRIDE_PX)
        lefts.append(xs * _STRIDE_PX)
    return np.concatenate(tops), np.concatenate(lefts)


def _curve(
    lumas: NDArray[np.float64], powers: NDArray[np.float64], whole: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How the power of grain goes with luma, from the plain blocks of each quarter of lumas."""
    order = np.argsort(lumas, kind="stable")
    if len(powers) < 4 * _FEWEST:
        return np.zeros(1), np.ones(1)
    places, levels = [], []
    for part in np.array_split(order, 4):
        if len(part) >= 2 * _FEWEST:
            plain = part[powers[part] <= _limit(powers[part])]
            places.append(lumas[plain].mean())
            levels.append(powers[plain].mean() / max(whole, 1e-9))
    if len(places) < 2 or places[-1] - places[0] < 16:
        return np.zeros(1), np.ones(1)
    rising = np.maximum.accumulate(np.array(places) + np.arange(len(places)) * 1e-6)
    return rising, np.clip(levels, *_CURVE)


def _roughness(
    painted: Sight, hole: Mask
) -> tuple[NDArray[np.float32], NDArray[np.float32], float | None]:
    """Luma and the mean square answer of Immerkær's mask at a hole's pixels, and in plain places.

    The last is None when the hole is so narrow that hardly a pixel's neighbours all lie in it.
    """
    kernel, size = np.ones((3, 3), np.uint8), (_WINDOW_PX, _WINDOW_PX)
    lumas, found, plain, total, count = [], [], [], 0.0, 0
    for outer, rows, place in bands(hole.shape, _WINDOW_PX):
        inner = cv2.erode(hole[outer].view(np.uint8), kernel).astype(np.float32)
        luma = painted[outer] @ _LUMA.astype(np.float32)
        lumas.append(luma[rows][hole[place]])
        answer = np.square(cv2.filter2D(luma, cv2.CV_32F, _MASK)) * inner
        near = cv2.boxFilter(inner, cv2.CV_32F, size, normalize=False)
        local = cv2.boxFilter(answer, cv2.CV_32F, size, normalize=False) / np.maximum(near, 1)
        local = np.where(near >= 2 * _FEWEST, np.maximum(local, 0), -1)
        found.append(local[rows][hole[place]])
        plain.append(local[rows][(inner[rows] > 0) & (local[rows] >= 0)])
        total += float(answer[rows].sum(dtype=np.float64))
        count += int(np.count_nonzero(inner[rows]))
    luma, where, seen = np.concatenate(lumas), np.concatenate(found), np.concatenate(plain)
    if not len(seen):
        return luma, np.maximum(where, 0), None
    least = float(seen[seen <= _PLAIN * np.quantile(seen, 0.2) + 1e-6].mean())
    return luma, np.asarray(np.where(where < 0, total / count, where), np.float32), least


def _noise(
    power: NDArray[np.float64], basis: NDArray[np.float64], hole: Mask, seed: tuple[int, int]
) -> NDArray[np.float32]:
    """Noise of a spectrum at the hole's pixels, (K, 3), a few rows at a time."""
    kernels = np.fft.fftshift(np.fft.ifft2(np.sqrt(power)).real, axes=(1, 2)).astype(np.float32)
    rng = np.random.default_rng(seed)
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    box = hole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = power.shape[1]
    half, width = side // 2, box.shape[1] + side
    made = np.empty((int(np.count_nonzero(box)), 3), np.float32)
    back = basis.T.astype(np.float32)
    band, done = max(side, _ROWS_PX // width), 0
    white = rng.standard_normal((side, width, 3), np.float32)
    for top in range(0, len(box), band):
        part = box[top : top + band]
        fresh = rng.standard_normal((len(part), width, 3), np.float32)
        white = np.concatenate([white[-side:], fresh])
        inner = np.s_[half : half + len(part), half : half + box.shape[1]]
        found = np.stack(
            [cv2.filter2D(white[..., k], cv2.CV_32F, kernels[k])[inner][part] for k in range(3)], 1
        )
        made[done : done + len(found)] = found @ back
        done += len(found)
    return made
