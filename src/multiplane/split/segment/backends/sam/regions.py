"""Crumbs and pinholes of masks.

Upstream has this for pixels of the picture but never calls it, and what it calls works on small
logits through a CUDA extension and is left out without a word where that is not there.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.split.segment.backends.sam.candidates import boxes_of, suppress
from multiplane.split.segment.backends.sam.proposal import Proposal


def clean(mask: Mask, least_px: int) -> Mask:
    """Fill holes and take islands away that are too small.

    What touches in a corner belongs together (8-connectivity). When all islands are too small the
    largest stays.

    Args:
        mask: bool (H, W).
        least_px: Smaller ones go, pixels.

    Returns:
        bool (H, W); the same object when nothing is to be done.
    """
    labels, areas = _parts(~mask)
    small = areas < least_px
    if small[1:].any():
        small[0] = True  # the mask itself
        mask = small[labels]
    labels, areas = _parts(mask)
    large = areas >= least_px
    if not large[1:].all():
        if not large[1:].any():
            large[1 + int(areas[1:].argmax())] = True
        large[0] = False
        mask = large[labels]
    return mask


def clean_all(
    proposals: Sequence[Proposal], least_px: int, threshold: float, most_px: float
) -> list[Proposal]:
    """Clean each mask, and thin anew: cleaned masks can be the same.

    Args:
        proposals: Of a picture.
        least_px: Smaller holes and islands go, pixels.
        threshold: IoU of boxes above which one gives way; first those that had to be cleaned.
        most_px: Masks that have grown beyond are dropped, pixels.

    Returns:
        Those that stay: the untouched ones first.
    """
    cleaned, scores = [], []
    for proposal in proposals:
        before = proposal.mask
        after = clean(before, least_px)
        cleaned.append(proposal if after is before else proposal.with_mask(after))
        scores.append(float(after is before))
    kept = suppress(boxes_of(cleaned), torch.tensor(scores), threshold)
    return [cleaned[n] for n in kept if cleaned[n].area_px <= most_px]


def _parts(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Labels (H, W) and the area of each; 0 is what is not selected."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32)
