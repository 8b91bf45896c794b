from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask


@pytest.fixture
def bricks() -> Frame:
    """A wall: a regular pattern with grain, 96 x 128."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:96, 0:128]
    row = y // 12
    joint = (y % 12 < 2) | ((x + 10 * (row % 2)) % 20 < 2)
    wall = np.where(joint[..., None], [190, 185, 175], [150, 70, 50]).astype(np.float64)
    return np.clip(wall + rng.normal(0, 6, wall.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def blob() -> Mask:
    """An ellipse in a picture of 96 x 128."""
    mask = np.zeros((96, 128), np.uint8)
    cv2.ellipse(mask, (64, 48), (22, 16), 15, 0, 360, 1, -1)
    return mask > 0
