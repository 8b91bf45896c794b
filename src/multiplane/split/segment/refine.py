"""A belief held at small size becomes a mask that follows the edges of the full-size frame."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.segment.backend import Belief
from multiplane.split.segment.shot import shrink

_RADIUS, _EPSILON = 4, 1e-3
_STRONG = 0.5
"""A part of the mask in which nothing is believed more strongly than this is left out."""
_DOUBT, _ROOM = -0.5, 12
"""What is believed less than this is not looked at; room left round the rest, small pixels."""
_BAND, _NARROW = 1 / 160, 5
"""Half the width of the band in which edges are redrawn, in long sides of the frame; and in
pixels of the size at which that is done."""
_SURE = 0.6
"""What is believed more strongly than this GrabCut may not take away."""
_FAR = 1e6
_HOLE = 4e-4
"""Holes smaller than this share of the frame are closed."""


def guided_belief(belief: Belief, frame: Frame) -> Belief:
    """Let a belief follow the edges of the frame, and bring it to the frame's size.

    Guided filter with a colour guide, its coefficients found at small size and applied at full
    size (He and Sun 2015, https://arxiv.org/abs/1505.00996).

    Args:
        belief: (h, w).
        frame: (H, W, 3).

    Returns:
        (H, W).
    """
    small = shrink(frame, (belief.shape[1], belief.shape[0])).astype(np.float32) / np.float32(255)
    slope, offset = _coefficients(small, np.clip(belief, -1, 1))
    size = (frame.shape[1], frame.shape[0])
    if (belief.shape[1], belief.shape[0]) == size:
        full = small
    else:
        full = frame.astype(np.float32) / np.float32(255)
        slope = np.asarray(cv2.resize(slope, size, interpolation=cv2.INTER_LINEAR))
        offset = np.asarray(cv2.resize(offset, size, interpolation=cv2.INTER_LINEAR))
    return np.asarray(np.einsum("hwc,hwc->hw", slope, full) + offset, np.float32)


def _coefficients(guide: Belief, values: Belief) -> tuple[Belief, Belief]:
    """The averaged linear model of the guided filter: (h, w, 3) slopes and (h, w) offsets."""
    mean_guide, mean = _box(guide), _box(values)
    across = _box(guide * values[..., None]) - mean_guide * mean[..., None]
    products = _box(np.einsum("hwi,hwj->hwij", guide, guide).reshape(*values.shape, 9))
    spread = products.reshape(*values.shape, 3, 3)
    spread = spread - np.einsum("hwi,hwj->hwij", mean_guide, mean_guide)
    spread += _EPSILON * np.eye(3, dtype=np.float32)
    slope = _solve(spread, across)
    offset = mean - np.einsum("hwc,hwc->hw", slope, mean_guide)
    return _box(slope), _box(offset)


def _solve(matrix: Belief, right: Belief) -> Belief:
    """Solve symmetric 3x3 systems by their adjugate: (h, w, 3, 3) and (h, w, 3)."""
    rr, rg, rb = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 0, 2]
    gg, gb, bb = matrix[..., 1, 1], matrix[..., 1, 2], matrix[..., 2, 2]
    first = (gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb)
    second = (first[1], rr * bb - rb * rb, rb * rg - rr * gb)
    third = (first[2], second[2], rr * gg - rg * rg)
    determinant = rr * first[0] + rg * first[1] + rb * first[2]
    x, y, z = right[..., 0], right[..., 1], right[..., 2]
    rows = [row[0] * x + row[1] * y + row[2] * z for row in (first, second, third)]
    return np.asarray(np.stack(rows, axis=-1) / determinant[..., None], np.float32)


def _box(values: Belief) -> Belief:
    side = 2 * _RADIUS + 1
    if values.ndim == 3 and values.shape[2] > 4:
        parts = [cv2.blur(np.ascontiguousarray(values[..., i : i + 3]), (side, side),
                          borderType=cv2.BORDER_REFLECT)
                 for i in range(0, values.shape[2], 3)]  # fmt: skip
        return np.asarray(np.concatenate(parts, axis=-1), np.float32)
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), np.float32)


def select(belief: Belief, hole_px: float) -> Mask:
    """Turn a belief into a mask: what is believed, as far as it hangs on what is surely so.

    Args:
        belief: (H, W); nothing is believed along its border, unless that is the frame's.
        hole_px: Holes of up to this area are closed, unless background is surely seen there.

    Returns:
        (H, W); parts without anything strongly believed left out, small holes closed.
    """
    weak = (belief > 0).astype(np.uint8)
    count, labels = cv2.connectedComponents(weak, connectivity=8)
    strong = np.zeros(count, np.bool_)
    strong[labels[belief > _STRONG]] = True
    strong[0] = False
    mask = strong[labels]
    return _close_holes(mask, belief, hole_px)


def _close_holes(mask: Mask, belief: Belief, hole_px: float) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    if count <= 1:
        return mask
    sums = np.bincount(labels.ravel(), belief.ravel(), count)
    areas = stats[:, cv2.CC_STAT_AREA]
    x0, y0 = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    x1, y1 = x0 + stats[:, cv2.CC_STAT_WIDTH], y0 + stats[:, cv2.CC_STAT_HEIGHT]
    inner = (x0 > 0) & (y0 > 0) & (x1 < mask.shape[1]) & (y1 < mask.shape[0])
    small = (areas <= hole_px) & (sums / np.maximum(areas, 1) > -0.9)
    fill = inner & small
    fill[0] = False
    return np.asarray(mask | fill[labels])


def draw_mask(belief: Belief, frame: Frame, grabcut: bool) -> tuple[Mask, Belief]:
    """Draw the mask that a belief stands for, to the edges of the frame.

    Only the part of the frame where anything is believed is looked at.

    Args:
        belief: (h, w), > 0 where somebody is.
        frame: (H, W, 3).
        grabcut: Whether :func:`grab_cut` has the last word on the edge.

    Returns:
        (H, W) mask, and (H, W) belief at the frame's size; -1 where nothing was looked at.
    """
    height, width = frame.shape[:2]
    mask, full = np.zeros((height, width), np.bool_), np.full((height, width), -1, np.float32)
    x0, y0, x1, y1 = box_of(belief > _DOUBT)
    if x1 == 0:
        return mask, full
    across, down = width / belief.shape[1], height / belief.shape[0]
    x0, y0 = max(0, x0 - _ROOM), max(0, y0 - _ROOM)
    x1, y1 = min(belief.shape[1], x1 + _ROOM), min(belief.shape[0], y1 + _ROOM)
    rows = slice(round(y0 * down), round(y1 * down))
    columns = slice(round(x0 * across), round(x1 * across))
    part = np.ascontiguousarray(frame[rows, columns])
    found = guided_belief(np.ascontiguousarray(belief[y0:y1, x0:x1]), part)
    full[rows, columns] = found
    hole_px = _HOLE * height * width
    drawn = select(found, hole_px)
    if grabcut and drawn.any():
        band_px = max(2, round(max(width, height) * _BAND))
        drawn = _close_holes(grab_cut(part, found, drawn, band_px), found, hole_px)
    mask[rows, columns] = drawn
    return mask, full


def grab_cut(frame: Frame, belief: Belief, mask: Mask, band_px: int) -> Mask:
    """Redraw the edge of a mask inside a narrow band by GrabCut, one object's surround at a time.

    Rother et al. 2004, doi:10.1145/1015706.1015720. Unlike there only the band is in question,
    and what is outside it teaches the colours. Wide bands are worked on at a smaller size.

    Args:
        frame: (H, W, 3).
        belief: (H, W), at the frame's size.
        mask: (H, W), see :func:`select`.
        band_px: Half the width of the band.

    Returns:
        (H, W); the same as before farther than the band from the old edge.
    """
    scale = min(1.0, _NARROW / band_px)
    if scale < 1:
        size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
        small = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) >= 128
        shrunk = np.asarray(cv2.resize(belief, size, interpolation=cv2.INTER_AREA), np.float32)
        drawn = grab_cut(shrink(frame, size), shrunk, np.asarray(small), _NARROW)
        soft = cv2.resize(drawn.astype(np.float32), mask.shape[::-1], interpolation=cv2.INTER_CUBIC)
        return np.asarray(soft > 0.5)
    side = 2 * band_px + 1
    window = np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
    result = mask.copy()
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        np.asarray(cv2.dilate(mask.astype(np.uint8), window)), connectivity=8
    )
    for number in range(1, count):
        x0, y0, width, height = (int(v) for v in stats[number][:4])
        room = 3 * band_px
        rows = slice(max(0, y0 - room), y0 + height + room)
        columns = slice(max(0, x0 - room), x0 + width + room)
        result[rows, columns] = _grab_cut_part(
            frame[rows, columns], belief[rows, columns], result[rows, columns], window
        )
    return result


def _core(mask: Mask, window: NDArray[Any]) -> Mask:
    """The inner half of what is thinner than the window, so that no ear is cut through."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    depth = np.minimum(depth, _FAR)  # OpenCV's distance to an edge that is not there overflows
    return np.asarray((depth > 1) & (2 * depth >= cv2.dilate(depth, window)))


def _grab_cut_part(frame: Frame, belief: Belief, mask: Mask, window: NDArray[Any]) -> Mask:
    small = mask.astype(np.uint8)
    inside = cv2.erode(small, window, borderValue=1) > 0
    outside = cv2.dilate(small, window) == 0
    inside |= mask & ((belief > _SURE) | _core(mask, window))
    labels = np.where(mask, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inside], labels[outside] = cv2.GC_FGD, cv2.GC_BGD
    if min(np.count_nonzero(inside), np.count_nonzero(outside)) < 64:
        return mask
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    picture = np.ascontiguousarray(frame[..., ::-1])
    cv2.grabCut(picture, labels, None, *models, 1, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD))
