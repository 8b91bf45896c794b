"""What the sources saw, laid together: one source a place, all in one light.

Every place takes its detail from one source only, so that waving grass stays crisp; which one
is decided by agreement with the median of all that saw it, by distance from what hid it, and by
what its neighbours chose. The choice holds for the whole window, so the fill does not flicker.
Soft light (the low band) is taken from the median of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.threads import map_ordered
from multiplane.motion.flow import Flow, warp
from multiplane.restore.plate.canvas import Canvas, enlarge, shrink
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.lend import Source, coarsen
from multiplane.restore.plate.light import Field, Light, blur_where, fit_light, same_light
from multiplane.restore.plate.missed import hanging_on
from multiplane.restore.plate.parallax import follow
from multiplane.restore.plate.shot import Lending, Shot

SOFT_PX = 12.0
"""Frame pixels; what is coarser is light, what is finer is texture."""
EDGE_PX = 24.0
"""Within this of what hid it a source is trusted less."""
NOISE_LEVELS = 8.0
"""Disagreement with the median that costs as much as lying right beside a mask."""
LOOSE, SURE = 1, 2
"""How a view is trusted: from right beside a mask, or from further away."""
TOGETHER = 0.6
"""How strongly neighbours pull each other to the same source."""


@dataclass(frozen=True)
class Mosaic:
    """What the sources saw, laid together on a canvas of (h, w).

    Attributes:
        canvas: Where it lies.
        sources: The frames that lend.
        shares: uint8 (N, h, w), how much of each place comes from each source, 255 = all.
        seen: (h, w), True where any source saw it.
        gain: (h, w, 3), by what a source's values are multiplied there.
        offset: (h, w, 3), what is then added.
        picture: (h, w, 3) float32, the result at the canvas's scale.
    """

    canvas: Canvas
    sources: list[Source]
    shares: NDArray[np.uint8]
    seen: Mask
    gain: Field
    offset: Field
    picture: Field


def lay_together(
    shot: Shot, indices: Sequence[int], canvas: Canvas, options: PlateOptions
) -> Mosaic:
    """Lay sources on a canvas and choose one for each place.

    Args:
        shot: The shot.
        indices: The frames that lend, at least one.
        canvas: Where to lay them.
        options: How.

    Returns:
        The mosaic; holds the sources' frames.
    """

    def read(index: int) -> tuple[Source, NDArray[np.uint8], NDArray[np.uint8]]:
        source = Source(index, shot.frames[index], shot.camera.homographies[index])
        return (source, *_lay(canvas, source, shot.lends(index)))

    found = list(map_ordered(read, indices, options.threads))
    sources, scale = [source for source, _, _ in found], canvas.scale
    raw = np.stack([picture for _, picture, _ in found])
    trust = np.stack([trusted for _, _, trusted in found])
    sees = best_views(trust)
    lights = _one_light(raw, sees, options.threads)
    if options.refine and not shot.camera.static:
        bends, raw, trust = _straighten(raw, trust, lights, scale, options)
        sees = best_views(trust)
        lights = _one_light(raw, sees, options.threads)
        sources = [replace(s, bend=b) for s, b in zip(sources, bends, strict=True)]
    lit = _light_up(raw, lights)
    median = masked_median(lit, sees)
    seen = np.asarray(sees.any(axis=0), np.bool_)
    label = _choose(lit, sees, median, scale, list(indices))
    shares, gain, offset, picture = _compose(raw, sees, median, label, (lights, scale))
    return Mosaic(canvas, sources, shares, seen, gain, offset, picture)


def _straighten(
    raw: NDArray[np.uint8],
    trust: NDArray[np.uint8],
    lights: list[Light],
    scale: float,
    options: PlateOptions,
) -> tuple[list[Flow | None], NDArray[np.uint8], NDArray[np.uint8]]:
    """Bend the sources onto their median, where parallax makes them differ.

    Returns:
        A bend a source, kept coarse; the pictures and how they are trusted, bent.
    """
    sees = best_views(trust)
    several = sees.sum(axis=0) >= 2
    bends: list[Flow | None] = [None] * len(raw)
    bent, known = raw, trust
    for _ in range(2):
        median = masked_median(_light_up(bent, lights), best_views(known))

        def find(k: int, median: Field = median) -> Flow | None:
            lit = lights[k](raw[k].astype(np.float32))
            return follow(median, lit, sees[k] & several, scale, options.max_shift_px)

        bends = list(map_ordered(find, range(len(raw)), options.threads))
        if not any(bend is not None for bend in bends):
            break
        bent, known = raw.copy(), trust.copy()
        for k, bend in enumerate(bends):
            if bend is not None:
                bent[k] = warp(raw[k], bend)
                known[k] = _bend_trust(trust[k], bend)
    return [None if bend is None else coarsen(bend) for bend in bends], bent, known


def _bend_trust(trust: NDArray[np.uint8], bend: Flow) -> NDArray[np.uint8]:
    sure = warp(trust == SURE, bend, outside="zero").astype(np.uint8)
    core = cv2.erode(sure, np.ones((3, 3), np.uint8), borderValue=1)
    some = warp((trust > 0).astype(np.float32), bend, outside="zero") > 0.999
    return np.where(some, np.where(core > 0, SURE, LOOSE), 0).astype(np.uint8)


def best_views(trust: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which views of each place count: those that are sure, or where there is none, the others.

    Args:
        trust: (N, h, w), 0, ``LOOSE`` or ``SURE`` a source.

    Returns:
        (N, h, w).
    """
    return np.asarray((trust > 0) & (trust == trust.max(axis=0)), np.bool_)


