"""Text below the pictures of a collage, in the font that Pillow carries.

That font knows ASCII and little else, so captions tell facts: backend, model, seed, guidance,
rank. Prompts, which may be in any language, stand in the record and on the page.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FIXED = ("original", "damage", "difference x4")
"""What stands below the first, the second and the fourth picture."""
_WIDTHS_A_LETTER_ROW = 36
"""A picture is as wide as so many times the height of its letters."""
_LEAST_PX = 10
_MOST_LINES = 8
_LINE = 1.3
_BEGIN, _END = " ", "~"  # of what the font has


def plain(text: str) -> str:
    """What the font can draw of a text: accents are dropped, runs of other letters become ``~``.

    Args:
        text: Any text.

    Returns:
        Printable ASCII on one line.
    """
    kept: list[str] = []
    for letter in unicodedata.normalize("NFKD", " ".join(text.split())):
        if _BEGIN <= letter <= _END:
            kept.append(letter)
        elif not unicodedata.combining(letter) and kept[-1:] != ["~"]:
            kept.append("~")
    return "".join(kept)


def caption_height_px(width: int, captions: tuple[str, ...]) -> int:
    """How high the strip below each row must be for the longest of the captions.

    Args:
        width: Of the picture above, in pixels.
        captions: Those of all rows.
    """
    lines = max((len(_wrap(text, width)) for text in (*FIXED, *captions)), default=1)
    return round(_size_px(width) * _LINE * (lines + 0.5))


def draw_caption(text: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw the text of one picture.

    Args:
        text: What to say.
        size: (w, h) of the place below the picture, in pixels.

    Returns:
        (h, w) how much of the letters covers each pixel, 0 to 255.
    """
    image = Image.new("L", size, 0)
    pen, step = ImageDraw.Draw(image), _size_px(size[0]) * _LINE
    for number, line in enumerate(_wrap(text, size[0])):
        pen.text((0, round((number + 0.25) * step)), line, 255, font=_font(size[0]))
    return np.asarray(image)


def _size_px(width: int) -> int:
    return max(_LEAST_PX, round(width / _WIDTHS_A_LETTER_ROW))


@lru_cache(maxsize=8)
def _sized(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size_px)


def _font(width: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return _sized(_size_px(width))


@lru_cache(maxsize=512)
def _wrap(text: str, width: int) -> tuple[str, ...]:
    """Break a text into lines that fit; what does not fit into so many lines is cut off."""
    font = _font(width)
    lines = [""]
    for word in plain(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if lines[-1] and font.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1][:-2] + ".."]
    return tuple(lines)
