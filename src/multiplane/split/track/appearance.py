"""What colours an object has, and how alike two sets of colours are."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of

Looks: TypeAlias = NDArray[np.float32]
"""float32 (bins,), sums to 1: shares of an object's pixels by colour."""

_BINS, _WORK_PX = 8, 96
"""Steps a channel; long side at which the colours of an object are counted."""
_LEARN = 0.1
"""How much the latest sighting counts against all before."""


def looks_of(frame: Frame, mask: Mask) -> Looks | None:
    """Count the colours of an object.

    Every pixel counts for the two nearest steps of each channel, so that a change of light of a
    few levels is a small change here.

    Args:
        frame: (H, W, 3).
        mask: (H, W).

    Returns:
        The shares; None when the mask is empty.
    """
    x0, y0, x1, y1 = box_of(mask)
    step = max(1, max(x1 - x0, y1 - y0) // _WORK_PX)
    part = frame[y0:y1:step, x0:x1:step][mask[y0:y1:step, x0:x1:step]]
    if not len(part):
        return None
    lab = cv2.cvtColor(part[None], cv2.COLOR_RGB2LAB)[0].astype(np.float32)
    spot = lab * (_BINS - 1) / np.float32(255)
    low = np.minimum(spot.astype(np.int32), _BINS - 2)
    high_share = spot - low
    counts = np.zeros(_BINS**3, np.float64)
    for corner in range(8):
        ups = np.array([corner >> axis & 1 for axis in range(3)])
        share = np.where(ups, high_share, 1 - high_share).prod(axis=1)
        place = low + ups
        bins = (place[:, 0] * _BINS + place[:, 1]) * _BINS + place[:, 2]
        counts += np.bincount(bins, share, _BINS**3)
    return np.asarray(counts / counts.sum(), np.float32)


def likeness(first: Looks, second: Looks) -> float:
    """How alike two objects are: Bhattacharyya's coefficient, in [0, 1], 1 for the same colours."""
    return float(min(1.0, np.sqrt(first * second).sum()))


def learn(known: Looks | None, seen: Looks) -> Looks:
    """What is known of an object after one more sighting."""
    return seen if known is None else np.asarray((1 - _LEARN) * known + _LEARN * seen, np.float32)
