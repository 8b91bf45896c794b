"""One frame's plate: the hole filled from the mosaic, at the frame's own place and in its light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.core.items import Json
from multiplane.motion.camera import Homography
from multiplane.motion.flow import Flow, resize_flow, warp
from multiplane.restore.plate.canvas import enlarge, shrink
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.hole import depth_inside
from multiplane.restore.plate.lend import Want, lend
from multiplane.restore.plate.light import Field, Light, blur_where, fit_light, spread
from multiplane.restore.plate.mosaic import Mosaic
from multiplane.restore.plate.parallax import follow

FLARE = 12.0
"""Grey levels that are there in the deepest shadow; keeps ratios of dark values tame."""
RIM_PX = 6.0
"""How far the local difference of light at the rim is averaged."""
OUTLIER_LEVELS = 40.0
"""A rim that differs by more is something else, not other light."""


@dataclass(frozen=True)
class Plated:
    """A frame with its hole filled by what other frames saw.

    Attributes:
        plate: (H, W, 3); the frame's own bytes outside the hole.
        unseen: (H, W), the part of the hole that no frame saw.
        hole: (H, W), all that was to be filled; outside of it nothing may differ.
        figures: What was measured and decided.
    """

    plate: Frame
    unseen: Mask
    hole: Mask
    figures: dict[str, Json]


@dataclass(frozen=True)
class _View:
    """The mosaic as a frame sees it, at the canvas's scale, cropped round the hole."""

    picture: Field
    gain: Field
    offset: Field
    seen: Mask


@dataclass(frozen=True)
class _Crop:
    """The part of the frame that is worked on, and its small version."""

    frame: Frame
    hole: Mask
    small: Field
    small_hole: Mask
    origin: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        return self.frame.shape[1], self.frame.shape[0]

    @property
    def small_size(self) -> tuple[int, int]:
        return self.small.shape[1], self.small.shape[0]


def fill(
    frame: Frame,
    hole: Mask,
    mosaic: Mosaic | None,
    frame_to_reference: Homography | None,
    options: PlateOptions,
) -> Plated:
    """Fill the hole of one frame.

    Args:
        frame: (H, W, 3) RGB.
        hole: (H, W), what is to be filled.
        mosaic: What the sources saw; None when nobody saw anything.
        frame_to_reference: (3, 3); None when it is not known how the frame lies.
        options: How.

    Returns:
        The plate, and which part of the hole stays unseen; there it holds the colours of the
        rim, spread smoothly, until someone invents better.
    """
    if not hole.any():
        return Plated(frame, np.zeros_like(hole), hole, _figures(hole, hole))
    scale = 0.5 if mosaic is None else mosaic.canvas.scale
    crop = _cut(frame, hole, options.ring_px + 8, scale)
    plate, unseen = frame.copy(), np.zeros_like(hole)
    x, y = crop.origin
    window = np.s_[y : y + crop.size[1], x : x + crop.size[0]]
    figures: dict[str, Json] = {}
    if mosaic is None or frame_to_reference is None:
        colour = np.zeros((*crop.hole.shape, 3), np.float32)
        share = np.zeros(crop.hole.shape, np.float32)
    else:
        colour, share, figures = _from_mosaic(crop, mosaic, frame_to_reference, options)
    missing = crop.hole & (share < 0.5)
    colour = _patch(crop, colour, missing)
    unseen[window] = missing
    feather_px = min(options.feather_px, options.grow_px // 3)  # well away from the character
    plate[window] = _blend(crop, colour, missing, feather_px)
    return Plated(plate, unseen, hole, _figures(hole, unseen) | figures)


def _from_mosaic(
    crop: _Crop, mosaic: Mosaic, frame_to_reference: Homography, options: PlateOptions
) -> tuple[Field, NDArray[np.float32], dict[str, Json]]:
    """Colour of the crop as the sources saw it, and how much of each pixel they saw."""
    view, to_canvas = _look(crop, mosaic, frame_to_reference)
    scale = mosaic.canvas.scale
    ground = view.seen & ~crop.small_hole
    light = _frame_light(crop.small, view.picture, ground, scale)
    shift = None
    if options.refine and not _still(mosaic, frame_to_reference):
        bright = light(view.picture)
        shift = follow(crop.small, bright, ground, scale, options.max_shift_px)
    if shift is not None:
        view = _View(
            warp(view.picture, shift), warp(view.gain, shift), warp(view.offset, shift), view.seen
        )
    shade, outliers = _shade(crop.small, light(view.picture), ground, scale)
    gain = view.gain * light.gain * shade
    offset = (view.offset * light.gain + light.offset + FLARE) * shade - FLARE
    detail, share, used = _gather(crop, mosaic, to_canvas, frame_to_reference, shift)
    colour = detail * _grow_to(gain, crop.size) + _grow_to(offset, crop.size)
    moved = 0.0 if shift is None else float(np.median(np.hypot(*np.moveaxis(shift, -1, 0))))
    return (
        colour,
        share,
        {
            "sources": used,
            "gain": [round(float(light.gain.min()), 3), round(float(light.gain.max()), 3)],
            "shift_px": round(moved / scale, 3),
            "rim_outliers": round(outliers, 4),
        },
    )


def _look(crop: _Crop, mosaic: Mosaic, frame_to_reference: Homography) -> tuple[_View, Homography]:
    """The mosaic on the small crop's grid, and the way from that grid to the canvas."""
    shift = np.array([[1, 0, crop.origin[0]], [0, 1, crop.origin[1]], [0, 0, 1.0]])
    to_frame = shift @ enlarge(crop.small_size, crop.size)
    to_canvas = mosaic.canvas.from_reference @ frame_to_reference @ to_frame

    def fetch(field: NDArray[Any], how: int = cv2.INTER_LINEAR) -> NDArray[Any]:
        flags = how | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpPerspective(field, to_canvas, crop.small_size, flags=flags))

    seen = fetch(mosaic.seen.astype(np.float32)) > 0.999
    picture = fetch(mosaic.picture, cv2.INTER_CUBIC)
    return _View(picture, fetch(mosaic.gain), fetch(mosaic.offset), seen), to_canvas


