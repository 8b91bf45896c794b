"""The straight colour of what is cut out, freed of the background that shone through its edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask

Floats = NDArray[np.float32]

_PASSES = ((4, 11), (4, 3), (2, 2))
"""Coarse to fine: how much the picture is shrunk, and the radius of the windows then."""
_REACH_PX = 45
_ENOUGH = 1e-3


def straight_colour(frame: Frame, alpha: Alpha, extend_px: int) -> Frame:
    """Estimate the foreground's own colour.

    Blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021): foreground and
    background of a pixel are what is seen of them nearby, corrected so that both, mixed by alpha,
    give the pixel. One more pass than in the paper, and what is seen nearby is found on a smaller
    picture. Pixels with alpha 1 keep their colour bit for bit. Outside, the colour goes on for
    ``extend_px`` and then turns into the mean of the foreground, so that no scaling or filtering
    brings in a dark fringe.

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
    found, near = _fuse(part, share, mean.astype(np.float32))
    if extend_px:
        side = (2 * extend_px + 1, 2 * extend_px + 1)
        near &= cv2.dilate(seen[rows, columns].view(np.uint8), np.ones(side, np.uint8)) > 0
    else:
        near &= share > 0
    target = colour[rows, columns]
    np.copyto(target, found, where=near[..., None])
    np.copyto(target, part, where=solid[rows, columns][..., None])
    return colour


def _fuse(part: Frame, alpha: Alpha, mean: Floats) -> tuple[Frame, Mask]:
    """Foreground colour (H, W, 3), and where it is known."""
    mixed = part.astype(np.float32)
    size = (part.shape[1], part.shape[0])
    known = np.zeros(alpha.shape, np.bool_)
    start = (max(1, size[0] // _PASSES[0][0]), max(1, size[1] // _PASSES[0][0]))
    foreground, background = _shares(mixed, alpha, start)
    ahead = np.asarray(np.broadcast_to(mean, mixed.shape), np.float32)
    behind = mixed
    for shrink, radius in _PASSES:
        small = (max(1, size[0] // shrink), max(1, size[1] // shrink))
        share = _threefold(_resized(alpha, small))
        rest = np.float32(1) - share
        ahead, enough = _blur_where(
            _resized(foreground, small), share, radius, _resized(ahead, small)
        )
        behind, _ = _blur_where(_resized(background, small), rest, radius, _resized(behind, small))
        residue = _resized(mixed, small) - share * ahead - rest * behind
        foreground = np.clip(ahead + share * residue, 0, 255)
        background = np.clip(behind + rest * residue, 0, 255)
        known |= cv2.resize(enough.view(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    ahead, behind = _resized(ahead, size), _resized(behind, size)
    found = np.asarray(cv2.convertScaleAbs(ahead), np.uint8)
    soft = (alpha > 0) & (alpha < 1)
    share = alpha[soft][:, None]
    near, far = ahead[soft], behind[soft]
    residue = mixed[soft] - share * near - (1 - share) * far
    found[soft] = np.rint(np.clip(near + share * residue, 0, 255)).astype(np.uint8)
    return found, known | soft


def _shares(mixed: Floats, alpha: Alpha, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """What is seen of foreground and of background, averaged down to (width, height) by share."""
    seen = mixed * _threefold(alpha)
    ahead, part, both = _resized(seen, size), _resized(alpha, size), _resized(mixed, size)
    share = _threefold(np.maximum(part, np.float32(1e-6)))
    rest = _threefold(np.maximum(np.float32(1) - part, np.float32(1e-6)))
    return ahead / share, np.maximum(both - ahead, np.float32(0)) / rest


def _blur_where(
    values: Floats, weights: Floats, radius: int, otherwise: Floats
) -> tuple[Floats, Mask]:
    """Weighted box average, (H, W, 3) all, and where there was weight enough for one."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = cv2.blur(weights, side, borderType=cv2.BORDER_REFLECT)
    sums = cv2.blur(values * weights, side, borderType=cv2.BORDER_REFLECT)
    average = sums / np.maximum(total, np.float32(1e-6))
    enough: Mask = total[..., 0] > _ENOUGH
    average[~enough] = otherwise[~enough]
    return np.asarray(average, np.float32), enough


def _resized(picture: Floats, size: tuple[int, int]) -> Floats:
    """Bring a picture to (width, height): averaged down, interpolated up."""
    if picture.shape[1::-1] == size:
        return picture
    smaller = size[0] <= picture.shape[1] and size[1] <= picture.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=way), np.float32)


def _threefold(alpha: Floats) -> Floats:
    return np.asarray(cv2.merge([alpha, alpha, alpha]), np.float32)


def _window(seen: Mask, margin: int) -> tuple[slice, slice]:
    """Rows and columns of what is seen and a margin, at least the coarsest radius."""
    margin = max(margin, _REACH_PX)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
