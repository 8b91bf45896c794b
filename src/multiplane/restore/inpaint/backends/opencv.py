"""Colours that flow into the hole from its border: the baseline users know from OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.restore.inpaint.backend import Filled, require_known
from multiplane.restore.inpaint.config import OpenCvOptions

METHODS = {"telea": cv2.INPAINT_TELEA, "navier-stokes": cv2.INPAINT_NS}
EDGE = 2


class OpenCvInpainter:
    """Telea or Navier-Stokes as OpenCV has them. Fast; smears in anything but small holes.

    Telea 2004 (doi:10.1080/10867651.2004.10487596), Bertalmio et al. 2001
    (doi:10.1109/CVPR.2001.990497).
    """

    def __init__(
        self, options: OpenCvOptions, seed: int = 0, compute: Compute | None = None
    ) -> None:
        self._options = options

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """See :class:`multiplane.restore.inpaint.backend.Inpainter`."""
        if not hole.any():
            return Filled(frame.copy(), "opencv")
        options = self._options
        return Filled(diffuse(frame, hole, sources, options.method, options.radius_px), "opencv")


def diffuse(
    frame: Frame, hole: Mask, sources: Mask, method: str = "telea", radius_px: float = 5.0
) -> Frame:
    """Let the colours around a hole flow into it.

    Pixels that are neither hole nor source are left out by filling them too, and put back after.

    Args:
        frame: (H, W, 3) RGB.
        hole: (H, W) what to fill.
        sources: (H, W) whose colours may be used.
        method: ``telea`` or ``navier-stokes``.
        radius_px: How far round a pixel colours are gathered.

    Returns:
        (H, W, 3); outside the hole bit for bit the frame.
    """
    unknown = hole | ~sources
    require_known(~unknown)
    # OpenCV does not look at the outermost pixels; their repetition is outermost instead.
    picture, repair = (
        cv2.copyMakeBorder(a, EDGE, EDGE, EDGE, EDGE, cv2.BORDER_REPLICATE)
        for a in (frame, unknown.view(np.uint8))
    )
    del unknown
    flowed = cv2.inpaint(picture, repair, radius_px, METHODS[method])
    del picture, repair
    filled = frame.copy()
    filled[hole] = flowed[EDGE:-EDGE, EDGE:-EDGE][hole]
    return filled
