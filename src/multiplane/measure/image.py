"""How far a picture is from another, and how sharp it is; inside a mask where one is given."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_same_size
from multiplane.core.errors import InputError
from multiplane.measure.region import around, region

WINDOW_PX = 11
SIGMA_PX = 1.5


def psnr(first: Frame, second: Frame, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio, ``10 log10(255² / mean((first - second)²))``.

    The mean runs over all three channels of the pixels taken.

    Args:
        first: (H, W, 3).
        second: (H, W, 3).
        mask: (H, W); only these pixels count. None for all.

    Returns:
        In dB, from 0; higher is closer; infinite when equal.

    Raises:
        InputError: Sizes differ, or the mask selects nothing.
    """
    taken = _checked(first, second, mask)
    off = first[taken].astype(np.float64) - second[taken].astype(np.float64)
    error = float(np.mean(np.square(off)))
    return math.inf if error == 0 else 10 * math.log10(255.0**2 / error)


def ssim(first: Frame, second: Frame, mask: Mask | None = None) -> float:
    """Structural similarity, the mean of :func:`ssim_map`.

    Without a mask the mean leaves out the 5 px at the border, where the window does not fit
    (Wang et al. do the same). With one, every selected pixel counts; its window also sees pixels
    outside the mask, as one must to judge how a fill sits in its surroundings.

    Args:
        first: (H, W, 3), 11 px and more on each side.
        second: (H, W, 3).
        mask: (H, W); only these pixels count. None for all.

    Returns:
        In [-1, 1]; 1 when equal.

    Raises:
        InputError: Sizes differ, a side is under 11 px, or the mask selects nothing.
    """
    taken = _checked(first, second, mask)
    edge = WINDOW_PX // 2
    if mask is None:
        return float(ssim_map(first, second)[edge:-edge, edge:-edge].mean())
    box = _box_round(taken, edge)
    return float(ssim_map(first[box], second[box])[taken[box]].mean())


def ssim_map(first: Frame, second: Frame) -> NDArray[np.float64]:
    """Structural similarity round each pixel, mean of the three channels.

    Wang et al., Image Quality Assessment, IEEE TIP 13(4), 2004 (doi:10.1109/TIP.2003.819861):
    ``(2 mx my + C1)(2 cov + C2) / ((mx² + my² + C1)(vx + vy + C2))`` of means, variances and
    covariance in a Gaussian window of 11 px, sigma 1.5; C1 = (0.01·255)², C2 = (0.03·255)².

    Args:
        first: (H, W, 3), 11 px and more on each side.
        second: (H, W, 3).

    Returns:
        (H, W) in [-1, 1].

    Raises:
        InputError: Sizes differ or a side is under 11 px.
    """
    _checked(first, second, None)
    if min(first.shape[:2]) < WINDOW_PX:
        raise InputError(
            f"picture is {first.shape[1]}x{first.shape[0]}, wanted {WINDOW_PX} px on each side",
            why="structure is judged in a window of that size",
            fix="use psnr for pictures that small",
        )
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = _blur(x), _blur(y)
    square_x, square_y, product = mean_x * mean_x, mean_y * mean_y, mean_x * mean_y
    spread = (_blur(x * x) - square_x) + (_blur(y * y) - square_y)
    shared = _blur(x * y) - product
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = (2 * product + c1) * (2 * shared + c2)
    values /= (square_x + square_y + c1) * (spread + c2)
    return np.asarray(values.mean(axis=2))


def sharpness(frame: Frame, mask: Mask | None = None) -> float:
    """How much fine detail there is: the variance of the Laplacian of the grey values.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000
    (doi:10.1109/ICPR.2000.903548).

    Args:
        frame: (H, W, 3).
        mask: (H, W); only these pixels count. None for all.

    Returns:
        In grey levels², from 0; higher is sharper. Compare only pictures of the same scene.

    Raises:
        InputError: Sizes differ or the mask selects nothing.
    """
    check_frame(frame)
    taken = region(frame, mask)
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return float(np.var(cv2.Laplacian(grey, cv2.CV_64F, ksize=1)[taken]))


def relative_sharpness(frame: Frame, hole: Mask, band_px: int = 40) -> float | None:
    """How sharp a fill is beside what surrounds it.

    The square root of sharpness inside the hole over sharpness in the band round it: a ratio of
    standard deviations. Both leave out the pixel at the border, which sees the other side.

    Args:
        frame: (H, W, 3).
        hole: (H, W).
        band_px: Width of the band.

    Returns:
        From 0; 1 is as sharp as the surroundings, less is smeared. None when the hole is too
        thin, has no surroundings, or these are flat.

    Raises:
        InputError: Sizes differ.
    """
    check_same_size(frame, hole, ("frame", "hole"))
    inside = ~_grow_by_one(~hole)
    beside = around(hole, band_px) & ~_grow_by_one(hole)
    if not inside.any() or not beside.any():
        return None
    outside = sharpness(frame, beside)
    return math.sqrt(sharpness(frame, inside) / outside) if outside > 0 else None


def _grow_by_one(mask: Mask) -> Mask:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _box_round(mask: Mask, margin_px: int) -> tuple[slice, slice]:
    """The part of the picture that the windows of selected pixels see: the rest costs only time.

    A box under the window's size is made larger, as long as the picture goes on.
    """
    spans = []
    for axis in (0, 1):
        taken = np.flatnonzero(mask.any(axis=1 - axis))
        begin = max(0, int(taken[0]) - margin_px)
        end = min(mask.shape[axis], int(taken[-1]) + margin_px + 1)
        begin = max(0, min(begin, end - WINDOW_PX))
        spans.append(slice(begin, max(end, begin + WINDOW_PX)))
    return spans[0], spans[1]


def _checked(first: NDArray[Any], second: NDArray[Any], mask: Mask | None) -> Mask:
    check_frame(first, "first picture")
    check_frame(second, "second picture")
    check_same_size(first, second, ("first picture", "second picture"))
    return region(first, mask)


def _blur(values: NDArray[np.float64]) -> NDArray[np.float64]:
    window = (WINDOW_PX, WINDOW_PX)
    return np.asarray(cv2.GaussianBlur(values, window, SIGMA_PX, borderType=cv2.BORDER_REFLECT))
