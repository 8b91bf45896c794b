"""Hard-edged cut-outs of single instances, on whatever should surround them."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.instances import Instance

_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0), "gray": (128,) * 3, "grey": (128,) * 3}


def cut_instance(
    frame: Frame, instance: Instance, context: str, margin_px: int
) -> tuple[Frame, Alpha]:
    """Cut one instance out of its frame.

    Args:
        frame: (H, W, 3).
        instance: Of that frame.
        context: What surrounds it: transparent, white, black, gray, #rrggbb, blur or original.
        margin_px: Room round its box; less at the frame's edge.

    Returns:
        (h, w, 3) colour and (h, w) alpha; alpha is 1 everywhere unless transparent.
    """
    x0, y0, x1, y1 = instance.box
    rows = slice(max(0, y0 - margin_px), y1 + margin_px)
    columns = slice(max(0, x0 - margin_px), x1 + margin_px)
    part = np.ascontiguousarray(frame[rows, columns])
    mask = instance.mask[rows, columns]
    opaque = np.ones(mask.shape, np.float32)
    if context == "transparent":
        return part, mask.astype(np.float32)
    if context == "original":
        return part, opaque
    if context == "blur":
        sigma = max(2.0, max(part.shape[:2]) / 24)
        round_it = np.asarray(cv2.GaussianBlur(part, (0, 0), sigma))
    else:
        round_it = np.full_like(part, _colour(context))
    return np.where(mask[..., None], part, round_it), opaque


def _colour(context: str) -> tuple[int, ...]:
    if context in _NAMED:
        return _NAMED[context]
    return tuple(int(context[i : i + 2], 16) for i in (1, 3, 5))
