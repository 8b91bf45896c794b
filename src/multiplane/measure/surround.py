"""What a repair is compared with: samples of it, and of the intact picture round it.

A hole falls into pieces, a piece into windows, so that cost and memory hang on the damage and not
on the picture. Of each window come descriptors of the texture round some pixels of the fill, and
round some of the band outside of it that was left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from multiplane.core.arrays import Frame, Mask

Floats = NDArray[np.float32]

BAND_PX = 48
"""How far from the hole its surroundings go."""
APART_PX = 16
"""Damage nearer to each other than this is one piece."""
WINDOW_PX = 25
"""Side of the square over which texture is described."""
MOST_SAMPLES = 600
"""Of the fill of a piece, and of its band."""
SCALES_PX = (0.7, 1.5, 3.0)
_SIDE_PX = 512
_MOST_WINDOWS = 12
_FLOOR = 0.5
"""Gradients under this, in units of L* a pixel, are noise that nobody sees."""
_RIM_PX = 2
"""What is nearer to the hole's outline sees the other side of it through the filters."""


class Look(Protocol):
    """(H, W, 3) RGB at eight bits; a frame is one, too."""

    def __getitem__(self, part: tuple[slice, slice], /) -> Frame:
        """What stands in a box of it."""


class Window(NamedTuple):
    """A part of a piece.

    Attributes:
        look: What is read: the part and as much round it as the filters and the band reach.
        own: The part itself, within ``look``.
    """

    look: tuple[slice, slice]
    own: tuple[slice, slice]


@dataclass(frozen=True)
class Piece:
    """Damage that is judged together.

    Attributes:
        area_px: How much of the hole it is.
        windows: Where it and its surroundings are; of a very large piece some, evenly spread.
        number: Its number among ``labels``.
        labels: int32 (H, W), the piece each pixel of the hole belongs to, 0 for none.
    """

    area_px: int
    windows: tuple[Window, ...]
    number: int
    labels: NDArray[np.int32]


def pieces_of(hole: Mask) -> list[Piece]:
    """The pieces of a hole, the largest first.

    Args:
        hole: (H, W).

    Returns:
        Pieces that are at least 16 px apart; none when nothing is damaged.
    """
    near = cv2.dilate(hole.view(np.uint8), np.ones((APART_PX + 1, APART_PX + 1), np.uint8))
    count, found_labels = cv2.connectedComponents(near)
    labels = np.asarray(found_labels, np.int32)
    areas = np.zeros(count, np.int64)
    for top in range(0, len(hole), _SIDE_PX):  # counting takes twice the memory of labels
        band = labels[top : top + _SIDE_PX]
        band[~hole[top : top + _SIDE_PX]] = 0
        areas += np.bincount(band.ravel(), minlength=count)
    found = [
        Piece(int(areas[number]), tuple(_windows(box, hole)), number, labels)
        for number, box in enumerate(find_objects(labels), start=1)
        if box is not None
    ]
    return sorted(found, key=lambda piece: -piece.area_px)


def _windows(box: tuple[slice, slice], hole: Mask) -> list[Window]:
    """A grid over a piece and its band, without the parts that have nothing of either."""
    starts = [max(0, side.start - BAND_PX) for side in box]
    stops = [min(length, side.stop + BAND_PX) for side, length in zip(box, hole.shape, strict=True)]
    found = []
    for y in range(starts[0], stops[0], _SIDE_PX):
        for x in range(starts[1], stops[1], _SIDE_PX):
            y1, x1 = min(stops[0], y + _SIDE_PX), min(stops[1], x + _SIDE_PX)
            top, left = max(0, y - BAND_PX), max(0, x - BAND_PX)
            look = np.s_[top : y1 + BAND_PX, left : x1 + BAND_PX]
            if hole[look].any():
                found.append(Window(look, np.s_[y - top : y1 - top, x - left : x1 - left]))
    if len(found) <= _MOST_WINDOWS:
        return found
    chosen = np.linspace(0, len(found) - 1, _MOST_WINDOWS).round().astype(int)
    return [found[index] for index in chosen]


class Samples(NamedTuple):
    """Texture round some pixels.

    Attributes:
        texture: float32 (N, 8): mean and spread of the gradient's strength at three scales, in
            octaves, and the way it runs (double angle, weighted by how clearly it does).
        place: float32 (N, 2) x and y in the picture, px.
    """

    texture: Floats
    place: Floats

    @staticmethod
    def joined(parts: list[Samples]) -> Samples:
        """All of them, thinned out evenly to :data:`MOST_SAMPLES`."""
        texture = np.concatenate([part.texture for part in parts])
        place = np.concatenate([part.place for part in parts])
        if len(texture) > MOST_SAMPLES:
            kept = np.linspace(0, len(texture) - 1, MOST_SAMPLES).astype(int)
            texture, place = texture[kept], place[kept]
        return Samples(texture, place)


