"""The straight colour of what is cut out, freed of the background that shone through its edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask

Floats = NDArray[np.float32]

_RADII = (45, 12, 4)
"""Radii in px of the windows that colours are taken from, from coarse to fine."""
_ENOUGH = 1e-3


def straight_colour(frame: Frame, alpha: Alpha, extend_px: int) -> Frame:
    """Estimate the foreground's own colour.

    Blur fusion (Forte 2021, https://arxiv.org/abs/2006.14970): the foreground and the background
    of a pixel are what is seen of them nearby, corrected so that both, mixed by alpha, give the
    pixel. One more pass than in the paper. Pixels with alpha 1 keep their colour bit for bit.
    Outside, the colour goes on for ``extend_px`` and then turns into the mean of the foreground,
    so that no scaling or filtering brings in a dark fringe.

    Args:
        frame: (H, W, 3) RGB.
        alpha: (H, W) in [0, 1].
        extend_px: How far the colour goes on where alpha is 0.

    Returns:
        (H, W, 3) RGB, not premultiplied. Black all over when nothing is foreground.
    """
    seen = alpha > 0
    if not seen.any():
        return np.zeros_like(frame)
    solid: Mask = alpha >= 1
    mean = frame[solid if solid.any() else seen].mean(axis=0)
    colour = np.empty_like(frame)
    colour[:] = np.rint(mean).astype(np.uint8)
    if solid.all():
        return frame.copy()
    rows, columns = _window(seen, extend_px)
    part, share = frame[rows, columns], alpha[rows, columns]
    mixed = part.astype(np.float32)
    found, near = _fuse(mixed, share, mean.astype(np.float32))
    if extend_px:
        side = (2 * extend_px + 1, 2 * extend_px + 1)
        near &= cv2.dilate(seen[rows, columns].astype(np.uint8), np.ones(side, np.uint8)) > 0
    else:
        near &= share > 0
    target = colour[rows, columns]
    target[near] = np.rint(found[near]).astype(np.uint8)
    solid_part = solid[rows, columns]
    target[solid_part] = part[solid_part]
    return colour


def _fuse(mixed: Floats, alpha: Alpha, mean: Floats) -> tuple[Floats, Mask]:
    """Foreground colour (H, W, 3) in [0, 255], and where it is known."""
    foreground = background = mixed
    share, rest = alpha[..., None], 1 - alpha[..., None]
    known = np.zeros(alpha.shape, np.bool_)
    for radius in _RADII:
        ahead, weight = _blur_where(foreground, alpha, radius)
        behind, weight_behind = _blur_where(background, 1 - alpha, radius)
        enough = weight > _ENOUGH
        ahead = np.where(enough[..., None], ahead, foreground if known.any() else mean)
        behind = np.where((weight_behind > _ENOUGH)[..., None], behind, background)
        known |= enough
        residue = mixed - share * ahead - rest * behind
        foreground = np.clip(ahead + share * residue, 0, 255)
        background = np.clip(behind + rest * residue, 0, 255)
    return foreground, known


def _blur_where(values: Floats, weights: Floats, radius: int) -> tuple[Floats, Floats]:
    """Weighted box average of (H, W, 3) values, and the sum of weights as a share."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = np.asarray(cv2.blur(weights, side, borderType=cv2.BORDER_REFLECT), np.float32)
    sums = cv2.blur(values * weights[..., None], side, borderType=cv2.BORDER_REFLECT)
    return np.asarray(sums / np.maximum(total, np.float32(1e-6))[..., None], np.float32), total


def _window(seen: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of what is seen and a margin, at least the coarsest radius."""
    margin = max(margin, _RADII[0])
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
