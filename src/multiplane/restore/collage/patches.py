"""Pictures for a page: the original whole, of everything else only what differs from it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from multiplane.core.arrays import Frame, Mask
from multiplane.media.png import encode_png
from multiplane.restore.collage.screen import Screen

TILE = 512
"""The page works in tiles of this side; a patch never lies across the border of one."""
_MOST_WEBP_PX = 16383
_THUMB_PX = 480
_LOSSLESS: dict[str, Any] = {"lossless": True, "quality": 20, "method": 0, "exact": True}
_SMALL: dict[str, Any] = {"quality": 85, "subsampling": 0}


class Patch(NamedTuple):
    """What differs from the original within one tile.

    Attributes:
        box: x, y, width and height, pixels of the picture.
        url: RGBA picture of that size; transparent where nothing differs.
    """

    box: tuple[int, int, int, int]
    url: str


def differing(original: Frame, restoration: Frame) -> Mask:
    """Where two pictures are not the same.

    Args:
        original: (H, W, 3) RGB.
        restoration: (H, W, 3) RGB.

    Returns:
        (H, W), True where any channel differs.
    """
    off = np.empty(original.shape[:2], np.bool_)
    for top in range(0, len(original), TILE):  # by bands, for little memory
        rows = slice(top, top + TILE)
        band = cv2.absdiff(original[rows], restoration[rows])
        off[rows] = np.maximum(np.maximum(band[..., 0], band[..., 1]), band[..., 2]) > 0
    return off


def cut_patches(restoration: Frame, off: Mask, screen: Screen) -> list[Patch]:
    """Cut out what differs, at full size and without loss.

    Args:
        restoration: (H, W, 3) RGB.
        off: (H, W), where it differs from the original.
        screen: How colours are shown.

    Returns:
        At most one patch a tile; laid over the original they give the restoration.
    """
    found = []
    for left, top in _corners(off):
        place = (slice(top, top + TILE), slice(left, left + TILE))
        if off[place].any():
            colours = screen.show(restoration[place][off[place]])
            found.append(_patch(off[place], colours, (left, top)))
    return found


def cut_mask(damage: Mask, paint: NDArray[np.uint8]) -> list[Patch]:
    """Cut out the damage, painted in one colour.

    Args:
        damage: (H, W), True where it is damaged.
        paint: (3,) RGB, as the screen shows it.

    Returns:
        At most one patch a tile.
    """
    found = []
    for left, top in _corners(damage):
        off = damage[top : top + TILE, left : left + TILE]
        if off.any():
            found.append(_patch(off, paint, (left, top)))
    return found


def base_size(size: tuple[int, int], max_megapixels: float) -> tuple[int, int]:
    """How large the original is shown on a page.

    Args:
        size: (W, H) in pixels.
        max_megapixels: Larger ones are shown smaller.
    """
    width, height = size
    shrink = min(1.0, (max_megapixels * 1e6 / (width * height)) ** 0.5)
    if shrink == 1:
        return size
    return max(1, int(width * shrink)), max(1, int(height * shrink))


def base_url(original: Frame, size: tuple[int, int], screen: Screen) -> Markup:
    """The original as a ``data:`` address, without loss.

    Args:
        original: (H, W, 3) RGB.
        size: (w, h) to show it at; smaller ones hold means of areas.
        screen: How colours are shown.
    """
    shown = screen.show(_resized(original, size))
    if max(size) > _MOST_WEBP_PX:
        return _url(encode_png(shown), "png")
    return _encoded(shown, "webp", _LOSSLESS)


def thumb_url(frame: Frame, screen: Screen) -> Markup:
    """A small picture as a ``data:`` address, for those without scripts and for paper.

    Args:
        frame: (H, W, 3) RGB.
        screen: How colours are shown.
    """
    height, width = frame.shape[:2]
    shrink = min(1.0, _THUMB_PX / max(width, height))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return _encoded(screen.show(_resized(frame, size)), "jpeg", _SMALL)


def _corners(array: Mask) -> Iterator[tuple[int, int]]:
    height, width = array.shape[:2]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield left, top


def _patch(off: Mask, colours: NDArray[np.uint8], corner: tuple[int, int]) -> Patch:
    """The colours at the places that are off, and around them as little as possible."""
    rgba = np.zeros((*off.shape, 4), np.uint8)
    rgba[off, :3] = colours
    rgba[off, 3] = 255
    down, across = np.flatnonzero(off.any(axis=1)), np.flatnonzero(off.any(axis=0))
    top, bottom, left, right = int(down[0]), int(down[-1]), int(across[0]), int(across[-1])
    width, height = right + 1 - left, bottom + 1 - top
    url = _encoded(rgba[top : bottom + 1, left : right + 1], "webp", _LOSSLESS)
    return Patch((corner[0] + left, corner[1] + top, width, height), url)


def _resized(frame: Frame, size: tuple[int, int]) -> Frame:
    if size == frame.shape[1::-1]:
        return frame
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _encoded(array: NDArray[np.uint8], kind: str, settings: dict[str, Any]) -> Markup:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(array)).save(buffer, kind.upper(), **settings)
    return _url(buffer.getvalue(), kind)


def _url(data: bytes, kind: str) -> Markup:
    """Base64 needs no escaping; as Markup it is not copied to find that out."""
    return Markup(f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}")
