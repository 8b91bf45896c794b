"""A head with shoulders, drawn: enough of a person for a network that looks for one."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask


def draw_head(
    frame: Frame, middle: tuple[float, float], high_px: float, shirt: tuple[int, int, int]
) -> tuple[Frame, Mask]:
    """Draw somebody into a frame.

    Args:
        frame: (H, W, 3); left as it is.
        middle: (x, y) of the nose, pixels.
        high_px: From the top of the hair to where the chest ends.
        shirt: Its colour.

    Returns:
        The frame with somebody in it, and where he is.
    """
    scale = high_px / 200
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]]
    u, v = (x - middle[0]) / scale, (y - middle[1]) / scale
    hair = np.hypot(u / 36, (v + 10) / 44) < 1
    face = (np.hypot(u / 32, v / 42) < 1) & (v > -20)
    chest = (np.hypot(u / 85, (v - 150) / 95) < 1) & (v < 146)
    dark = (np.hypot(np.abs(u) - 13, v) < 4) | ((np.abs(u) < 12) & (np.abs(v - 20) < 2))
    drawn = frame.copy()
    parts = ((chest, shirt), (hair, (60, 40, 20)), (face, (214, 170, 140)), (dark, (40, 20, 20)))
    for part, colour in parts:
        drawn[part] = colour
    soft = cv2.GaussianBlur(drawn, (0, 0), max(0.3, 1.5 * scale))
    return np.asarray(soft, np.uint8), np.asarray(hair | face | chest)
