"""How well two masks agree, and how much one covers."""

from __future__ import annotations

import math

import numpy as np

from multiplane.core.arrays import Mask, check_mask, check_same_size
from multiplane.measure.region import grow


def coverage(mask: Mask) -> float:
    """The share of the picture that a mask selects, in [0, 1].

    Args:
        mask: (H, W).

    Returns:
        Selected pixels over all pixels.

    Raises:
        InputError: Not a mask.
    """
    return float(np.count_nonzero(check_mask(mask)) / mask.size)


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union: the region measure J of DAVIS.

    Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation,
    CVPR 2016 (doi:10.1109/CVPR.2016.85).

    Args:
        first: (H, W).
        second: (H, W).

    Returns:
        In [0, 1]; 1 when both are empty.

    Raises:
        InputError: Sizes differ.
    """
    _check(first, second)
    union = np.count_nonzero(first | second)
    return 1.0 if union == 0 else float(np.count_nonzero(first & second) / union)


def agreement(first: Mask, second: Mask) -> float:
    """The share of pixels about which two masks say the same.

    Args:
        first: (H, W).
        second: (H, W).

    Returns:
        In [0, 1].

    Raises:
        InputError: Sizes differ.
    """
    _check(first, second)
    return float(np.count_nonzero(first == second) / first.size)


def boundary_f(found: Mask, true: Mask, tolerance: float = 0.008) -> float:
    """How well two outlines agree: the contour measure F of DAVIS 2017.

    The harmonic mean of precision (outline pixels found that lie near the true outline) and
    recall (the reverse). Perazzi et al., CVPR 2016 (doi:10.1109/CVPR.2016.85), as its evaluation
    code computes it: near means within a disk instead of by bipartite matching.

    Args:
        found: (H, W).
        true: (H, W).
        tolerance: What near means, as a share of the diagonal, rounded up to px; from 1 up it is
            px already.

    Returns:
        In [0, 1]; 1 when both are empty.

    Raises:
        InputError: Sizes differ.
    """
    _check(found, true)
    radius_px = tolerance if tolerance >= 1 else math.ceil(tolerance * math.hypot(*found.shape))
    found_line, true_line = outline(found), outline(true)
    found_px, true_px = np.count_nonzero(found_line), np.count_nonzero(true_line)
    if found_px == 0 and true_px == 0:
        return 1.0
    if found_px == 0 or true_px == 0:
        return 0.0
    precision = np.count_nonzero(found_line & grow(true_line, int(radius_px))) / found_px
    recall = np.count_nonzero(true_line & grow(found_line, int(radius_px))) / true_px
    both = precision + recall
    return float(2 * precision * recall / both) if both else 0.0


def outline(mask: Mask) -> Mask:
    """The pixels that differ from their neighbour to the right, below, or both.

    One pixel wide, as the evaluation code of DAVIS draws it.

    Args:
        mask: (H, W).

    Returns:
        (H, W).
    """
    right, below, both = mask.copy(), mask.copy(), mask.copy()
    right[:, :-1] = mask[:, 1:]
    below[:-1] = mask[1:]
    both[:-1, :-1] = mask[1:, 1:]
    line = (mask ^ right) | (mask ^ below) | (mask ^ both)
    line[-1] = mask[-1] ^ right[-1]
    line[:, -1] = mask[:, -1] ^ below[:, -1]
    line[-1, -1] = False
    return np.asarray(line)


def _check(first: Mask, second: Mask) -> None:
    check_mask(first, "first mask")
    check_mask(second, "second mask")
    check_same_size(first, second, ("first mask", "second mask"))
