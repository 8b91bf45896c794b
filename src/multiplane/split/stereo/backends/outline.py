"""Somebody of whom a rough mask is known, drawn to the edges of the picture: no weights."""

from __future__ import annotations

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.split.matte.backends.guided import GuidedRefiner
from multiplane.split.matte.config import GuidedMatte
from multiplane.split.matte.trimap import make_trimap
from multiplane.split.segment.refine import draw_mask
from multiplane.split.segment.shot import shrink
from multiplane.split.stereo.backends.crop import crop_of
from multiplane.split.track.overlap import iou

_WORK_PX = 768
"""Long side at which a crop is looked at, pixels; enlarged after that."""
_SOFT, _EDGE = 0.012, 0.008
"""How far a rough mask is doubted, and how wide its soft edge may be; share of the long side."""


def outline(frame: Frame, hint: Mask, margin: float) -> tuple[Alpha, float]:
    """Draw a rough mask to the edges of the picture, softly.

    GrabCut (Rother et al. 2004) moves the edge, a guided filter (He et al. 2013) softens it.

    Args:
        frame: (H, W, 3).
        hint: (H, W), roughly where somebody is.
        margin: Room round it, share of the longer side of its box.

    Returns:
        (H, W) alpha, and the overlap (IoU) of what was drawn with the hint: little where the
        picture has no edges there.

    Raises:
        InputError: The sizes differ.
    """
    check_same_size(frame, hint, ("frame", "hint"))
    crop = crop_of(hint, margin)
    if crop is None:
        return np.zeros(hint.shape, np.float32), 0.0
    part, rough = crop.of(frame), crop.of_mask(hint)
    scale = min(1.0, _WORK_PX / max(rough.shape))
    size = (max(1, round(rough.shape[1] * scale)), max(1, round(rough.shape[0] * scale)))
    small = shrink(part, size)
    soft = cv2.resize(rough.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    doubt = max(1.0, _SOFT * max(size))
    belief = 2 * np.asarray(cv2.GaussianBlur(soft, (0, 0), doubt), np.float32) - 1
    mask, _ = draw_mask(belief, small, grabcut=True)
    if not mask.any():
        mask = np.asarray(soft >= 0.5)
    edge_px = max(2, round(_EDGE * max(size)))
    trimap = make_trimap(mask, edge_px)
    alpha = GuidedRefiner(GuidedMatte(), edge_px).refine(small, mask, trimap)
    alpha = np.where(trimap == 128, alpha, mask.astype(np.float32))
    return crop.back(np.asarray(alpha, np.float32)), iou(mask, np.asarray(soft >= 0.5))
