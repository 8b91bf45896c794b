"""What moves just now, against the camera's own motion."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Frame
from multiplane.motion.align import Homography
from multiplane.motion.flow import Flow, flow
from multiplane.split.segment.persistence import Map


def moves_alone(small: Frame, other: Frame, way: Homography) -> Map:
    """How far each pixel moves between two frames besides what the camera does.

    Args:
        small: (h, w, 3).
        other: Of the same size.
        way: (3, 3), pixels of the first to those of the second where nothing moves.

    Returns:
        (h, w) pixels.
    """
    apart = flow(small, other, scale=1.0) - camera_flow(small.shape[1], small.shape[0], way)
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]), np.float32)


def camera_flow(width: int, height: int, way: Homography) -> Flow:
    """The displacements that a homography stands for, (height, width, 2) px."""
    x = np.arange(width, dtype=np.float64)
    y = np.arange(height, dtype=np.float64)[:, None]
    depth = way[2, 0] * x + way[2, 1] * y + way[2, 2]
    to_x = (way[0, 0] * x + way[0, 1] * y + way[0, 2]) / depth - x
    to_y = (way[1, 0] * x + way[1, 1] * y + way[1, 2]) / depth - y
    return np.stack([to_x, to_y], axis=-1).astype(np.float32)


def moving_now(apart_px: Map, change: Map) -> Map:
    """What moves by itself and changes the picture where it does.

    Flow bleeds into what is smooth beside a moving thing; that is left out since nothing changes
    there. What lies between changed edges counts as changed.

    Args:
        apart_px: (h, w), see :func:`moves_alone`.
        change: (h, w) in [0, 1], against frames shortly before and after.

    Returns:
        (h, w) in [0, 1].
    """
    reach = max(3, 2 * (max(change.shape) // 72) + 1)
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    changed = (cv2.blur(change, (3, 3)) > 0.5).astype(np.float32)
    closed = cv2.blur(cv2.morphologyEx(changed, cv2.MORPH_CLOSE, window), (3, 3))
    return np.asarray(np.clip((apart_px - 0.7) / 0.8, 0, 1) * closed, np.float32)
