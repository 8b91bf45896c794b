"""One person in a crop of his own: where the network draws finest, and how sure it is."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.stereo.backends.crop import crop_of
from multiplane.split.stereo.backends.selfie.windows import Predict
from multiplane.split.track.overlap import iou

_SLIMMEST = 0.5
"""People are tall: a window half as wide as high draws them finer than a square one."""
_WIDER = 0.35
"""Room that a second look has beyond that of the first, share of the longer side of the box."""
_REACH = 0.2
"""How far beside a rough mask a person may reach, share of the side of a square of his size."""
_WORK_PX = 512


def look_closer(frame: Frame, rough: Mask, predict: Predict, margin: float) -> tuple[Alpha, float]:
    """Look at one person again, alone.

    Args:
        frame: (H, W, 3).
        rough: (H, W), where he is about.
        predict: The network.
        margin: Room round him, share of the longer side of his box.

    Returns:
        (H, W) alpha, and how sure: how far two looks with more and with less room agree (IoU),
        times how sure the network is of the pixels.
    """
    alpha = alone(frame, rough, predict, margin)
    mask = np.asarray(alpha >= 0.5)
    if not mask.any():
        return alpha, 0.0
    again = alone(frame, mask, predict, margin + _WIDER) >= 0.5
    score = iou(mask, np.asarray(again)) * float(alpha[mask].mean())
    return alpha, float(np.clip(score, 0, 1))


def seen_alone(frame: Frame, rough: Mask, predict: Predict, margin: float) -> Alpha:
    """The same by one look, and whoever else is in the window."""
    crop = crop_of(rough, margin, _SLIMMEST)
    if crop is None:
        return np.zeros(rough.shape, np.float32)
    return crop.back(predict(crop.of(frame)))


def alone(frame: Frame, rough: Mask, predict: Predict, margin: float) -> Alpha:
    """What one look sees, without whoever else is in the window; (H, W)."""
    alpha = seen_alone(frame, rough, predict, margin)
    return np.asarray(np.where(near(rough, np.asarray(alpha >= 0.5)), alpha, 0), np.float32)


def near(rough: Mask, seen: Mask) -> Mask:
    """Where somebody may be: what hangs together with the rough mask and is not far from it.

    Args:
        rough: (H, W), where he is about.
        seen: (H, W), where anybody is.

    Returns:
        (H, W), with a little room for soft edges.
    """
    scale = min(1.0, _WORK_PX / max(rough.shape))
    size = max(1, round(rough.shape[1] * scale)), max(1, round(rough.shape[0] * scale))
    small = cv2.resize(seen.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 128
    known = cv2.resize(rough.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 64
    if not known.any():
        return np.zeros(rough.shape, np.bool_)
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 3)
    reach = 2 + _REACH * float(np.sqrt(np.count_nonzero(known)))
    _, labels = cv2.connectedComponents(small.astype(np.uint8), connectivity=8)
    touched = np.unique(labels[known & small])
    belongs = np.isin(labels, touched[touched > 0]) & (away <= 2 * reach)
    belongs |= small & (away <= reach)
    room = cv2.dilate(belongs.astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(cv2.resize(room, rough.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def extent(mask: Mask) -> tuple[float, float, float, float]:
    """Its box, as looks have it."""
    x0, y0, x1, y1 = box_of(mask)
    return float(x0), float(y0), float(x1), float(y1)
