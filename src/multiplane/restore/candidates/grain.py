"""Grain: what a picture has in its plainest places, and a repair that was painted smooth has not.

The spectrum of the grain round a hole is a low quantile of the power spectra of its plainest
blocks, so that brush strokes and edges, which stand out of it, do not count. White noise is
filtered to that spectrum and added where the repair has less. Our own; the idea to judge noise by
the plainest blocks is that of Immerkær 1996 (doi:10.1006/cviu.1996.0060) and of the noise
estimators after him, whose mask is used here to compare levels.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.measure.region import around

BLOCK_PX = 16
"""Side of the blocks that spectra are taken of; coarser grain is not seen."""
REACH_PX = 64
"""Grain is looked at this far round a hole."""
ENOUGH = 0.75
"""A repair with this share of the power of the grain round it is left alone."""

_STRIDE_PX = 8
_FEWEST, _MOST = 8, 4096
_PLAIN = 1.6
"""Blocks count as plain up to so many times the power of the plainest fifth."""
_QUANTILE = 0.3
_OF_TWO, _OF_ONE = 0.35667494, 0.14847186
"""That quantile of a power of mean 1 with a complex and with a real amplitude."""
_LEAST_POWER = 0.05
"""Below a fifth of a level there is no grain, but rounding."""
_MOST_SIGMA = 24.0
_CURVE = (0.44, 2.25)
"""By how much less or more than on the whole the power may be in the dark and in the light."""
_LUMA = np.array([0.299, 0.587, 0.114])
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_WINDOW_PX = 15
_ROWS_PX = 2**20

_line = np.sin(np.pi * (np.arange(BLOCK_PX) + 0.5) / BLOCK_PX)
_TAPER = np.square(np.outer(_line, _line))
_RESPONSE = np.square(np.abs(np.fft.fft2(_MASK, (BLOCK_PX, BLOCK_PX))))
_place = np.arange(BLOCK_PX) - (BLOCK_PX - 1) / 2
_PLANE = np.linalg.qr(
    np.stack([np.ones(BLOCK_PX**2), np.tile(_place, BLOCK_PX), np.repeat(_place, BLOCK_PX)], 1)
)[0]
_REAL = np.zeros((BLOCK_PX, BLOCK_PX), np.bool_)
_REAL[:: BLOCK_PX // 2, :: BLOCK_PX // 2] = True


@dataclass(frozen=True)
class Grain:
    """The grain of some part of a picture.

    Attributes:
        basis: (3, 3), columns are the colours along which it varies independently.
        power: (3, 16, 16) spectrum of each, whose mean is its variance.
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
        return float((luma * _RESPONSE).mean())


