"""Which colours of a shot belong to its characters, and which to what is round them."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.split.segment.persistence import Map

_BINS = 24
_SURE = 0.4
_RARE = 2e-5
_MOST = 3.0


class Colours:
    """Two smoothed colour histograms and the logarithm of their ratio."""

    def __init__(self, samples: Iterable[tuple[Frame, Map]]) -> None:
        """Learn them.

        Background colours are taken near the characters only, since those farther off are never
        in question.

        Args:
            samples: Frames, (h, w, 3), and what is believed of their pixels, (h, w).
        """
        inside = np.zeros(_BINS**3, np.float64)
        outside = np.zeros(_BINS**3, np.float64)
        for frame, belief in samples:
            bins = _bins(frame)
            sure = (belief > _SURE).astype(np.uint8)
            reach = max(3, 2 * (max(frame.shape[:2]) // 32) + 1)
            near = cv2.dilate(sure, np.ones((reach, reach), np.uint8)) > 0
            there = np.where(sure > 0, np.clip(belief, 0, 1), 0).ravel()
            not_there = np.where((belief < -_SURE) & near, np.clip(-belief, 0, 1), 0).ravel()
            inside += np.bincount(bins.ravel(), there, _BINS**3)
            outside += np.bincount(bins.ravel(), not_there, _BINS**3)
        self.known = bool(inside.any() and outside.any())
        ratio = np.log((_shares(inside) + _RARE) / (_shares(outside) + _RARE))
        self._ratio = (np.clip(ratio, -_MOST, _MOST) / _MOST).astype(np.float32)

    def lean(self, frame: Frame) -> Map:
        """How much each pixel's colour speaks for a character, in [-1, 1], (h, w)."""
        if not self.known:
            return np.zeros(frame.shape[:2], np.float32)
        return np.asarray(self._ratio[_bins(frame)])


def _bins(frame: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    soft = np.asarray(cv2.GaussianBlur(frame, (3, 3), 0)).astype(np.int32) * _BINS // 256
    return np.asarray((soft[..., 0] * _BINS + soft[..., 1]) * _BINS + soft[..., 2])


def _shares(counts: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Map:
    cube = counts.reshape(_BINS, _BINS, _BINS)
    for axis in range(3):
        padded = np.pad(cube, [(1, 1) if a == axis else (0, 0) for a in range(3)])
        middle = [slice(None)] * 3
        before, after = list(middle), list(middle)
        before[axis], after[axis] = slice(0, _BINS), slice(2, _BINS + 2)
        cube = 0.25 * padded[tuple(before)] + 0.5 * cube + 0.25 * padded[tuple(after)]
    flat = cube.ravel()
    return np.asarray(flat / max(float(flat.sum()), 1e-6), np.float32)
