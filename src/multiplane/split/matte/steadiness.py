"""How much a shot's edges move from frame to frame, before and after they were made soft."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Mask
from multiplane.core.items import Json


class Steadiness:
    """Sums up, frame by frame, how alphas change, against how their masks do.

    What moves changes both alike; what only flickers in the mask should change the alpha less.
    """

    def __init__(self) -> None:
        self._alpha: Alpha | None = None
        self._mask: Mask | None = None
        self._alpha_change = self._mask_change = self._band_px = 0.0

    def add(self, alpha: Alpha, mask: Mask, band_px: int) -> None:
        """Take the next frame into account; another size than before begins anew."""
        before, mask_before = self._alpha, self._mask
        if before is not None and mask_before is not None and before.shape == alpha.shape:
            self._alpha_change += float(cv2.norm(alpha, before, cv2.NORM_L1))
            self._mask_change += float(np.count_nonzero(mask ^ mask_before))
            self._band_px += band_px
        self._alpha, self._mask = alpha, mask

    def figures(self) -> dict[str, Json]:
        """Mean change from frame to frame, as a share of the pixels of the unknown band."""
        band_px = max(self._band_px, 1.0)
        return {
            "alpha_change": round(self._alpha_change / band_px, 5),
            "mask_change": round(self._mask_change / band_px, 5),
        }
