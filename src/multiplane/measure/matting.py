"""How far an alpha is from the true one: the figures that papers on video matting compare.

All follow the evaluation of Lin et al., Robust High-Resolution Video Matting, WACV 2022
(https://arxiv.org/abs/2108.11515), which took Grad and Conn from Rhemann et al., A Perceptually
Motivated Online Benchmark for Image Matting, CVPR 2009 (doi:10.1109/CVPR.2009.5206503). There
are two scripts, and their figures differ: see :data:`Protocol`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Mask, check_alpha, check_same_size
from multiplane.core.errors import InputError

Protocol: TypeAlias = Literal["rvm_low", "rvm_high", "plain"]
"""Whose figures are wanted, by name.

``rvm_low``: the script for 512x288. Grad stretches each alpha to [0, 1] first; there is Conn;
the first frame counts as one whose dtSSD is 0. ``rvm_high``: the script for 1920x1080 and up.
Grad takes alphas as they are, there is no Conn, the first frame counts as above. ``plain``: Grad
as ``rvm_high``, with Conn, and the mean of dtSSD is over the pairs of frames that there are.
"""
PROTOCOLS: tuple[Protocol, ...] = ("rvm_low", "rvm_high", "plain")
SIGMA = 1.4
"""Of the Gaussian whose derivative Grad is taken with."""
SMALLEST_WEIGHT = 1e-2
"""The Gaussian is cut off where it falls below this."""
LEVELS = 10
"""Conn looks at the connectedness of what is at least 0.1, 0.2, … 1."""
SLACK = 0.15
"""A pixel that lies less than this above the level at which it is connected is connected."""


def mad(found: Alpha, true: Alpha) -> float:
    """Mean absolute difference, times 1000.

    Args:
        found: (H, W).
        true: (H, W).

    Returns:
        In [0, 1000].

    Raises:
        InputError: Not alphas, or sizes differ.
    """
    _check(found, true)
    return float(cv2.norm(found, true, cv2.NORM_L1) / true.size * 1e3)


def mse(found: Alpha, true: Alpha) -> float:
    """Mean squared difference, times 1000.

    Args:
        found: (H, W).
        true: (H, W).

    Returns:
        In [0, 1000].

    Raises:
        InputError: Not alphas, or sizes differ.
    """
    _check(found, true)
    return float(cv2.norm(found, true, cv2.NORM_L2SQR) / true.size * 1e3)


def grad(found: Alpha, true: Alpha, stretch: bool = False) -> float:
    """Squared difference of the lengths of the gradients, summed, divided by 1000.

    Gradients are those of a Gaussian of sigma 1.4, filters of 11x11 px scaled to a length of 1,
    pictures continued by their edge pixels. The sum is not divided by the pixels: figures of
    different sizes do not compare.

    Args:
        found: (H, W).
        true: (H, W).
        stretch: Stretch each alpha to [0, 1] first, as the low-resolution script does.

    Returns:
        From 0.

    Raises:
        InputError: Not alphas, or sizes differ.
    """
    _check(found, true)
    ways = _gradient(found, stretch), _gradient(true, stretch)
    return float(cv2.norm(*ways, cv2.NORM_L2SQR) / 1e3)


def conn(found: Alpha, true: Alpha) -> float:
    """How differently pixels hang together with the foreground, summed, divided by 1000.

    A pixel is connected up to the highest level (0, 0.1, … 1) at which it belongs to the largest
    connected area (over edges, not corners) where both alphas reach that level. What an alpha
    has above that, from 0.15 up, is its lack of connectedness; the sum of the absolute
    differences of both lacks is the figure. Not divided by the pixels.

    Args:
        found: (H, W).
        true: (H, W).

    Returns:
        From 0.

    Raises:
        InputError: Not alphas, or sizes differ.
    """
    _check(found, true)
    box = _not_zero(np.maximum(found, true))
    if box is None:
        return 0.0
    found, true = found[box], true[box]  # beyond it nothing lacks anything
    both = np.minimum(found, true)
    level = np.full(true.shape, -1.0, np.float32)
    for step in range(1, LEVELS + 1):
        outside = ~_largest(both >= np.float32(step / LEVELS))
        level[(level < 0) & outside] = (step - 1) / LEVELS
    level[level < 0] = 1.0
    return float(cv2.norm(_lack(found, level), _lack(true, level), cv2.NORM_L1) / 1e3)


def dtssd(found: tuple[Alpha, Alpha], true: tuple[Alpha, Alpha]) -> float:
    """How differently two alphas change from one frame to the next, times 100.

    The root of the mean squared difference of the changes; after Erofeev et al., Perceptually
    Motivated Benchmark for Video Matting, BMVC 2015 (doi:10.5244/C.29.99).

    Args:
        found: (H, W) each, of the frame before and of the frame.
        true: (H, W) each, likewise.

    Returns:
        In [0, 200].

    Raises:
        InputError: Not alphas, or sizes differ.
    """
    _check(found[1], true[1])
    for before in (found[0], true[0]):
        _check(before, true[1])
    changes = (found[1] - found[0], true[1] - true[0])
    return math.sqrt(cv2.norm(*changes, cv2.NORM_L2SQR) / true[1].size) * 1e2


class MattingScores:
    """The figures of a clip, frame by frame; holds one frame and the sums, however long it is."""

    def __init__(self, protocol: Protocol = "plain") -> None:
        """Begin a clip.

        Args:
            protocol: Whose figures are wanted.

        Raises:
            InputError: Nobody's.
        """
        if protocol not in PROTOCOLS:
            raise InputError(
                f"there is no protocol {protocol!r}",
                why="figures of different protocols do not compare",
                fix=f"one of: {', '.join(PROTOCOLS)}",
            )
        self.protocol: Protocol = protocol
        self._before: tuple[Alpha, Alpha] | None = None
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def add(self, found: Alpha, true: Alpha) -> Mapping[str, float]:
        """Take the next frame into account.

        Args:
            found: (H, W), of the size of those before.
            true: (H, W).

        Returns:
            ``mad``, ``mse``, ``grad``, ``conn`` and ``dtssd`` of the frame, as far as the
            protocol has them; no ``dtssd`` of a first frame.

        Raises:
            InputError: Not alphas, or sizes differ.
        """
        figures = dict(self._figures(found, true))
        counted = dict(figures)
        if self._before is None and self.protocol != "plain":
            counted["dtssd"] = 0.0
        for name, value in counted.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        self._before = found.copy(), true.copy()  # the caller may write into its own
        return figures

    def means(self) -> dict[str, float]:
        """The mean of each figure over the frames so far; those without any are left out."""
        return {name: total / self._counts[name] for name, total in self._sums.items()}

    def _figures(self, found: Alpha, true: Alpha) -> Iterator[tuple[str, float]]:
        yield "mad", mad(found, true)
        yield "mse", mse(found, true)
        yield "grad", grad(found, true, stretch=self.protocol == "rvm_low")
        if self.protocol != "rvm_high":
            yield "conn", conn(found, true)
        if self._before is not None:
            yield "dtssd", dtssd((self._before[0], found), (self._before[1], true))


def _gradient(alpha: Alpha, stretch: bool) -> NDArray[np.float32]:
    """The length of the gradient at every pixel."""
    half = math.ceil(
        SIGMA * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * SIGMA * SMALLEST_WEIGHT))
    )
    at = np.arange(-half, half + 1, dtype=np.float64)
    bell = np.exp(-(at**2) / (2 * SIGMA**2))
    slope = -at * bell
    bell, slope = bell / np.linalg.norm(bell), slope / np.linalg.norm(slope)
    around = cv2.BORDER_REPLICATE
    across = cv2.sepFilter2D(alpha, cv2.CV_32F, slope, bell, borderType=around)
    down = cv2.sepFilter2D(alpha, cv2.CV_32F, bell, slope, borderType=around)
    length = cv2.magnitude(across, down)
    if stretch:  # a filter that sums to 0 sees nothing of the offset
        spread = float(alpha.max()) - float(alpha.min())
        length = length / np.float32(spread) if spread else np.zeros_like(length)
    return np.asarray(length, np.float32)


def _largest(mask: Mask) -> Mask:
    """The largest area that hangs together over edges; of two alike the first one."""
    areas, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=4)
    if areas == 1:
        return np.zeros_like(mask)
    return np.asarray(numbers == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA]))


def _lack(alpha: Alpha, level: NDArray[np.float32]) -> NDArray[np.float32]:
    above = alpha - level
    above[above < SLACK] = 0
    return above


def _not_zero(alpha: Alpha) -> tuple[slice, slice] | None:
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not rows.size:
        return None
    return np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _check(found: Alpha, true: Alpha) -> None:
    check_alpha(cast("NDArray[Any]", found), "found alpha")
    check_alpha(cast("NDArray[Any]", true), "true alpha")
    check_same_size(found, true, ("found alpha", "true alpha"))
