"""The picture with what was found painted over it, to look at."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask

COLOURS = {"cracks": (255, 0, 0), "losses": (0, 230, 0), "stains": (255, 0, 255)}
GROWN = (255, 170, 0)
"""What was added to the mask by growing."""
_STRENGTH = {"cracks": 0.8, "losses": 0.4, "stains": 0.3}


def paint(frame: Frame, mask: Mask, kinds: Mapping[str, Mask]) -> Frame:
    """Paint damage over a picture: cracks red, losses green, stains magenta.

    Areas are tinted with a firm outline, so that one sees what is below.

    Args:
        frame: (H, W, 3); never changed.
        mask: (H, W) all that is marked, with what was grown.
        kinds: Kind → (H, W).

    Returns:
        (H, W, 3); where nothing is marked, bit for bit the frame.
    """
    painted = frame.copy()
    rest = mask & ~np.logical_or.reduce([np.zeros_like(mask), *kinds.values()])
    _tint(painted, rest, GROWN, 0.3)
    for kind, found in kinds.items():
        _tint(painted, found, COLOURS[kind], _STRENGTH[kind])
        if kind != "cracks":
            inner = cv2.erode(found.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
            painted[found & ~inner.view(np.bool_)] = COLOURS[kind]
    return painted


def _tint(painted: Frame, mask: Mask, colour: tuple[int, int, int], strength: float) -> None:
    values = painted[mask] * (1 - strength) + np.array(colour, np.float32) * strength
    painted[mask] = np.rint(values).astype(np.uint8)
