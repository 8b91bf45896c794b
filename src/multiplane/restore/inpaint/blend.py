"""How a fill joins the picture: in its light, and without an edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.measure.region import around
from multiplane.restore.plate.light import blur_where, spread

RING_PX = 8
"""Light is compared in a band this wide around the hole."""
MOST = 48.0
"""Colour differences beyond this are not light, but something else in the picture."""


def match_light(fill: Frame, ground: Frame, hole: Mask, known: Mask) -> NDArray[np.float32]:
    """Bring a fill into the light of the picture around it.

    The difference at the border, evened out so that texture does not count, is spread smoothly
    over the hole: a membrane, as in gradient-domain cloning (Pérez et al. 2003,
    doi:10.1145/882262.882269), solved by pull-push.

    Args:
        fill: (h, w, 3) RGB; also meaningful in a band around the hole.
        ground: (h, w, 3) RGB the picture around it.
        hole: (h, w) where the fill will stand.
        known: (h, w) where both mean something.

    Returns:
        (h, w, 3) the fill in the light of the ground.
    """
    ring = around(hole, RING_PX) & known
    values = fill.astype(np.float32)
    if not ring.any():
        return values
    weights = ring.astype(np.float32)
    difference = np.clip(ground.astype(np.float32) - values, -MOST, MOST)
    even = blur_where(difference, weights, RING_PX / 2)
    return values + spread(even, weights)


def ramp(hole: Mask, seen: Mask, mask: Mask, feather_px: int) -> Alpha:
    """How much of the fill stands at each pixel.

    Where the surroundings were borrowed (``seen``), the blend reaches out of the hole into them.
    Elsewhere it reaches into the grown hole, but never over the character itself.

    Args:
        hole: (h, w) what is filled.
        seen: (h, w) what a plate took from other frames.
        mask: (h, w) the character, not grown.
        feather_px: Width of the blend; 0 for none.

    Returns:
        (h, w), 0 outside ``hole | seen``, 1 on the character inside the hole.
    """
    share = hole.astype(np.float32)
    if feather_px == 0 or not hole.any():
        return share
    away = cv2.distanceTransform((~hole).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outer = seen & (away <= feather_px)
    share[outer] = 1.0 - away[outer] / (feather_px + 1)
    firm = hole & (mask | cv2.dilate(seen.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_))
    depth = _depth(hole | seen)
    soft = hole & ~firm & (depth <= feather_px)
    share[soft] = depth[soft] / (feather_px + 1)
    return share


def _depth(hole: Mask) -> NDArray[np.float32]:
    """Distance to the outside; the border of the picture is not an outside."""
    if hole.all():
        return np.full(hole.shape, np.inf, np.float32)
    found = cv2.distanceTransform(hole.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, np.float32)


def mix(ground: Frame, fill: NDArray[np.float32], share: Alpha) -> Frame:
    """Lay a fill over the ground.

    Args:
        ground: (h, w, 3) RGB.
        fill: (h, w, 3) RGB in [0, 255].
        share: (h, w) in [0, 1].

    Returns:
        (h, w, 3); where the share is 0 bit for bit the ground.
    """
    part = share[..., None]
    mixed = np.clip(np.rint(fill * part + ground * (1.0 - part)), 0, 255).astype(np.uint8)
    return np.where(part > 0, mixed, ground)
