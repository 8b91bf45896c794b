"""Light and colour: fits that outliers cannot pull, and values spread smoothly over gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

Field: TypeAlias = NDArray[np.float32]
"""float32 (h, w, C), or (h, w) for weights."""

ENOUGH = 40
SAMPLES = 6000
MAX_GAIN = 2.0


@dataclass(frozen=True)
class Light:
    """What turns one picture's light into another's: ``gain * values + offset`` a channel."""

    gain: NDArray[np.float32]
    offset: NDArray[np.float32]

    def __call__(self, values: Field) -> Field:
        """Apply it to (..., 3)."""
        return values * self.gain + self.offset


def same_light() -> Light:
    """The light that changes nothing."""
    return Light(np.ones(3, np.float32), np.zeros(3, np.float32))


def fit_light(source: Field, target: Field, where: Mask, rounds: int = 5) -> Light:
    """Fit gain and offset a channel, blind to what differs by more than light.

    The gain is the ratio of spreads, not the slope of a regression: grass that waves would pull
    a slope towards zero.

    Args:
        source: (h, w, 3).
        target: (h, w, 3).
        where: (h, w), True where both show the same thing.
        rounds: Rounds of reweighting.

    Returns:
        The light from source to target; no change when hardly anything is selected.
    """
    if np.count_nonzero(where) < ENOUGH:
        return same_light()
    one, two = source[where].astype(np.float64), target[where].astype(np.float64)
    if len(one) > 2 * SAMPLES:
        step = len(one) // SAMPLES
        one, two = one[::step], two[::step]
    gain, offset = np.ones(3), np.median(two - one, axis=0)
    for _ in range(rounds):
        miss = one * gain + offset - two
        scale = 4.685 * 1.4826 * np.median(np.abs(miss), axis=0) + 0.5
        weight = np.square(np.maximum(0.0, 1.0 - np.square(miss / scale))).min(axis=1)[:, None]
        total = float(weight.sum())
        if total < ENOUGH / 2:
            break
        mean_one, mean_two = (weight * one).sum(0) / total, (weight * two).sum(0) / total
        spread_one = (weight * np.square(one - mean_one)).sum(0) / total + 4.0
        spread_two = (weight * np.square(two - mean_two)).sum(0) / total + 4.0
        gain = np.clip(np.sqrt(spread_two / spread_one), 1 / MAX_GAIN, MAX_GAIN)
        offset = mean_two - gain * mean_one
    return Light(gain.astype(np.float32), offset.astype(np.float32))


def blur_where(values: Field, weights: Field, sigma: float) -> Field:
    """Gaussian mean of the weighted values only (normalised convolution).

    Args:
        values: (h, w, C).
        weights: (h, w) in [0, 1].
        sigma: In pixels of the array.

    Returns:
        (h, w, C); zero where no weight is near.
    """
    total = cv2.GaussianBlur(weights, (0, 0), sigma)
    summed = cv2.GaussianBlur(values * weights[..., None], (0, 0), sigma).reshape(values.shape)
    return np.asarray(summed / np.maximum(total, 1e-4)[..., None], np.float32)


def spread(values: Field, weights: Field) -> Field:
    """Carry values smoothly into the gaps between them (pull-push, Gortler et al. 1996).

    Args:
        values: (h, w, C).
        weights: (h, w) in [0, 1]; 0 marks a gap.

    Returns:
        (h, w, C), the values where the weight is 1, and smooth between.
    """
    height, width = weights.shape
    if min(height, width) <= 2 or float(weights.min()) >= 1.0:
        total = float(weights.sum())
        mean = (values * weights[..., None]).sum((0, 1)) / max(total, 1e-6)
        filled: Field = np.broadcast_to(mean, values.shape).astype(np.float32)
    else:
        half_weights = cv2.pyrDown(weights)
        half_values = cv2.pyrDown(values * weights[..., None]).reshape(*half_weights.shape, -1)
        half_values = half_values / np.maximum(half_weights, 1e-6)[..., None]
        coarse = spread(
            np.asarray(half_values, np.float32),
            np.asarray(np.minimum(1.0, half_weights * 2.0), np.float32),
        )
        filled = np.asarray(cv2.pyrUp(coarse, dstsize=(width, height)), np.float32)
        filled = filled.reshape(values.shape)
    share = weights[..., None]
    return np.asarray(values * share + filled * (1.0 - share), np.float32)