def add_grain(
    ground: NDArray[np.float32],
    known: Mask,
    painted: NDArray[np.float32],
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
    luma = painted @ _LUMA.astype(np.float32)
    rough, smoothest = _roughness(luma, hole)
    wanted = grain.roughness
    if smoothest is None or smoothest >= ENOUGH * wanted:
        return nothing
    has = measure_grain(painted, hole, grain.basis)
    had = grain.power * (smoothest / wanted) if has is None else has.power
    lacking = np.where(had < ENOUGH * grain.power, grain.power - had, 0.0)
    level = np.interp(luma[hole], grain.lumas, grain.levels).astype(np.float32)
    share = (wanted * level - rough) / (wanted - smoothest)
    strength = np.sqrt(np.clip(share, 0.0, level))
    return (
        _noise(lacking, grain.basis, hole, (seed, zlib.crc32(hole.tobytes()))) * strength[:, None]
    )


def measure_grain(
    picture: NDArray[np.float32], where: Mask, basis: NDArray[np.float64] | None = None
) -> Grain | None:
    """Measure the grain in the plainest places of a picture.

    Args:
        picture: (h, w, 3) in [0, 255].
        where: (h, w) what counts.
        basis: (3, 3) colours to look along; None to find them.

    Returns:
        Its grain; None where hardly a block fits in, or all are burnt out.
    """
    blocks = _blocks(picture, where)
    if blocks is None:
        return None
    lumas = (blocks @ _LUMA).mean(axis=1)
    flat = blocks - np.einsum("pk,nkc->npc", _PLANE, np.einsum("pk,npc->nkc", _PLANE, blocks))
    powers = np.square(flat @ _LUMA).mean(axis=1)
    plain = powers <= _limit(powers)
    if np.count_nonzero(plain) < _FEWEST:
        plain = powers <= np.partition(powers, _FEWEST - 1)[_FEWEST - 1]
    some = flat[plain]
    if basis is None:
        pixels = some.reshape(-1, 3)
        basis = np.linalg.eigh(pixels.T @ pixels / len(pixels))[1]
    tapered = (some @ basis).reshape(-1, BLOCK_PX, BLOCK_PX, 3) * _TAPER[..., None]
    spectra = np.square(np.abs(np.fft.fft2(tapered, axes=(1, 2)))) / np.square(_TAPER).sum()
    power = np.moveaxis(np.quantile(spectra, _QUANTILE, axis=0), 2, 0)
    power /= np.where(_REAL, _OF_ONE, _OF_TWO)
    mirrored = np.roll(power[:, :, ::-1], 1, axis=2)
    power = (power + mirrored) / 2
    most = power.mean(axis=(1, 2)).sum() / _MOST_SIGMA**2
    return Grain(basis, power / max(1.0, float(most)), *_curve(lumas, powers))


def _limit(powers: NDArray[np.float64]) -> float:
    return float(_PLAIN * np.quantile(powers, 0.2))


def _blocks(picture: NDArray[np.float32], where: Mask) -> NDArray[np.float64] | None:
    """Blocks that lie wholly in it, (n, pixels, 3); None when there are too few."""
    if min(where.shape) < BLOCK_PX:
        return None
    sums = cv2.integral(where.view(np.uint8))
    b = BLOCK_PX
    inside = sums[b:, b:] - sums[:-b, b:] - sums[b:, :-b] + sums[:-b, :-b] == b * b
    ys, xs = np.nonzero(inside[::_STRIDE_PX, ::_STRIDE_PX])
    if len(ys) > _MOST:
        some = np.linspace(0, len(ys) - 1, _MOST).round().astype(np.intp)
        ys, xs = ys[some], xs[some]
    if len(ys) < _FEWEST:
        return None
    windows = sliding_window_view(picture, (b, b), axis=(0, 1))  # type: ignore[call-overload]
    found = windows[ys * _STRIDE_PX, xs * _STRIDE_PX].reshape(len(ys), 3, b * b)
    found = np.swapaxes(found, 1, 2).astype(np.float64)
    burnt = ((found < 1.5) | (found > 253.5)).all(axis=2).mean(axis=1)
    found = found[burnt < 0.05]
    return found if len(found) >= _FEWEST else None


def _curve(
    lumas: NDArray[np.float64], powers: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How the power of grain goes with luma, from the plain blocks of each quarter of lumas."""
    order = np.argsort(lumas, kind="stable")
    whole = powers[powers <= _limit(powers)].mean()
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


def _roughness(luma: NDArray[np.float32], hole: Mask) -> tuple[NDArray[np.float32], float | None]:
    """Mean square answer of Immerkær's mask round each pixel of a hole, and in its plain places.

    The second is None when the hole is so narrow that hardly a pixel's neighbours all lie in it.
    """
    inner = cv2.erode(hole.view(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    if np.count_nonzero(inner) < 2 * _FEWEST:
        return np.zeros(int(np.count_nonzero(hole)), np.float32), None
    answer = np.square(cv2.filter2D(luma, cv2.CV_32F, _MASK)) * inner
    size = (_WINDOW_PX, _WINDOW_PX)
    near = cv2.boxFilter(inner, cv2.CV_32F, size, normalize=False)
    local = cv2.boxFilter(answer, cv2.CV_32F, size, normalize=False) / np.maximum(near, 1)
    whole = float(answer.sum(dtype=np.float64) / inner.sum(dtype=np.float64))
    local = np.where(near >= 2 * _FEWEST, np.maximum(local, 0), whole)
    seen = local[inner > 0]
    plain = float(seen[seen <= _PLAIN * np.quantile(seen, 0.2) + 1e-6].mean())
    return np.asarray(local[hole], np.float32), plain


def _noise(
    power: NDArray[np.float64], basis: NDArray[np.float64], hole: Mask, seed: tuple[int, int]
) -> NDArray[np.float32]:
    """Noise of a spectrum at the hole's pixels, (K, 3), a few rows at a time."""
    kernels = np.fft.fftshift(np.fft.ifft2(np.sqrt(power)).real, axes=(1, 2)).astype(np.float32)
    rng = np.random.default_rng(seed)
    rows, columns = np.flatnonzero(hole.any(axis=1)), np.flatnonzero(hole.any(axis=0))
    box = hole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    half, width = BLOCK_PX // 2, box.shape[1] + BLOCK_PX
    made = np.empty((int(np.count_nonzero(box)), 3), np.float32)
    back = basis.T.astype(np.float32)
    band, done = max(BLOCK_PX, _ROWS_PX // width), 0
    white = rng.standard_normal((BLOCK_PX, width, 3), np.float32)
    for top in range(0, len(box), band):
        part = box[top : top + band]
        fresh = rng.standard_normal((len(part), width, 3), np.float32)
        white = np.concatenate([white[-BLOCK_PX:], fresh])
        inner = np.s_[half : half + len(part), half : half + box.shape[1]]
        found = np.stack(
            [cv2.filter2D(white[..., k], cv2.CV_32F, kernels[k])[inner][part] for k in range(3)], 1
        )
        made[done : done + len(found)] = found @ back
        done += len(found)
    return made
