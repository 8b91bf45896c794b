"""Known foreground, known background, and the band between where the soft edge is looked for."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

Trimap: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W): 0 background, 128 unknown, 255 foreground."""

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255
_CORE = 0.6
"""In parts thinner than the band, what is deeper than this share of their half width is known."""


def make_trimap(mask: Mask, edge_px: int) -> Trimap:
    """Lay an unknown band along the edge of a mask.

    The band reaches ``edge_px`` to both sides. Parts too thin for that (a finger, the gap between
    two) keep a known core, so that nothing the mask says is lost in the band. The border of the
    picture is no edge.

    Args:
        mask: (H, W).
        edge_px: Reach to each side, in px.

    Returns:
        uint8 (H, W); 0, 128, 255.
    """
    selected = mask.astype(np.uint8)
    trimap = np.full(mask.shape, UNKNOWN, np.uint8)
    if not mask.any() or mask.all():
        return selected * np.uint8(FOREGROUND)
    trimap[_known(selected, edge_px)] = FOREGROUND
    trimap[_known(1 - selected, edge_px)] = BACKGROUND
    return trimap


def _known(side: NDArray[np.uint8], edge_px: int) -> Mask:
    depth = cv2.distanceTransform(side, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    window = np.ones((2 * edge_px + 1, 2 * edge_px + 1), np.uint8)
    half_width = cv2.dilate(depth, window)
    known: Mask = depth > np.minimum(np.float32(edge_px), np.float32(_CORE) * half_width)
    return known