@dataclass(frozen=True)
class Part:
    """What is seen in one window.

    Attributes:
        filled: (h, w) the piece's own fill; everything else is none of its business.
        band: (h, w) what lies round it and was left alone.
        lab: float32 (h, w, 3) CIELAB of the result.
        corner: x and y of the window in the picture.
        own: Which part of these arrays no other window has.
    """

    filled: Mask
    band: Mask
    lab: Floats
    corner: tuple[int, int]
    own: tuple[slice, slice]

    @property
    def inner(self) -> Mask:
        """The fill without its rim; all of it where it is too thin."""
        return _eroded(self.filled)

    @property
    def outer(self) -> Mask:
        """The band without its rim."""
        return _eroded(self.band)


def parts_of(piece: Piece, result: Look, hole: Mask, original: Look) -> Iterator[Part]:
    """Look at each window of a piece.

    Args:
        piece: Of the hole.
        result: (H, W, 3) what was repaired.
        hole: (H, W) all damage of the picture; none of it counts as surroundings.
        original: (H, W, 3) the picture before.

    Yields:
        What is seen there.
    """
    for look, own in piece.windows:
        filled = piece.labels[look] == piece.number
        if not filled.any():
            continue
        away = cv2.distanceTransform((~filled).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        band = (away <= BAND_PX) & ~hole[look]
        seen = np.where(hole[look][..., None], result[look], original[look])
        levels = seen.astype(np.float32) / np.float32(255)
        lab = np.asarray(cv2.cvtColor(levels, cv2.COLOR_RGB2Lab), np.float32)
        yield Part(filled, band, lab, (look[1].start, look[0].start), own)


def texture_samples(part: Part) -> tuple[Samples, Samples]:
    """Describe the texture round pixels of the fill and of the band.

    Args:
        part: What is seen in a window.

    Returns:
        Of the fill and of the band; up to a few hundred each.
    """
    maps = _texture_maps(np.ascontiguousarray(part.lab[..., 0]))
    mine = np.zeros(part.filled.shape, np.bool_)
    mine[part.own] = True
    return _sample(maps, part.inner, mine, part.corner), _sample(
        maps, part.outer, mine, part.corner
    )


def _texture_maps(light: Floats) -> Floats:
    """(h, w, 8) what is averaged over windows: strength at each scale, its square, direction."""
    layers = []
    direction = (light, light)
    for sigma_px in SCALES_PX:
        even = cv2.GaussianBlur(light, (0, 0), sigma_px)
        across, down = (cv2.Scharr(even, cv2.CV_32F, *d, scale=1 / 32) for d in ((1, 0), (0, 1)))
        strength = np.log2(np.float32(1) + cv2.magnitude(across, down) / np.float32(_FLOOR))
        layers += [strength, strength * strength]
        if sigma_px == SCALES_PX[1]:
            direction = (across * across - down * down, 2 * across * down)
            total = across * across + down * down + np.float32(_FLOOR**2)
    return np.dstack([*layers, *direction, total])


def _sample(maps: Floats, region: Mask, mine: Mask, corner: tuple[int, int]) -> Samples:
    places = np.flatnonzero(region & mine)
    if not places.size:
        return Samples(np.zeros((0, 8), np.float32), np.zeros((0, 2), np.float32))
    places = places[:: max(1, places.size // MOST_SAMPLES)]
    weight = region.astype(np.float32)
    size = (WINDOW_PX, WINDOW_PX)
    sums = cv2.blur(maps * weight[..., None], size, borderType=cv2.BORDER_CONSTANT)
    share = cv2.blur(weight, size, borderType=cv2.BORDER_CONSTANT).reshape(-1)[places]
    taken = sums.reshape(-1, maps.shape[2])[places] / share[:, None]
    means, squares = taken[:, 0:6:2], taken[:, 1:6:2]
    spread = np.sqrt(np.maximum(squares - means * means, 0))
    way = taken[:, 6:8] / taken[:, 8:9]
    y, x = np.unravel_index(places, region.shape)
    place = np.stack([x + corner[0], y + corner[1]], axis=1).astype(np.float32)
    return Samples(np.hstack([means, spread, way]).astype(np.float32), place)


def _eroded(region: Mask) -> Mask:
    """Without what lies within the rim of its outline, if a third of it is left then."""
    kernel = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)
    kept = cv2.erode(region.view(np.uint8), kernel, borderValue=1).view(np.bool_)
    return kept if 3 * np.count_nonzero(kept) >= np.count_nonzero(region) else region
