"""Windows over a picture at several scales, and what a network says in them laid together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.split.stereo.backends.crop import Crop

Predict: TypeAlias = Callable[[Frame], Alpha]
"""(H, W, 3) → (H, W) in [0, 1]."""
Worth: TypeAlias = Callable[[Crop], bool]
"""Whether somebody may be in a window."""

_LEAST_PX = 64
"""Smaller windows show too little to tell who is in them."""
_MAP_PX = 384
"""Long side of the map that is laid together."""
_RIM = 0.1
"""What a window says at its border counts so much: people cut in two are seen badly."""


def everywhere(window: Crop) -> bool:
    """Anybody may be in any window."""
    return True


def windows_of(shape: tuple[int, int], scale: int) -> list[Crop]:
    """Squares that overlap by half and cover a picture.

    Args:
        shape: (height, width).
        scale: The short side of the picture over that of a window, from 1.
    """
    side = max(1, min(shape) // scale)
    return [
        Crop(slice(y, y + side), slice(x, x + side), shape)
        for y in _starts(shape[0], side)
        for x in _starts(shape[1], side)
    ]


def laid_together(frame: Frame, predict: Predict, scales: int, worth: Worth = everywhere) -> Alpha:
    """Ask about all windows of all scales.

    Windows of one scale are averaged where they overlap, so that what only one of them sees counts
    less; of the scales the surest counts, since each finds people of its own size.

    Args:
        frame: (H, W, 3).
        predict: The network.
        scales: How many; each has windows half the size of the one before.
        worth: Which windows are worth a look, those of the largest scale aside.

    Returns:
        (h, w), small.
    """
    shape = (frame.shape[0], frame.shape[1])
    scale = min(1.0, _MAP_PX / max(shape))
    small = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    best = np.zeros(small, np.float32)
    for step in range(scales):
        if step and min(shape) >> step < _LEAST_PX:
            break
        windows = windows_of(shape, 1 << step)
        if step:
            windows = [window for window in windows if worth(window)]
        best = np.maximum(best, _one_scale(frame, predict, windows, small))
    return best


def _one_scale(
    frame: Frame, predict: Predict, windows: list[Crop], small: tuple[int, int]
) -> Alpha:  # fmt: skip
    total, weight = np.zeros(small, np.float32), np.full(small, 1e-6, np.float32)
    down, across = small[0] / frame.shape[0], small[1] / frame.shape[1]
    for window in windows:
        rows = slice(round(window.rows.start * down), round(window.rows.stop * down))
        columns = slice(round(window.columns.start * across), round(window.columns.stop * across))
        size = columns.stop - columns.start, rows.stop - rows.start
        if not min(size):
            continue
        alpha = predict(window.of(frame))
        hat = _hat(size)
        total[rows, columns] += hat * cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        weight[rows, columns] += hat
    return np.asarray(total / weight, np.float32)


def _hat(size: tuple[int, int]) -> Alpha:
    """1 in the middle of a window, little at its border; (h, w)."""
    x = 1 - np.abs(np.linspace(-1, 1, size[0], dtype=np.float32))
    y = 1 - np.abs(np.linspace(-1, 1, size[1], dtype=np.float32))
    return np.asarray(_RIM + (1 - _RIM) * np.minimum.outer(y, x), np.float32)


def _starts(length: int, side: int) -> list[int]:
    """Where windows of a row begin: half a window apart or less, the last one at the end."""
    steps = -(-2 * (length - side) // side)
    return [round((length - side) * step / max(1, steps)) for step in range(steps + 1)]