def _light_up(raw: NDArray[np.uint8], lights: list[Light]) -> NDArray[np.uint8]:
    """Each picture in its light, rounded."""
    lit = np.empty_like(raw)
    for k, light in enumerate(lights):
        lit[k] = np.clip(np.rint(light(raw[k].astype(np.float32))), 0, 255)
    return lit


def masked_median(stack: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Field:
    """Median over the first axis of the valid entries.

    Args:
        stack: (N, h, w, 3).
        valid: (N, h, w).

    Returns:
        (h, w, 3) float32; 255 where nothing is valid.
    """
    median = np.empty(stack.shape[1:], np.float32)
    rows = max(1, 4_000_000 // max(1, stack[:, :1].size))
    for top in range(0, stack.shape[1], rows):
        part, known = stack[:, top : top + rows], valid[:, top : top + rows, :, None]
        ordered = np.sort(np.where(known, part, np.uint8(255)), axis=0)
        count = known.sum(axis=0)[None]
        low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=0)[0]
        high = np.take_along_axis(ordered, np.minimum(count // 2, len(stack) - 1), axis=0)[0]
        median[top : top + rows] = (low.astype(np.float32) + high) / 2
    return median


def _lay(
    canvas: Canvas, source: Source, lent: Lending
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    small = shrink(source.frame, canvas.scale)
    height, width = source.frame.shape[:2]
    matrix = source.to_reference @ enlarge((small.shape[1], small.shape[0]), (width, height))
    picture = canvas.lay(small, matrix, cv2.INTER_CUBIC)
    blocked, closed, character = (
        shrink(mask.astype(np.float32), canvas.scale)
        for mask in (lent.blocked, lent.closed, lent.character)
    )
    missed = hanging_on(small, character > 0, blocked > 0)
    free = canvas.lay((blocked == 0).astype(np.float32), matrix) > 0.999
    inside = canvas.lay(np.ones_like(closed), matrix) > 0.999
    loose = inside & (canvas.lay(1.0 - np.maximum(closed, missed), matrix) > 0.5)
    trust = np.where(free, SURE, np.where(loose, LOOSE, 0)).astype(np.uint8)
    return np.asarray(picture, np.uint8), trust


def _one_light(raw: NDArray[np.uint8], sees: NDArray[np.bool_], threads: int) -> list[Light]:
    """What brings each source into the light of their median."""
    lights = [same_light() for _ in raw]
    several = sees.sum(axis=0) >= 2
    for _ in range(2 if len(raw) > 1 else 0):
        median = masked_median(_light_up(raw, lights), sees)

        def fit(k: int, median: Field = median) -> Light:
            return fit_light(raw[k].astype(np.float32), median, sees[k] & several)

        lights = list(map_ordered(fit, range(len(raw)), threads))
    return lights


def _choose(
    lit: NDArray[np.uint8],
    sees: NDArray[np.bool_],
    median: Field,
    scale: float,
    indices: list[int],
) -> NDArray[np.intp]:
    """The number of the source each place takes its detail from; any number where none saw it."""
    middle, reach = float(np.mean(indices)), float(np.ptp(indices)) + 1.0
    cost = np.empty(sees.shape, np.float32)
    for k, known in enumerate(sees):
        weight = known.astype(np.float32)
        off = np.abs(lit[k] - median).mean(axis=-1, keepdims=True)
        cost[k] = np.minimum(blur_where(off, weight, 8.0 * scale)[..., 0] / NOISE_LEVELS, 6.0)
        away = cv2.distanceTransform(known.astype(np.uint8), cv2.DIST_L2, 3)
        cost[k] += np.maximum(0.0, 1.0 - away / (EDGE_PX * scale))
        cost[k] += 0.3 * abs(indices[k] - middle) / reach
        cost[k] = np.where(known, cost[k], 100.0)
    label = np.asarray(cost.argmin(axis=0), np.intp)
    for _ in range(6):
        pull = np.stack(
            [
                cv2.GaussianBlur((label == k).astype(np.float32), (0, 0), 10.0 * scale)
                for k in range(len(sees))
            ]
        )
        label = (cost - TOGETHER * pull).argmin(axis=0)
    return np.asarray(label, np.intp)


def _compose(
    raw: NDArray[np.uint8],
    sees: NDArray[np.bool_],
    median: Field,
    label: NDArray[np.intp],
    lighting: tuple[list[Light], float],
) -> tuple[NDArray[np.uint8], Field, Field, Field]:
    """Shares of the sources, and the light each place is brought into."""
    lights, scale = lighting
    shares = np.zeros(sees.shape, np.uint8)
    gain, offset, picture = (np.zeros_like(median) for _ in range(3))
    total = np.full(label.shape, 1e-6, np.float32)
    for k, light in enumerate(lights):
        here = (label == k) & sees[k]
        if not here.any():
            continue
        soft = cv2.GaussianBlur(here.astype(np.float32), (0, 0), 1.6 * scale)
        shares[k] = np.rint(soft * 255).astype(np.uint8)
        share = shares[k].astype(np.float32)[..., None] / 255
        values = raw[k].astype(np.float32)
        bright = light(values)
        nudge = blur_where(
            np.clip(median - bright, -32, 32), sees[k].astype(np.float32), SOFT_PX * scale
        )
        gain += share * light.gain
        offset += share * (light.offset + nudge)
        picture += share * (bright + nudge)
        total += share[..., 0]
    total = total[..., None]
    return shares, gain / total, offset / total, picture / total
