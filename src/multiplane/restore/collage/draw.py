"""Draws a collage: original, damage and restoration side by side, strip by strip.

Only one picture besides the original is held, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.restore.collage.captions import FIXED, draw_caption
from multiplane.restore.collage.config import CollageOptions
from multiplane.restore.collage.layout import Layout, plan_layout

STRIP_PIXELS = 1_000_000
"""About so many pixels of the collage are made at a time."""
GAIN = 4
"""Differences are drawn so many times as strong."""


def draw_collage(
    original: Frame,
    damage: Mask,
    restorations: Sequence[Frame],
    options: CollageOptions | None = None,
    captions: Sequence[str] = (),
) -> Frame:
    """Lay a picture, its damage and its restorations side by side.

    Each row is the original, the original with the damage painted over, and a restoration; with
    ``difference`` also what differs between them. Rows are those of the restorations as they are
    handed in. Nothing is resampled unless the collage would exceed ``max_megapixels``.

    Args:
        original: (H, W, 3) RGB.
        damage: (H, W), True where it is damaged.
        restorations: (H, W, 3) RGB each.
        options: Gaps, colours, captions, size.
        captions: What to say below each restoration, with ``options.captions``.

    Returns:
        The collage, (H', W', 3) RGB.

    Raises:
        InputError: Sizes differ, there is no restoration, or another number of captions.
    """
    options = options or CollageOptions()
    layout = layout_for(original, len(restorations), options, tuple(captions))
    strips = collage_strips(original, damage, restorations, layout, options, captions)
    return np.concatenate(list(strips))


def layout_for(
    original: Frame, rows: int, options: CollageOptions, captions: tuple[str, ...] = ()
) -> Layout:
    """How large the collage of a picture becomes.

    Args:
        original: (H, W, 3) RGB.
        rows: How many restorations.
        options: As for :func:`draw_collage`.
        captions: As for :func:`draw_collage`.

    Returns:
        Where everything lies.

    Raises:
        InputError: There is no restoration, or another number of captions.
    """
    if not rows:
        raise InputError(
            "there is no restoration to show",
            why="a collage has a row for each",
            fix="hand in at least one, made by restore.candidates",
        )
    if options.captions and len(captions) != rows:
        raise InputError(
            f"{len(captions)} captions for {rows} restorations",
            why="each restoration has its own",
            fix=f"hand in {rows} captions, or CollageOptions(captions=False)",
        )
    height, width = original.shape[:2]
    return plan_layout((width, height), rows, options, captions)


def collage_strips(
    original: Frame,
    damage: Mask,
    restorations: Iterable[Frame],
    layout: Layout,
    options: CollageOptions,
    captions: Sequence[str] = (),
) -> Iterator[Frame]:
    """Make a collage from the top down.

    Args:
        original: (H, W, 3) RGB.
        damage: (H, W), True where it is damaged.
        restorations: (H, W, 3) RGB each; taken one at a time, as many as the layout has rows.
        layout: From :func:`layout_for`.
        options: The same as there.
        captions: The same as there.

    Yields:
        (h, W', 3) strips, all of the collage together.

    Raises:
        InputError: Sizes differ, or another number of restorations.
    """
    check_same_size(check_frame(original, "original"), check_mask(damage, "damage"), _NAMES)
    paint = _colour(options.mask_rgb)
    ground = _colour(options.background_rgb)
    small = _shrunk(original, layout)
    fixed = None if layout.shrink == 1 else _shrunk(_painted(original, damage, paint), layout)
    gap = np.empty((layout.gap_v, layout.size[0], 3), np.uint8)
    gap[:] = ground
    count = 0
    for count, restoration in enumerate(restorations, start=1):
        check_same_size(original, check_frame(restoration, "restoration"), _PAIR)
        if count > layout.rows:
            break
        if count > 1 and len(gap):
            yield gap
        third = _shrunk(restoration, layout)
        fourth = _fourth(original, restoration, layout) if options.difference else None
        for rows in _slices(layout):
            second = _painted(small[rows], damage[rows], paint) if fixed is None else fixed[rows]
            panels = [small[rows], second, third[rows]]
            if options.difference:
                differs = _difference(*panels[::2]) if fourth is None else fourth[rows]
                panels.append(differs)
            yield _beside(panels, layout, ground)
        if layout.caption:
            yield _captions(captions[count - 1], layout, ground)
    if count != layout.rows:
        raise InputError(
            f"{count} restorations or more, wanted {layout.rows}",
            why="the layout was made for that many rows",
            fix="make the layout for as many as there are",
        )


_NAMES = ("original", "damage")
_PAIR = ("original", "restoration")


def difference(original: Frame, restoration: Frame) -> NDArray[np.uint8]:
    """What differs between two pictures, in grey: the channel that differs most, times four.

    Args:
        original: (H, W, 3) RGB.
        restoration: (H, W, 3) RGB.

    Returns:
        (H, W); 0 where they are the same, 255 from a difference of 64 levels on.
    """
    off = cv2.absdiff(original, restoration)
    most = np.maximum(np.maximum(off[..., 0], off[..., 1]), off[..., 2])
    return np.asarray(cv2.convertScaleAbs(most, alpha=GAIN), dtype=np.uint8)


def _difference(original: Frame, restoration: Frame) -> Frame:
    return np.repeat(difference(original, restoration)[..., None], 3, axis=2)


def _fourth(original: Frame, restoration: Frame, layout: Layout) -> Frame | None:
    """The difference where it must be shrunk as a whole; else None: it is made strip by strip."""
    if layout.shrink == 1:
        return None
    return _shrunk(_difference(original, restoration), layout)


def _painted(original: Frame, damage: Mask, paint: NDArray[np.uint8]) -> Frame:
    painted = original.copy()
    painted[damage] = paint
    return painted


def _shrunk(frame: Frame, layout: Layout) -> Frame:
    """The picture as it is drawn: itself, or each pixel the mean of the area that it covers."""
    if layout.shrink == 1:
        return frame
    return np.asarray(cv2.resize(frame, layout.panel, interpolation=cv2.INTER_AREA))


def _slices(layout: Layout) -> Iterator[slice]:
    step = max(1, STRIP_PIXELS // layout.size[0])
    height = layout.panel[1]
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _beside(panels: Sequence[Frame], layout: Layout, ground: NDArray[np.uint8]) -> Frame:
    strip = np.empty((len(panels[0]), layout.size[0], 3), np.uint8)
    for column, panel in enumerate(panels):
        x, _ = layout.corner(0, column)
        strip[:, max(0, x - layout.gap_h) : x] = ground
        strip[:, x : x + layout.panel[0]] = panel
    return strip


def _captions(text: str, layout: Layout, ground: NDArray[np.uint8]) -> Frame:
    """The texts below a row."""
    first, second, last = FIXED
    texts = (first, second, text, last)[: layout.columns]
    cover = np.zeros((layout.caption, layout.size[0]), np.uint8)
    for column, told in enumerate(texts):
        x, _ = layout.corner(0, column)
        cover[:, x : x + layout.panel[0]] = draw_caption(told, (layout.panel[0], layout.caption))
    ink = 0 if ground @ _LUMA >= 128 else 255
    share = np.arange(256)[:, None] / 255
    shades = np.rint(ground + share * (ink - ground.astype(np.float64))).astype(np.uint8)
    return shades[cover]


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def _colour(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(text.removeprefix("#")), np.uint8)
