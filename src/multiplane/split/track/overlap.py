"""How far masks and boxes lie on each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multiplane.core.arrays import Mask
from multiplane.core.instances import box_of

Box = Sequence[float]


def iou(first: Mask, second: Mask) -> float:
    """Intersection over union of two masks, in [0, 1]; 0 when both are empty."""
    a, b = box_of(first), box_of(second)
    x0, y0, x1, y1 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    if x0 >= x1 or y0 >= y1:
        return 0.0
    both = int(np.count_nonzero(first[y0:y1, x0:x1] & second[y0:y1, x0:x1]))
    either = int(np.count_nonzero(first)) + int(np.count_nonzero(second)) - both
    return both / either if either else 0.0


def box_iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes x0, y0, x1, y1."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in (first, second)]
    return float(width * height / (sum(areas) - width * height))


def covered(mask: Mask, by: Mask) -> float:
    """The share of a mask that lies under another, in [0, 1]; 0 for an empty one."""
    x0, y0, x1, y1 = box_of(mask)
    own = mask[y0:y1, x0:x1]
    area = int(np.count_nonzero(own))
    return int(np.count_nonzero(own & by[y0:y1, x0:x1])) / area if area else 0.0


def box_covered(box: Box, by: Mask) -> float:
    """How far a box is filled by a mask, in [0, 1]."""
    height, width = by.shape
    x0, y0 = max(0, int(box[0])), max(0, int(box[1]))
    x1, y1 = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    part = by[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 0.0
