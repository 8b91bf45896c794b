"""Whether the edge of an alpha is drawn as a camera would: no jags, no stairs, not washed out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Mask, check_alpha

TILE_PX = 256
FLAT = 0.05
"""Less rise than this beside a step, as a share of the step, is none."""
ALONG_AXIS = math.tan(math.radians(12))
"""An edge nearer to an axis may lie between two pixels and be hard with full right."""
TWO_THIRDS = 0.68
"""Of the outline; the root of the mean square would be that of its few corners."""
FAINTEST = 0.4
"""An edge with less of the steepness of a straight one is a wisp that has no course."""
ALONE = (0.6, 1.35)
"""Length of outline nearby over that of a straight edge; beyond it lie strands and corners."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class EdgeQuality:
    """How the outline of an alpha (where it crosses one half) is drawn.

    Attributes:
        aliasing: Share of the outline, in [0, 1], that goes from one side to the other between
            two pixels with nothing before and behind, where it runs askew to the pixels and so
            could not in a picture whose pixels are areas. 0 for a supersampled edge, 1 for a
            thresholded one and for blocks.
        stair_px: By how much the outline zigzags about its own course: two thirds of it lie
            within this, in px. About 0.07 for a supersampled curve, 0.3 for a thresholded one,
            0.9 for one enlarged four times in blocks; corners and folds add to it.
        width_px: Over how many px alpha would go from 0 to 1 at the pace it has on the outline,
            median; 1 to 1.4 for a supersampled edge, 4 for one enlarged four times.
        outline_px: Length of outline that was looked at.
    """

    aliasing: float | None
    stair_px: float | None
    width_px: float | None
    outline_px: float


def edge_quality(alpha: Alpha, course_px: float = 6.0, most_tiles: int = 16) -> EdgeQuality:
    """Measure aliasing, stair-stepping and width of an alpha's edges.

    The measure is our own. The outline is taken to sub-pixel precision between neighbours, along
    the axis it is steeper against. Its course is the outline of the same alpha under a Gaussian;
    the distance between both, less its mean nearby (what a curve or corner does), is the zigzag.
    Where outlines lie close together (hair, fingers) or where alpha is faint, detail cannot be
    told from steps, and nothing is measured.

    Args:
        alpha: (H, W), at the size it is to be used: steps do not show in a smaller picture.
        course_px: Sigma of the Gaussian; steps up to about twice this are seen.
        most_tiles: Of the tiles of 256 px that hold outline so many are looked at, evenly spread;
            that bounds the time for any size of picture.

    Returns:
        The figures; None where there is no outline to measure.

    Raises:
        InputError: No alpha.
    """
    check_alpha(alpha)
    margin = math.ceil(3 * course_px) + 2
    parts = [_samples(alpha, corner, margin, course_px) for corner in _tiles(alpha, most_tiles)]
    if not sum(part.shape[1] for part in parts):
        return EdgeQuality(None, None, None, 0.0)
    zigzag, length, hard, askew, width = np.concatenate(parts, axis=1)
    total, slanted = float(length.sum()), float(length @ askew)
    return EdgeQuality(
        aliasing=float((length * askew) @ hard) / slanted if slanted else None,
        stair_px=float(np.quantile(np.abs(zigzag), TWO_THIRDS)),
        width_px=float(np.median(width)),
        outline_px=total,
    )


def _tiles(alpha: Alpha, most: int) -> list[tuple[int, int]]:
    """Top left corners of tiles that hold outline, evenly spread over all of them."""
    inside = alpha >= 0.5
    line = np.zeros_like(inside)
    line[:, :-1] |= inside[:, 1:] != inside[:, :-1]
    line[:-1] |= inside[1:] != inside[:-1]
    height, width = alpha.shape
    corners = [
        (y, x)
        for y in range(0, height, TILE_PX)
        for x in range(0, width, TILE_PX)
        if line[y : y + TILE_PX, x : x + TILE_PX].any()
    ]
    if len(corners) <= most:
        return corners
    return [corners[round(i * (len(corners) - 1) / max(1, most - 1))] for i in range(most)]