def _still(mosaic: Mosaic, frame_to_reference: Homography) -> bool:
    return all(np.array_equal(s.to_reference, frame_to_reference) for s in mosaic.sources)


def _frame_light(target: Field, picture: Field, ground: Mask, scale: float) -> Light:
    """The light from the mosaic to this frame, fitted on soft versions of both."""
    weight = ground.astype(np.float32)
    soft = blur_where(np.concatenate([picture, target], axis=-1), weight, 3.0 * scale)
    return fit_light(soft[..., :3], soft[..., 3:], ground)


def _shade(target: Field, picture: Field, ground: Mask, scale: float) -> tuple[Field, float]:
    """By what the rim is lighter or darker than the mosaic, spread over the hole.

    A ratio, since a shadow takes from the contrast of what it falls on as well; the second
    value is the share of the rim that differs by more than light.
    """
    weight = ground.astype(np.float32)
    if not weight.any():
        return np.ones_like(target), 0.0
    both = blur_where(np.concatenate([target, picture], axis=-1), weight, RIM_PX * scale)
    both = np.maximum(both, 0.0)
    ratio = np.log(both[..., :3] + FLARE) - np.log(both[..., 3:] + FLARE)
    size = np.abs(both[..., :3] - both[..., 3:]).max(axis=-1) / OUTLIER_LEVELS
    outliers = float((size[ground] >= 1.0).mean())
    weight *= np.square(np.maximum(0.0, 1.0 - np.square(size)))
    if not weight.any():
        return np.ones_like(target), outliers
    return np.asarray(np.exp(np.clip(spread(ratio, weight), -1.0, 1.0)), np.float32), outliers


