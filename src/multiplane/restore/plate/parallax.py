"""What a homography leaves: the small shifts between a frame and the mosaic round a hole."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Mask
from multiplane.motion.flow import Flow, flow, warp
from multiplane.restore.plate.light import Field, blur_where, spread

SMOOTH_PX = 20.0
"""Parallax changes slowly; what changes faster is waving grass."""
WORTH_PX = (0.03, 0.15)
"""Median shift from which it is followed a little, and wholly: no sudden change in a shot."""
BETTER = 0.03
"""Share by which the difference must fall for the flow to be believed wholly."""


def follow(
    target: Field, picture: Field, where: Mask, scale: float, limit_px: float
) -> Flow | None:
    """Find the smooth shift that lays a picture on a target, from where both show the ground.

    Args:
        target: (h, w, 3), 0 to 255.
        picture: (h, w, 3), 0 to 255, in the target's light.
        where: (h, w), True where both show the ground.
        scale: Pixels of these arrays a frame pixel.
        limit_px: Shifts beyond this many frame pixels are mistakes.

    Returns:
        (h, w, 2) in pixels of these arrays, target to picture, spread smoothly over the rest; or
        None where it would not help.
    """
    if min(where.shape) < 16 or np.count_nonzero(where) < 400:
        return None
    one, two = _bytes(np.where(where[..., None], target, picture)), _bytes(picture)
    found = flow(one, two, scale=1.0)
    length = np.hypot(found[..., 0], found[..., 1])
    trusted = where & (length < limit_px * scale)
    if not trusted.any():
        return None
    weight = trusted.astype(np.float32)
    near = cv2.GaussianBlur(weight, (0, 0), SMOOTH_PX * scale)
    smooth = blur_where(found, weight, SMOOTH_PX * scale)
    smooth = spread(smooth, np.asarray(np.clip(near * 4.0, 0, 1), np.float32))
    before = float(np.abs(target - picture)[trusted].mean())
    after = float(np.abs(target - warp(picture, smooth))[trusted].mean())
    moved = float(np.median(length[trusted])) / scale
    strength = _ramp(1.0 - after / max(before, 1e-3), 0.0, BETTER) * _ramp(moved, *WORTH_PX)
    return smooth * np.float32(strength) if strength > 0 else None


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _bytes(values: Field) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
