"""How far apart two eyes see somebody, by the outlines of both masks.

For those whose clothes say nothing. Rows of pictures with their poles on the baseline are the same
epipolar plane in both eyes, so the outermost edges of the masks in a row belong together.
"""

from __future__ import annotations

import numpy as np

from multiplane.geometry.sweep import Cut, Grey, Samples

MIN_ROWS = 6
"""Rows in which both masks have edges."""


def silhouette_samples(
    here: tuple[Cut, Grey], there: tuple[Cut, Grey], sign: int
) -> Samples | None:
    """Measure disparities at the left and right edges of two masks, row by row.

    Args:
        here: Cut and (h, w) share of the mask, 0 to 1, in the eye to measure from.
        there: Cut and share of the mask in the other eye; the same rows.
        sign: 1 when ``here`` is the left eye, -1 when it is the right.

    Returns:
        Two samples a row, or None when too few rows have edges in both.
    """
    cut, mask = here
    first, second = _edges(mask), _edges(there[1])
    rows = np.flatnonzero(np.isfinite(first[:, 0]) & np.isfinite(second[:, 0]))
    if len(rows) < MIN_ROWS:
        return None
    features, disparity, per_px = [], [], []
    for edge in (0, 1):
        alpha = cut.alpha[0] + first[rows, edge] / cut.density
        beside = there[0].alpha[0] + second[rows, edge] / there[0].density
        tangent = np.tan(alpha)
        features.append(np.stack([tangent, np.sin(cut.phi[rows]), np.cos(cut.phi[rows])], axis=1))
        disparity.append(sign * (tangent - np.tan(beside)))
        per_px.append(1.0 / (np.cos(alpha) ** 2 * cut.density))
    found = np.concatenate(disparity)
    return Samples(np.concatenate(features), found, np.ones(len(found)), np.concatenate(per_px))


def _edges(share: Grey) -> np.ndarray:
    """First and last crossing of a half in each row, (h, 2) px; NaN where the row has none.

    Edges at the side of the picture are none: the mask goes on there.
    """
    found = np.full((len(share), 2), np.nan)
    inside = share >= 0.5
    inside[:, [0, -1]] = False
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return found
    for edge, some in enumerate((inside[rows], inside[rows, ::-1])):
        at = some.argmax(axis=1)
        values = share[rows] if edge == 0 else share[rows, ::-1]
        here, before = values[np.arange(len(rows)), at], values[np.arange(len(rows)), at - 1]
        place = at - (here - 0.5) / np.maximum(here - before, 1e-6)
        found[rows, edge] = place if edge == 0 else share.shape[1] - 1 - place
        cut_off = before >= 0.5
        found[rows[cut_off], edge] = np.nan
    found[np.isnan(found).any(axis=1)] = np.nan
    return found