def _gather(
    crop: _Crop,
    mosaic: Mosaic,
    to_canvas: Homography,
    frame_to_reference: Homography,
    shift: Flow | None,
) -> tuple[Field, NDArray[np.float32], list[Json]]:
    """Detail of the crop from the sources, each resampled once; how much they saw; which."""
    places = np.flatnonzero(crop.hole.ravel())
    y, x = np.divmod(places, crop.size[0])
    total = np.zeros(len(x), np.float32)
    summed = np.zeros((len(x), 3), np.float32)
    shifts = None if shift is None else resize_flow(shift, crop.size).reshape(-1, 2)[places]
    used: list[Json] = []
    for source, on_canvas in zip(mosaic.sources, mosaic.shares, strict=True):
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        small = cv2.warpPerspective(on_canvas, to_canvas, crop.small_size, flags=flags)
        if not (small[crop.small_hole] > 0).any():
            continue
        grown = cv2.resize(small, crop.size, interpolation=cv2.INTER_LINEAR)
        share = np.asarray(grown).ravel()[places]
        here = np.flatnonzero(share > 0)
        if not len(here):
            continue
        weight = share[here].astype(np.float32) / 255
        want = Want(
            frame_to_reference,
            mosaic.canvas.from_reference,
            x[here] + crop.origin[0],
            y[here] + crop.origin[1],
            None if shifts is None else shifts[here],
        )
        summed[here] += weight[:, None] * lend(source, want)
        total[here] += weight
        used.append(source.index)
    detail = np.zeros((*crop.hole.shape, 3), np.float32)
    detail.reshape(-1, 3)[places] = summed / np.maximum(total, 1e-6)[:, None]
    seen = np.zeros(crop.hole.shape, np.float32)
    seen.ravel()[places] = total
    return detail, seen, used


def _patch(crop: _Crop, colour: Field, missing: Mask) -> Field:
    """Colours of the rim, spread smoothly over what nobody saw."""
    if not missing.any():
        return colour
    known = np.where(crop.hole[..., None], colour, crop.frame).astype(np.float32)
    lost = cv2.resize(missing.astype(np.float32), crop.small_size, interpolation=cv2.INTER_AREA)
    soft = cv2.resize(known, crop.small_size, interpolation=cv2.INTER_AREA)
    smooth = spread(np.asarray(soft, np.float32), np.asarray(lost == 0, np.float32))
    return np.where(missing[..., None], _grow_to(smooth, crop.size), colour)


def _blend(crop: _Crop, colour: Field, missing: Mask, feather_px: int) -> Frame:
    """The fill laid into the frame; its own pixels come back bit for bit outside the hole."""
    depth = depth_inside(crop.hole)
    share = np.minimum(1.0, depth / (feather_px + 1.0))[..., None]
    share = np.where(missing[..., None], 1.0, share)
    mixed = colour * share + crop.frame * (1.0 - share)
    full = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    return np.where(crop.hole[..., None], full, crop.frame)


def _cut(frame: Frame, hole: Mask, margin_px: int, scale: float) -> _Crop:
    x0, y0, x1, y1 = box_of(hole)
    step = max(1, round(1 / scale))  # on the canvas's grid
    x0, y0 = (max(0, v - margin_px) // step * step for v in (x0, y0))
    x1, y1 = (-(-(v + margin_px) // step) * step for v in (x1, y1))
    x1, y1 = min(hole.shape[1], x1), min(hole.shape[0], y1)
    part, inside = frame[y0:y1, x0:x1], hole[y0:y1, x0:x1]
    small = shrink(part, scale).astype(np.float32)
    small_hole = shrink(inside.astype(np.float32), scale) > 0
    return _Crop(part, inside, small, small_hole, (x0, y0))


def _grow_to(field: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    if field.shape[1::-1] == size:
        return np.asarray(field, np.float32)
    grown = cv2.resize(field, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)


def _figures(hole: Mask, unseen: Mask) -> dict[str, Json]:
    count, lost = int(np.count_nonzero(hole)), int(np.count_nonzero(unseen))
    return {
        "hole_px": count,
        "unseen_px": lost,
        "seen_share": round(1.0 - lost / count, 4) if count else 1.0,
        "coverage_after": round(count / hole.size, 5),
        "sources": [],
        "gain": [1.0, 1.0],
        "shift_px": 0.0,
        "rim_outliers": 0.0,
    }