def _samples(
    alpha: Alpha, corner: tuple[int, int], margin: int, course_px: float
) -> NDArray[np.float64]:
    """What the points of the outline within a tile say.

    Returns:
        Rows: zigzag in px, length of outline a point stands for, whether it is hard, whether it
        is askew, width in px; a column a point.
    """
    top, left = (max(0, at - margin) for at in corner)
    bottom, right = (at + TILE_PX + margin for at in corner)
    piece = np.ascontiguousarray(alpha[top:bottom, left:right])
    course = np.asarray(cv2.GaussianBlur(piece, (0, 0), course_px), np.float32)
    slopes = [
        np.asarray(cv2.Sobel(course, cv2.CV_32F, *way, scale=1 / 8), np.float32)
        for way in ((1, 0), (0, 1))
    ]
    across = _crossings(piece, course, slopes[0], slopes[1])
    down = _crossings(piece.T, course.T, slopes[1].T, slopes[0].T)
    steeper_across = np.concatenate([across[0] >= across[1], down[0] > down[1]])
    found = np.concatenate([across[2:], down[np.r_[3, 2, 4 : len(down)]]], axis=1)
    found = found[:, steeper_across]
    y, x, off, length = found[:4]
    at = (y.astype(np.intp), x.astype(np.intp))
    sums = np.zeros((2, *piece.shape), np.float32)
    np.add.at(sums[0], at, off * length)
    np.add.at(sums[1], at, length)
    nearby, outline = (np.asarray(cv2.GaussianBlur(layer, (0, 0), course_px)) for layer in sums)
    straight = 1 / (course_px * math.sqrt(2 * math.pi))
    here = outline[at] / straight
    rows = slice(corner[0] - top, corner[0] - top + TILE_PX)
    columns = slice(corner[1] - left, corner[1] - left + TILE_PX)
    chosen: Mask = (
        (here > ALONE[0])
        & (here < ALONE[1])
        & (found[7] > FAINTEST * straight)
        & (y >= rows.start)
        & (y < rows.stop)
        & (x >= columns.start)
        & (x < columns.stop)
    )
    zigzag = off - nearby[at] / np.maximum(outline[at], 1e-9)
    kept = np.stack([zigzag, length, *found[4:7]])
    return np.asarray(kept[:, chosen], np.float64)


def _crossings(alpha: Floats, course: Floats, along: Floats, aside: Floats) -> NDArray[np.float64]:
    """The points between neighbours in a row where alpha crosses one half.

    Args:
        alpha: (h, w).
        course: The same, blurred.
        along: Its slope along the rows.
        aside: Its slope down the columns.

    Returns:
        Rows: steepness along and aside, y, x, distance from the course in px, length of outline,
        whether hard, whether askew, width in px, steepness of the course; a column a point.
    """
    y, x = np.nonzero((alpha[:, 1:-2] < 0.5) != (alpha[:, 2:-1] < 0.5))
    before, near, far, behind = (alpha[y, x + k] for k in range(4))
    step = np.abs(far - near)
    share = (0.5 - near) / (far - near)  # it crosses, so they differ

    def between(field: Floats) -> Floats:
        return np.asarray(field[y, x + 1] * (1 - share) + field[y, x + 2] * share, np.float32)

    slope, other = np.abs(between(along)), np.abs(between(aside))
    steep = np.maximum(np.hypot(slope, other), 1e-6)
    straightness = np.maximum(slope / steep, 1e-3)  # cosine between the row and the way across
    hard = np.abs(near - before) + np.abs(behind - far) < FLAT * step
    return np.stack(
        [
            slope,
            other,
            y,
            np.round(x + 1 + share),
            (between(course) - 0.5) / steep,
            1 / straightness,
            hard,
            other > ALONG_AXIS * slope,
            straightness / step,
            steep,
        ]
    ).astype(np.float64)  # fmt: skip
