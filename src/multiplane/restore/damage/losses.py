"""Losses: flat areas of a colour that what is round them does not have."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.config import DamageOptions

Floats = NDArray[np.float32]

WORK_PX = 1024
"""Larger pictures are looked at with their longer side at this."""
_ROUND_PX = 16
_CALM = 3.0
"""Standard deviation in CIELAB over 5 px, at most."""
_SAME = 12.0
"""Distance in CIELAB under which neighbours of a flat area belong to it, at most."""
_FAR = 14.0
"""Distance in CIELAB from which a colour is foreign."""
_FOREIGN_SHARE = 0.85
_MOST_SHARE = 0.2
"""Of the picture; what is larger is the picture."""
_MOST_BORDER = 0.2
"""Of its outline, along the edge of the picture: margins of a scan are no losses."""
_SHARP = ((3.0, 0.86), (4.0, 0.9))
"""Of the step to what is round an area so much is done within so many px, by one of them: light
fades, plaster breaks. The nearer one misses what a lens drew a little softly, the farther one what
lies among strokes."""
_SHADED = 5.0
"""In L*, from end to end along an even slope: round things are shaded, grounds hardly."""
_THICK = 0.27
"""Radius of the largest disk inside over the root of the area; rims and straps have less."""
_FEWEST_PX = 20
_BRIGHT, _PALE = 62.0, 26.0
_BLACK, _GREY = 16.0, 14.0


class _Area(NamedTuple):
    """A flat area in a part of the picture; ``corner`` is x and y of that part."""

    box: tuple[slice, slice]
    full: Mask
    colour: Floats


def find_losses(frame: Frame, options: DamageOptions) -> Mask:
    """Find losses.

    Areas that are calm in colour are grown to their edges and kept where nearly nothing of the
    ring round them has their colour. A white collar passes that test as plaster does: only a
    person can tell.

    Args:
        frame: (H, W, 3).
        options: Which colours, how large, how sensitive.

    Returns:
        (H, W).
    """
    scale = min(1.0, WORK_PX / max(frame.shape[:2]))
    small = _shrunk(frame, scale)
    lab = _lab(small)
    far = _FAR * 2 ** (1 - 2 * options.loss_sensitivity)
    least = max(4.0, options.loss_min_area_px * scale * scale)
    found = np.zeros(small.shape[:2], np.bool_)
    for calm in _calm(lab, options.loss_colours):
        for area in _areas(calm, lab, least, min(_SAME, 0.85 * far)):
            if _is_foreign(area, lab, far) and _is_flake(area, lab):
                found[area.box] |= area.full
    return found if scale == 1.0 else _fine(frame, found, scale)


def _lab(frame: Frame) -> Floats:
    """(H, W, 3) CIELAB."""
    levels = frame.astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_RGB2Lab), np.float32)


def _shrunk(frame: Frame, scale: float) -> Frame:
    if scale == 1.0:
        return frame
    size = tuple(max(1, round(side * scale)) for side in (frame.shape[1], frame.shape[0]))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _calm(lab: Floats, colours: str) -> list[Mask]:
    """Where the picture is flat, once for each tone that losses may have."""
    mean = cv2.blur(lab, (5, 5))
    varied = np.maximum(0, cv2.blur(lab * lab, (5, 5)) - mean * mean).sum(axis=2)
    calm = varied < _CALM * _CALM
    if colours == "any":
        return [np.asarray(calm)]
    light, chroma = mean[..., 0], np.hypot(mean[..., 1], mean[..., 2])
    return [
        np.asarray(calm & (light > _BRIGHT) & (chroma < _PALE)),
        np.asarray(calm & (light < _BLACK) & (chroma < _GREY)),
    ]


def _areas(calm: Mask, lab: Floats, least_px: float, same: float) -> list[_Area]:
    """The connected areas of a reasonable size, grown to their edges."""
    opened = cv2.morphologyEx(calm.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    found = []
    for number in range(1, count):
        x, y, width, height, size = (int(v) for v in stats[number])
        # a flat area has lost 2 px all round, where its edge is no longer calm
        if (width + 4) * (height + 4) < least_px or size > _MOST_SHARE * calm.size:
            continue
        top, left = max(0, y - _ROUND_PX), max(0, x - _ROUND_PX)
        box = np.s_[top : y + height + _ROUND_PX, left : x + width + _ROUND_PX]
        core, part = labels[box] == number, lab[box]
        colour = np.median(part[core], axis=0).astype(np.float32)
        near = cv2.dilate(core.astype(np.uint8), _disk(4)).view(np.bool_)
        full = core | (near & (np.linalg.norm(part - colour, axis=2) < same))
        full = cv2.morphologyEx(full.astype(np.uint8), cv2.MORPH_CLOSE, _disk(2)).view(np.bool_)
        if np.count_nonzero(full) >= least_px:
            found.append(_Area(box, full, colour))
    return found


def _is_foreign(area: _Area, lab: Floats, far: float) -> bool:
    """Whether nearly nothing round an area has its colour, and it is no margin of the picture."""
    full = area.full.astype(np.uint8)
    ring = cv2.dilate(full, _disk(9)) > cv2.dilate(full, _disk(3))
    if np.count_nonzero(ring) < _FEWEST_PX:
        return False
    away = np.linalg.norm(lab[area.box][ring] - area.colour, axis=1)
    step = np.linalg.norm(np.median(lab[area.box][ring], axis=0) - area.colour)
    outline = area.full & ~cv2.erode(full, _disk(1), borderValue=1).view(np.bool_)
    at_border = np.count_nonzero(area.full & _border(area.box, lab.shape[:2]))
    if at_border > _MOST_BORDER * (np.count_nonzero(outline) + at_border):
        return False
    return bool((away > far).mean() > _FOREIGN_SHARE and step > 1.3 * far)


def _is_flake(area: _Area, lab: Floats) -> bool:
    """Whether an area is compact, sharply bounded and not shaded, as what lost its paint is."""
    full, part = np.pad(area.full.astype(np.uint8), 1), lab[area.box]
    inside = cv2.distanceTransform(full, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    outside = cv2.distanceTransform(1 - full, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    if inside.max() < _THICK * np.sqrt(np.count_nonzero(area.full)):
        return False
    away = np.linalg.norm(part - area.colour, axis=2)
    besides = [(away[(outside > px - 1.5) & (outside <= px)], done) for px, done in _SHARP]
    beyond = away[(outside > 6) & (outside <= 9)]
    if beyond.size and all(
        beside.size and np.median(beside) < done * np.median(beyond) for beside, done in besides
    ):
        return False
    ys, xs = np.nonzero(inside > 2)
    if ys.size < _FEWEST_PX:
        return True
    about = np.column_stack([ys - ys.mean(), xs - xs.mean(), np.ones(ys.size)])
    slope = np.linalg.lstsq(about, part[ys, xs, 0], rcond=None)[0]
    return bool(abs(slope[0]) * np.ptp(ys) < _SHADED and abs(slope[1]) * np.ptp(xs) < _SHADED)


def _border(box: tuple[slice, slice], shape: tuple[int, ...]) -> Mask:
    """Which pixels of a box lie at the edge of the picture."""
    rows, columns = (
        np.arange(side.start, min(side.stop, length))
        for side, length in zip(box, shape, strict=True)
    )
    down = (rows == 0) | (rows == shape[0] - 1)
    across = (columns == 0) | (columns == shape[1] - 1)
    return np.asarray(down[:, None] | across[None])


def _fine(frame: Frame, found: Mask, scale: float) -> Mask:
    """The same areas at the size of the picture, with their edges where they are there."""
    height, width = frame.shape[:2]
    coarse = cv2.resize(found.view(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(coarse, connectivity=8)
    fine = np.zeros((height, width), np.bool_)
    reach = max(1, round(2 / scale))
    for number in range(1, count):
        x, y, wide, high, _ = (int(v) for v in stats[number])
        box = np.s_[max(0, y - reach) : y + high + reach, max(0, x - reach) : x + wide + reach]
        core = labels[box] == number
        lab = _lab(frame[box])
        colour = np.median(lab[core], axis=0)
        kernel = _disk(reach)
        inner = cv2.erode(core.astype(np.uint8), kernel, borderValue=1).view(np.bool_)
        outer = cv2.dilate(core.astype(np.uint8), kernel).view(np.bool_)
        fine[box] |= inner | (outer & (np.linalg.norm(lab - colour, axis=2) < _SAME))
    return fine


def _disk(radius_px: int) -> NDArray[np.uint8]:
    side = 2 * radius_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
