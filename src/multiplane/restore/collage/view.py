"""A picture as a collage shows it: eight bits, on a chequered ground where it is transparent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.media.encode import Tags
from multiplane.media.levels import read_levels
from multiplane.media.pixels import alpha_of, decode, open_picture, to_eight, to_rgb

_COLOUR_CHUNKS = frozenset({b"cHRM", b"gAMA", b"iCCP", b"sRGB", b"cICP"})
_SHADES = (112, 160)
_FIELDS_ACROSS = 64
_LEAST_FIELD_PX = 8
_ROWS = 256


class View(NamedTuple):
    """What is shown of a picture file.

    Attributes:
        frame: (H, W, 3) RGB; the file's own numbers wherever it is opaque.
        tags: Its colour profile and resolution, for a file of the same colours.
        bits: How deep it really is, 8 or 16.
        transparent: Whether a ground is seen through it anywhere.
        notes: What was changed on the way in, in words.
    """

    frame: Frame
    tags: Tags
    bits: int
    transparent: bool
    notes: tuple[str, ...]


def read_view(path: Path) -> View:
    """Read a picture as it is to be shown.

    Args:
        path: Any picture.

    Returns:
        Its view. 16 bits are rounded to 8.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Not a picture, or not a whole one.
    """
    read = read_levels(path)
    frame = to_eight(read.levels)
    clear = False
    if read.alpha is not None:
        alpha = to_eight(read.alpha)
        clear, frame = bool((alpha < 255).any()), _on_chequers(frame, alpha)
    return View(frame, _colours(read.tags), read.bits, clear, read.notes)


def read_shown(path: Path) -> Frame:
    """Read a restoration as it is to be shown.

    Args:
        path: A picture that holds RGB, as restorations do.

    Returns:
        (H, W, 3) RGB. 16 bits are rounded to 8.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Not a picture, or not a whole one.
    """
    array = decode(open_picture(path))
    frame, alpha = to_eight(to_rgb(array)), alpha_of(array)
    return frame if alpha is None else _on_chequers(frame, to_eight(alpha))


def read_touched(path: Path) -> Mask:
    """Read where the layer of a restoration holds anything.

    Args:
        path: A picture with alpha; without, all of it counts.

    Returns:
        (H, W), True where it is not wholly transparent.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Not a picture, or not a whole one.
    """
    array = decode(open_picture(path))
    alpha = alpha_of(array)
    return np.ones(array.shape[:2], np.bool_) if alpha is None else np.asarray(alpha > 0)


def chequers(size: tuple[int, int], rows: slice) -> NDArray[np.uint8]:
    """The ground that shows through transparent pictures: grey fields in two shades.

    Args:
        size: (W, H) of the picture; fields grow with it.
        rows: Which of its rows.

    Returns:
        (h, W) grey.
    """
    field = max(_LEAST_FIELD_PX, max(size) // _FIELDS_ACROSS)
    across = np.arange(size[0]) // field
    down = np.arange(rows.start, rows.stop) // field
    odd = (down[:, None] + across) % 2
    return np.array(_SHADES, np.uint8)[odd]


def _on_chequers(frame: Frame, alpha: NDArray[np.uint8]) -> Frame:
    height, width = alpha.shape
    shown = np.empty_like(frame)
    for top in range(0, height, _ROWS):
        rows = slice(top, min(top + _ROWS, height))
        share = alpha[rows, :, None].astype(np.uint32)
        ground: NDArray[Any] = chequers((width, height), rows)[..., None]
        shown[rows] = (frame[rows] * share + ground * (255 - share) + 127) // 255
    return shown


def _colours(tags: Tags) -> Tags:
    """What says how the numbers are meant, and nothing else; a profile for grey fits no RGB."""
    icc = tags.icc if tags.icc[16:20] == b"RGB " else b""
    chunks = [one for one in tags.png_chunks if one[0] in _COLOUR_CHUNKS]
    if not icc:
        chunks = [one for one in chunks if one[0] != b"iCCP"]
    return Tags(icc=icc, dpi=tags.dpi, png_chunks=tuple(chunks))
