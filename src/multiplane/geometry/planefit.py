"""One plane through many disparities, most of them right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multiplane.geometry.plane import Normal
from multiplane.geometry.sweep import Samples

TRIALS = 96
"""Planes through three samples each that are tried."""
REACH_PX = 1.0
"""Samples nearer than this to a plane agree with it."""
ROUNDS = 6
LEAN = 1.0
"""Tangent by which a person's plane leans off facing the viewer, in one standard deviation."""


@dataclass(frozen=True)
class Fit:
    """A plane and who agrees with it.

    Attributes:
        normal: (3,) as the eye that was matched from has it.
        agreeing: Share of the weight of the samples within a pixel.
        residual_px: Median miss of those, pixels of the cut.
    """

    normal: Normal
    agreeing: float
    residual_px: float


def facing(direction: NDArray[np.floating], disparity_rad: float) -> Normal:
    """The plane that faces the viewer.

    Args:
        direction: (3,) unit, the middle of the person.
        disparity_rad: How far apart the eyes see that middle, radians.

    Returns:
        (3,) normal.
    """
    middle = np.asarray(direction, np.float64)
    across = math.hypot(float(middle[1]), float(middle[2]))
    return middle * (disparity_rad / max(across, 1e-3))


def fit_plane(samples: Samples, start: Normal, windows_px: float, search: bool) -> Fit:
    """Fit a plane that most samples agree with.

    Iteratively reweighted least squares (Tukey's biweight), held softly to facing the viewer: what
    the samples do not tell, such as the lean of somebody ten pixels wide, stays as it was.

    Args:
        samples: Disparities, at least one.
        start: (3,) a plane to start from.
        windows_px: Pixels of one window: samples closer than that tell the same.
        search: Also start from planes through three samples (RANSAC, Fischler and Bolles 1981).

    Returns:
        The plane.
    """
    scaled = samples.features / samples.per_px[:, None]
    wanted = samples.disparity / samples.per_px
    weight = samples.weight / max(1.0, windows_px)
    begin = _searched(scaled, wanted, samples.weight, start) if search else start
    normal = begin
    for turn in range(ROUNDS):
        miss = scaled @ normal - wanted
        reach = 3.0 * REACH_PX if turn < 2 else max(0.5, 4.7 * _median_spread(miss, REACH_PX * 2))
        kept = weight * np.maximum(0.0, 1.0 - (miss / reach) ** 2) ** 2
        normal = _solve(scaled, wanted, kept, start)
    miss = np.abs(scaled @ normal - wanted)
    near = miss < REACH_PX
    total = max(float(samples.weight.sum()), 1e-9)
    residual = float(np.median(miss[near])) if near.any() else math.inf
    return Fit(normal, float(samples.weight[near].sum()) / total, residual)


def _searched(
    scaled: NDArray[np.float64],
    wanted: NDArray[np.float64],
    weight: NDArray[np.float64],
    start: Normal,
) -> Normal:
    """The plane most samples agree with, out of the start and planes through three samples."""
    random = np.random.default_rng(7)
    count = len(wanted)
    some = random.choice(count, min(count, 2000), replace=False)
    tries = random.integers(0, count, (TRIALS, 3))
    spots = scaled[tries]
    well = np.abs(np.linalg.det(spots)) > 1e-3 * np.abs(spots).max() ** 3 * 1e-3
    planes = np.vstack(
        [start[None], np.linalg.solve(spots[well], wanted[tries[well]][..., None])[..., 0]]
    )
    size = np.linalg.norm(start)
    planes = planes[np.linalg.norm(planes - start, axis=1) <= 2.5 * size + 1e-9]
    miss = scaled[some] @ planes.T - wanted[some, None]
    votes = np.maximum(0.0, 1.0 - (miss / (2 * REACH_PX)) ** 2) * weight[some, None]
    best = planes[int(votes.sum(axis=0).argmax())]
    return np.asarray(best)


def _solve(
    scaled: NDArray[np.float64],
    wanted: NDArray[np.float64],
    kept: NDArray[np.float64],
    prior: Normal,
) -> Normal:
    """Weighted least squares, held to the prior as if by a few samples."""
    square = scaled.T @ (scaled * kept[:, None])
    hold = 0.25 / max(LEAN * float(np.linalg.norm(prior)), 1e-6) ** 2
    square += np.eye(3) * hold
    right = scaled.T @ (kept * wanted) + hold * prior
    return np.asarray(np.linalg.solve(square, right))


def _median_spread(miss: NDArray[np.float64], reach: float) -> float:
    """Standard deviation by the median of what lies within reach."""
    near = np.abs(miss)[np.abs(miss) < reach]
    return 1.4826 * float(np.median(near)) if len(near) else reach
