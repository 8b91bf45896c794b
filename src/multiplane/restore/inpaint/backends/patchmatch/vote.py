"""From matches to pixels: every patch that covers a pixel says what it should be."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np

from multiplane.restore.inpaint.backends.patchmatch.level import RADIUS, Floats, Indices
from multiplane.restore.inpaint.backends.patchmatch.search import Field


def average(field: Field) -> None:
    """Give each pixel of the hole the weighted mean of what its patches say.

    Patches weigh more the closer their match is and the nearer they are to known pixels (Wexler
    et al. 2007, doi:10.1109/TPAMI.2007.60); the picture of the level is changed in place.
    """
    level = field.level
    weights = _similarity(field) * _confidence(field)
    flat = level.picture.reshape(-1, level.picture.shape[2])
    total = np.zeros_like(flat)
    weight = np.zeros(len(flat), np.float32)
    for offset in _offsets(level.width):
        places = level.targets + offset
        total[places] += flat[field.matches + offset] * weights[:, None]
        weight[places] += weights
    inside = np.flatnonzero(level.hole.ravel())
    flat[inside] = total[inside] / np.maximum(weight[inside], 1e-30)[:, None]
    level.mirror_border()


def copy(field: Field) -> None:
    """Give each pixel of the hole what the best of its patches shows, unmixed.

    The picture of the level is changed in place.
    """
    level = field.level
    flat = level.picture.reshape(-1, level.picture.shape[2])
    flat[np.flatnonzero(level.hole.ravel())] = flat[sharpest(field)]
    level.mirror_border()


def sharpest(field: Field) -> Indices:
    """Where each pixel comes from when only the best of its patches speaks.

    No mean, hence no blur: the pixel is a copy of one known pixel.

    Args:
        field: The final matches.

    Returns:
        (M,) flat places of the sources of the hole's pixels, in the order of
        ``np.flatnonzero(level.hole)``.
    """
    level = field.level
    best = np.full(level.height * level.width, np.inf, np.float32)
    source = np.zeros(level.height * level.width, np.int64)
    for offset in _offsets(level.width):
        places = level.targets + offset
        better = field.distances < best[places]
        best[places[better]] = field.distances[better]
        source[places[better]] = field.matches[better] + offset
    return source[np.flatnonzero(level.hole.ravel())]


def _similarity(field: Field) -> Floats:
    spread = float(np.percentile(field.distances, 75)) + 1e-6
    return np.asarray(np.exp(-field.distances / (2.0 * spread)) + 1e-12, np.float32)


def _confidence(field: Field) -> Floats:
    distance = cv2.distanceTransform(field.level.hole.view(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(1.3 ** -np.minimum(distance.ravel()[field.level.targets], 60.0), np.float32)


def _offsets(width: int) -> list[int]:
    reach = range(-RADIUS, RADIUS + 1)
    return [dy * width + dx for dy, dx in product(reach, reach)]
