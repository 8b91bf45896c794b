"""The straight colour of people in a large picture, found only near their edges.

Blur fusion as in :mod:`multiplane.split.matte.colour` (Forte, "Approximate Fast Foreground Colour
Estimation", ICIP 2021), arranged for pictures of 6144x3072 in a stream: what is seen nearby of
foreground and background is found at a quarter of the size, the last correction, by which both
mixed give the pixel again, at full size in the soft pixels alone.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.split.export.windows import between, soft_places, windows_of

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

_SHRINK = 4
_RADII = (11, 3)
"""Of the windows of the two passes, in px of the small picture."""
_ENOUGH = 1e-3
_LEAST = np.float32(1e-6)


def band_colour(frame: Frame, alpha: Grey, extend_px: int, out: Frame) -> None:
    """Estimate the foreground's own colour.

    Args:
        frame: (H, W, 3) RGB; one eye, so that nothing is taken from across the seam.
        alpha: uint8 (H, W).
        extend_px: How far the colour goes on where alpha is 0.
        out: (H, W, 3), black; where alpha is 255 it gets the frame's colour bit for bit, where it
            is lower, and for ``extend_px`` beyond, the estimate.
    """
    for window in windows_of(alpha, margin_of(extend_px)):
        part, share, target = frame[window], alpha[window], out[window]
        solid = between(share, 255, 255)
        if cv2.countNonZero(solid) < share.size:
            _fill(part, share, extend_px, target)
        cv2.copyTo(part, solid, target)


def margin_of(extend_px: int) -> int:
    """How far round people anything is looked at or written, in px."""
    return max(extend_px, _SHRINK * _RADII[0])


def _fill(part: Frame, share: Grey, extend_px: int, out: Frame) -> None:
    """Write the colour of soft pixels and of those just outside."""
    ahead, behind = _nearby(part, share)
    reached = between(share, 1, 255)
    if extend_px:
        side = (2 * extend_px + 1, 2 * extend_px + 1)
        reached = np.asarray(cv2.dilate(reached, np.ones(side, np.uint8)), np.uint8)
    cv2.copyTo(ahead, reached, out)
    soft = soft_places(share)
    amount = share[soft].astype(np.float32)[:, None] / np.float32(255)
    near, far = ahead[soft].astype(np.float32), behind[soft].astype(np.float32)
    residue = part[soft] - amount * near - (1 - amount) * far
    out[soft] = np.rint(np.clip(near + amount * residue, 0, 255)).astype(np.uint8)


def _nearby(part: Frame, share: Grey) -> tuple[Frame, Frame]:
    """What is seen of the foreground and of the background round each pixel, (H, W, 3) both."""
    height, width = share.shape
    small = (max(1, width // _SHRINK), max(1, height // _SHRINK))
    seen = cv2.multiply(part, cv2.merge([share, share, share]), scale=1 / 255)
    mixed = _reduced(part, small)
    ahead_sum = _reduced(np.asarray(seen, np.uint8), small)
    inside = _reduced(share, small) / np.float32(255)
    outside = np.float32(1) - inside
    weight, rest = _threefold(inside), _threefold(outside)
    ahead_sum = np.minimum(ahead_sum, mixed)
    behind_sum = mixed - ahead_sum
    everywhere = ahead_sum.sum(axis=(0, 1)) / max(float(inside.sum()), 1e-6)
    ahead = np.broadcast_to(np.clip(everywhere, 0, 255), mixed.shape).astype(np.float32)
    behind = mixed
    for number, radius in enumerate(_RADII):
        if number:
            residue = mixed - weight * ahead - rest * behind
            ahead_sum = weight * np.clip(ahead + weight * residue, 0, 255)
            behind_sum = rest * np.clip(behind + rest * residue, 0, 255)
        ahead = _average(ahead_sum, inside, radius, ahead)
        behind = _average(behind_sum, outside, radius, behind)
    return _enlarged(ahead, (width, height)), _enlarged(behind, (width, height))


def _average(sums: Floats, weights: Floats, radius: int, otherwise: Floats) -> Floats:
    """Sums (h, w, 3) over weights (h, w) in a window; without weight what was there before."""
    side = (2 * radius + 1, 2 * radius + 1)
    total = _threefold(np.asarray(cv2.blur(weights, side, borderType=cv2.BORDER_REFLECT)))
    found = cv2.blur(sums, side, borderType=cv2.BORDER_REFLECT) / np.maximum(total, _LEAST)
    return np.asarray(np.where(total > _ENOUGH, found, otherwise), np.float32)


def _reduced(picture: NDArray[np.uint8], size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def _enlarged(picture: Floats, size: tuple[int, int]) -> Frame:
    small = cv2.convertScaleAbs(picture)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _threefold(grey: Floats) -> Floats:
    return np.asarray(cv2.merge([grey, grey, grey]), np.float32)
