"""Alphas found on a small picture, brought to the size of the large one along its own edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask, check_alpha, check_frame
from multiplane.core.errors import InputError
from multiplane.core.instances import box_of
from multiplane.split.matte.backends.guided import WindowFit, apply_line, clipped, shrunk

Floats = NDArray[np.float32]
Box = tuple[int, int, int, int]

RADIUS = 2
"""Half the side of the fit's windows, in pixels of the small alpha."""
CORRECTIONS = 2
_BLIND, _SEEING = 0.1, 0.5
"""Share of the alpha that colours explain, beyond what three would of pure noise: below the first
they say nothing about the edge, and the interpolated alpha stays; from the second on they have
the last word."""
_LEAST_STEP = 0.5 / 255
"""An alpha that changes by less within a window has no edge there."""
_TILE_PX = 512
"""The full picture is worked on in parts of this side, so memory is bounded."""


_CROWD = 500
"""More connected parts than this are no people, and taken as one."""


def upsample_alpha(
    alpha_small: Alpha,
    guide: Frame,
    radius: int = RADIUS,
    corrections: int = CORRECTIONS,
) -> Alpha:
    """Bring an alpha to the size of the picture, its edge following the picture's.

    Joint upsampling by the fast guided filter (He and Sun 2015, https://arxiv.org/abs/1505.00996)
    with a colour guide: round every pixel of the small alpha the line of colour that fits it best
    is found on the picture shrunk to its size, and applied to the full one. Unlike the paper, only
    a band along the edge is computed; where colours explain nothing (flat, or alike on both sides)
    the interpolated alpha stays; and the result, averaged back to the small size, is brought to
    what the small alpha says, as far as colours are trusted, so that the wide windows of the fit
    leave no haze.

    Args:
        alpha_small: (h, w) in [0, 1]; each pixel the mean of what it covers in the full picture.
        guide: (H, W, 3) RGB; H >= h, W >= w. Sizes need not be multiples.
        radius: Half the side of the fit's windows, in px of the small alpha. More bears a
            rougher alpha, less keeps finer hair apart.
        corrections: How often the result is held against the small alpha.

    Returns:
        (H, W) in [0, 1]. Farther than ``2 * radius + 1`` small pixels from any change of the small
        alpha it is the interpolated one: exactly 0 and exactly 1 where the small one is.

    Raises:
        InputError: Not an alpha or a frame, or the alpha is larger than the frame.
    """
    check_alpha(alpha_small, "alpha_small"), check_frame(guide, "guide")
    (height, width), (h, w) = guide.shape[:2], alpha_small.shape
    if h > height or w > width:
        raise InputError(
            f"alpha_small is {w}x{h}, larger than the guide, {width}x{height}",
            why="an alpha is brought up to the picture it belongs to, never down",
            fix=f"cv2.resize(alpha, ({width}, {height}), interpolation=cv2.INTER_AREA)",
        )
    if (h, w) == (height, width):
        return alpha_small.copy()
    full = np.asarray(
        cv2.resize(alpha_small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32
    )
    cells = (-(-width // w), -(-height // h))
    small = _on_whole_cells(alpha_small, (width, height), cells)
    for box in edge_boxes(_band(small, 2 * radius + 1), 2 * radius + corrections + 2):
        part = _Part.fit(small, guide, box, cells, radius)
        for tile in _tiles(part, cells):
            _refine(full, guide, part, tile, corrections)
    return full


@dataclass(frozen=True)
class _Part:
    """The lines of colour found for one part of the small alpha.

    Attributes:
        box: Where it is, in cells.
        cells: Width and height of a cell in px of the full picture.
        alpha: (h, w), the small alpha.
        slope: (h, w, 3); offset: (h, w).
        trust: (h, w), how much the lines have to say; 0 outside the band.
    """

    box: Box
    cells: tuple[int, int]
    alpha: Alpha
    slope: Floats
    offset: Floats
    trust: Floats

    @classmethod
    def fit(
        cls, small: Alpha, guide: Frame, box: Box, cells: tuple[int, int], radius: int
    ) -> _Part:
        x0, y0, x1, y1 = box
        alpha = np.ascontiguousarray(small[y0:y1, x0:x1])
        seen = _picture(guide, box, cells)
        few = cv2.resize(seen, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
        picture = few.astype(np.float32) * np.float32(1 / 255)
        fit = WindowFit(picture, np.ones_like(alpha), radius)
        slope, offset = fit.line(alpha)
        by_chance = np.float32(3 / (2 * radius + 1) ** 2)
        share = (fit.explained(alpha) - by_chance - np.float32(_BLIND)) / np.float32(
            _SEEING - _BLIND
        )
        band = cv2.blur(_band(alpha, 2 * radius).astype(np.float32), (3, 3))
        return cls(box, cells, alpha, slope, offset, clipped(share) * np.asarray(band, np.float32))


def _refine(full: Alpha, guide: Frame, part: _Part, tile: Box, corrections: int) -> None:
    """Write one tile of a part, a box in cells of the part, into the full alpha."""
    (kx, ky), (px, py) = part.cells, part.box[:2]
    height, width = part.alpha.shape
    margin = corrections + 1
    x0, y0 = max(0, tile[0] - margin), max(0, tile[1] - margin)
    x1, y1 = min(width, tile[2] + margin), min(height, tile[3] + margin)
    rows, columns = slice(y0, y1), slice(x0, x1)
    size, few = ((x1 - x0) * kx, (y1 - y0) * ky), (x1 - x0, y1 - y0)
    picture = _picture(guide, (px + x0, py + y0, px + x1, py + y1), part.cells)
    colour = picture.astype(np.float32) * np.float32(1 / 255)
    small, trust = part.alpha[rows, columns], _enlarged(part.trust[rows, columns], size)
    slope = _enlarged(part.slope[rows, columns], size)
    plain = _enlarged(small, size)
    found = apply_line(slope, _enlarged(part.offset[rows, columns], size), colour)
    found = plain + trust * (clipped(found) - plain)
    for _ in range(corrections):
        lacking = small - shrunk(found, few)
        found = clipped(found + trust * _enlarged(lacking, size))
    left, top = (px + tile[0]) * kx, (py + tile[1]) * ky
    right = min(full.shape[1], (px + tile[2]) * kx)
    bottom = min(full.shape[0], (py + tile[3]) * ky)
    inner = (
        slice((tile[1] - y0) * ky, (tile[1] - y0) * ky + bottom - top),
        slice((tile[0] - x0) * kx, (tile[0] - x0) * kx + right - left),
    )
    np.copyto(full[top:bottom, left:right], found[inner], where=trust[inner] > 0)


def edge_boxes(band: Mask, margin: int) -> list[Box]:
    """Half-open boxes round the connected parts of a band, grown, and those that meet joined."""
    height, width = band.shape
    outlines, _ = cv2.findContours(
        np.ascontiguousarray(band).view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    found = [cv2.boundingRect(outline) for outline in outlines]
    if len(found) > _CROWD:
        x0, y0, x1, y1 = box_of(band)
        found = [(x0, y0, x1 - x0, y1 - y0)]
    boxes: list[Box] = []
    for x, y, w, h in found:
        box = (
            max(0, x - margin),
            max(0, y - margin),
            min(width, x + w + margin),
            min(height, y + h + margin),
        )
        while meeting := [other for other in boxes if _meet(box, other)]:
            boxes = [other for other in boxes if other not in meeting]
            sides = list(zip(box, *meeting, strict=True))
            box = (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))
        boxes.append(box)
    return boxes


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _band(alpha: Alpha, reach: int) -> Mask:
    """Where the alpha changes within so many pixels."""
    window = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    changes: Mask = cv2.dilate(alpha, window) - cv2.erode(alpha, window) > _LEAST_STEP
    return changes


def _tiles(part: _Part, cells: tuple[int, int]) -> Iterator[Box]:
    """Boxes in cells of the part that hold some of its band."""
    height, width = part.alpha.shape
    across, down = max(8, _TILE_PX // cells[0]), max(8, _TILE_PX // cells[1])
    for y in range(0, height, down):
        for x in range(0, width, across):
            tile = (x, y, min(width, x + across), min(height, y + down))
            # Half a cell of interpolation reaches over the border of the tile.
            near = part.trust[max(0, y - 1) : tile[3] + 1, max(0, x - 1) : tile[2] + 1]
            if near.any():
                yield tile


def _on_whole_cells(alpha: Alpha, size: tuple[int, int], cells: tuple[int, int]) -> Alpha:
    """The alpha on a grid whose cells are whole pixels of the picture, at most as fine."""
    (width, height), (kx, ky) = size, cells
    h, w = alpha.shape
    if (w * kx, h * ky) == (width, height):
        return alpha
    across, down = kx * w / width, ky * h / height
    turn = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]], np.float64)
    return np.asarray(
        cv2.warpAffine(
            alpha,
            turn,
            (-(-width // kx), -(-height // ky)),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _picture(guide: Frame, box: Box, cells: tuple[int, int]) -> Frame:
    """The pixels of a box of cells; where the last cell reaches over the border, that goes on."""
    (kx, ky), (x0, y0, x1, y1) = cells, box
    part = guide[y0 * ky : y1 * ky, x0 * kx : x1 * kx]
    down, right = (y1 - y0) * ky - part.shape[0], (x1 - x0) * kx - part.shape[1]
    if down or right:
        part = np.asarray(cv2.copyMakeBorder(part, 0, down, 0, right, cv2.BORDER_REPLICATE))
    return part


def _enlarged(picture: Floats, size: tuple[int, int]) -> Floats:
    """Interpolate up to (width, height)."""
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.float32)
