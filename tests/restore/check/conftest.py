from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.restore.check.look import Finished


@pytest.fixture
def clean() -> Finished:
    """A grey character in front of grass, and the grass without it, 90 x 120."""
    rng = np.random.default_rng(2)
    noise = cv2.GaussianBlur(rng.normal(0, 30, (90, 120, 1)), (0, 0), 1.0)[..., None]
    grass = np.clip(np.array([60, 140, 30]) + noise, 0, 255).astype(np.uint8)
    mask = np.zeros((90, 120), np.bool_)
    mask[30:60, 40:80] = True
    frame = grass.copy()
    frame[mask] = 150 + rng.integers(-5, 6, (int(mask.sum()), 1), dtype=np.int64)
    fills = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8))
    fills[50:60, 40:80] = 2
    return Finished(frame, grass, mask, fills)
