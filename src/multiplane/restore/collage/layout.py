"""Where the pictures of a collage lie: columns beside each other, a row a restoration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from multiplane.restore.collage.captions import caption_height_px
from multiplane.restore.collage.config import CollageOptions


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels of the collage. There is no border round it: gaps lie between pictures.

    Attributes:
        panel: (w, h) of each picture as it is drawn.
        columns: Pictures a row.
        rows: How many rows.
        gap_h: Between the pictures of a row.
        gap_v: Between the rows.
        caption: Height of the text below each row; 0 without captions.
        shrink: Side of a picture as drawn over its own; 1: at its own size, pixel by pixel.
    """

    panel: tuple[int, int]
    columns: int
    rows: int
    gap_h: int
    gap_v: int
    caption: int
    shrink: float

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) of the whole collage."""
        width, height = self.panel
        return (
            self.columns * width + (self.columns - 1) * self.gap_h,
            self.rows * (height + self.caption) + (self.rows - 1) * self.gap_v,
        )

    @property
    def megapixels(self) -> float:
        """How large the whole collage is."""
        return math.prod(self.size) / 1e6

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """(x, y) of the top left pixel of a picture.

        Args:
            row: From 0.
            column: From 0: the original, the damage, the restoration, the difference.
        """
        width, height = self.panel
        return column * (width + self.gap_h), row * (height + self.caption + self.gap_v)


def plan_layout(
    size: tuple[int, int], rows: int, options: CollageOptions, captions: tuple[str, ...] = ()
) -> Layout:
    """Find out how large everything is drawn.

    Args:
        size: (W, H) of the pictures.
        rows: How many restorations.
        options: Gaps, columns, captions, and how large it may become.
        captions: The text of each restoration; empty: none.

    Returns:
        The pictures at their own size, or the largest layout of at most ``max_megapixels``
        (though never with pictures of less than a pixel).
    """
    whole = _at(size, size[0], rows, options, captions)
    if not options.max_megapixels or whole.megapixels <= options.max_megapixels:
        return whole
    fits, too_wide = 1, size[0]
    while too_wide - fits > 1:
        width = (fits + too_wide) // 2
        if _at(size, width, rows, options, captions).megapixels <= options.max_megapixels:
            fits = width
        else:
            too_wide = width
    return _at(size, fits, rows, options, captions)


def _at(
    size: tuple[int, int],
    width: int,
    rows: int,
    options: CollageOptions,
    captions: tuple[str, ...],
) -> Layout:
    """The layout with pictures of that width; gaps shrink with them."""
    shrink = width / size[0]
    panel = (width, max(1, round(size[1] * shrink)))
    caption = caption_height_px(width, captions) if options.captions else 0
    gap_h, gap_v = (round(gap * shrink) for gap in (options.spacing_h_px, options.spacing_v_px))
    return Layout(panel, 3 + options.difference, rows, gap_h, gap_v, caption, shrink)
