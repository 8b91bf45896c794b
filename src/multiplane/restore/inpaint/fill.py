"""The fill of a whole shot: invented once, carried along, joined to every frame."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.threads import map_ordered
from multiplane.motion.camera import CameraPath, Homography
from multiplane.restore.inpaint.backend import BatchInpainter, Gap, Inpainter
from multiplane.restore.inpaint.blend import RING_PX, match_light, mix, ramp
from multiplane.restore.inpaint.canvas import INVENTED, SEEN, Sheet
from multiplane.restore.inpaint.chapters import Chapter, divide, find_holes
from multiplane.restore.inpaint.config import InpaintOptions
from multiplane.restore.inpaint.crops import Box, Invention, bounds, fill_gaps, fill_holes
from multiplane.restore.inpaint.shot import Shot, View

log = logging.getLogger(__name__)

MOST_LAID = 32
"""A sheet is laid from at most this many frames, evenly spread from the first to the last."""

MOST_HELD_PX = 100_000_000
"""Of frames whose holes are filled together; some 14 bytes each."""


@dataclass(frozen=True)
class Inpainted:
    """One frame, filled.

    Attributes:
        background: (H, W, 3) RGB.
        fills: (H, W) uint8; 0 untouched, 1 seen in another frame, 2 invented.
        mask: (H, W) the character, not grown.
        inventions: What was invented for this frame alone.
        carried: Whether invented pixels came from the shot's sheet.
    """

    background: Frame
    fills: NDArray[np.uint8]
    mask: Mask
    inventions: tuple[Invention, ...]
    carried: bool


@dataclass
class Painter:
    """Fills the frames of one shot.

    Attributes:
        shot: The shot.
        inpainter: What invents.
        options: How.
        sheets: What was invented for many frames at once, with where they lie; grows as the
            frames are asked for.
    """

    shot: Shot
    inpainter: Inpainter
    options: InpaintOptions
    sheets: list[tuple[Chapter, tuple[Invention, ...]]] = field(default_factory=list)

    def frames(self) -> Iterator[Inpainted]:
        """Every frame of the shot, in order; one sheet is held at a time."""
        chapters = self._chapters()
        start = 0
        previous: tuple[Chapter, Sheet] | None = None
        for chapter, following in itertools.zip_longest(chapters, chapters[1:]):
            stop = following.frames[0] if following else len(self.shot)
            sheet = self._draw(chapter, range(start, stop), previous)
            self.sheets.append((chapter, tuple(sheet.inventions)))
            yield from self._work(range(start, stop), chapter, sheet)
            start, previous = stop, (chapter, sheet)
        yield from self._work(range(start, len(self.shot)), None, None)

    def _chapters(self) -> list[Chapter]:
        camera = self.shot.camera
        if camera is None or not self.options.carry or len(self.shot) == 1:
            return []

        def look(index: int) -> tuple[int, Mask]:
            hole = self.shot.hole(index)
            # What could not be registered is filled by itself; where there is nothing to fill it
            # from, it takes the place of the frame before it, which is what its matrix says.
            lies_somewhere = camera.registered(index) or bool(hole.all())
            return index, hole if lies_somewhere else np.zeros_like(hole)

        holes = find_holes(map_ordered(look, range(len(self.shot)), ahead=4))
        if not holes:
            return []
        height, width = self.shot.hole(0).shape
        sides = [max(b.x1 - b.x0, b.y1 - b.y0) for b in holes.values()]
        margin = max(self.options.context_px, max(sides) // 2)
        most = self.options.canvas_megapixels * 1e6
        return divide(holes, camera, (width, height), margin, most)

    def _draw(
        self, chapter: Chapter, numbers: range, previous: tuple[Chapter, Sheet] | None
    ) -> Sheet:
        """Lay together what the chapter's frames show, then invent what none of them does."""
        sheet = Sheet(chapter.size)
        for index, hole in map_ordered(lambda n: (n, self.shot.hole(n)), chapter.frames):
            sheet.want(hole, chapter.to_sheet[index])
        camera = self.shot.camera
        assert camera is not None, "there are no chapters without a camera"

        numbers_laid = self._laid(chapter, numbers, camera)
        lent = map_ordered(self.shot.lent, numbers_laid)
        for index, (ground, free) in zip(numbers_laid, lent, strict=True):
            shown = free.view(np.uint8) * np.uint8(SEEN)
            sheet.add(ground, shown, _place(index, chapter, camera))
            if not sheet.missing.any():
                break
        if previous is not None:
            old, before = previous
            old_to_new = _between(old, chapter, camera)
            kinds = np.where(before.kinds == INVENTED, before.kinds, 0).astype(np.uint8)
            sheet.add(before.picture, kinds, old_to_new)
        sheet.invent(self.inpainter, self.options.context_px)
        log.info(
            "frames %d-%d share a sheet of %dx%d; %d px invented", chapter.frames[0],
            chapter.frames[-1], *chapter.size, sum(i.area_px for i in sheet.inventions),
        )  # fmt: skip
        return sheet

    @staticmethod
    def _laid(chapter: Chapter, numbers: range, camera: CameraPath) -> list[int]:
        """The frames a sheet is laid from: the reference, then others, nearest first.

        Some are frames without a hole, which see everything, the rest evenly spread.
        """
        middle = chapter.reference

        def distance(index: int) -> tuple[int, int]:
            return abs(index - middle), index

        whole = sorted((n for n in numbers if n not in chapter.to_sheet), key=distance)
        places = np.linspace(0, len(chapter.frames) - 1, min(MOST_LAID, len(chapter.frames)))
        spread = (chapter.frames[round(place)] for place in places)
        chosen = {*whole[: MOST_LAID // 4], *spread} - {middle}
        return [middle, *sorted((n for n in chosen if camera.registered(n)), key=distance)]

    def _work(
        self, numbers: range, chapter: Chapter | None, sheet: Sheet | None
    ) -> Iterator[Inpainted]:
        def start(index: int) -> _Begun:
            to_sheet = None if chapter is None else chapter.to_sheet.get(index)
            return _begin(self.shot.view(index), self.options, sheet, to_sheet)

        if isinstance(self.inpainter, BatchInpainter):
            filled = self._collect(map_ordered(start, numbers), self.inpainter.at_once)
            return map_ordered(lambda pair: _finish(pair[0], *pair[1], self.options), filled)

        def work(index: int) -> Inpainted:
            begun = start(index)
            gap, context_px = begun.gap, self.options.context_px
            return _finish(begun, *fill_holes(*gap, self.inpainter, context_px), self.options)

        return map_ordered(work, numbers)

    def _collect(
        self, begun: Iterator[_Begun], at_once: int
    ) -> Iterator[tuple[_Begun, tuple[Frame, list[Invention]]]]:
        """Fill the holes of several frames together, on the calling thread."""
        for some in _together(begun, at_once):
            gaps = [one.gap for one in some]
            yield from zip(
                some, fill_gaps(gaps, self.inpainter, self.options.context_px), strict=True
            )


@dataclass(frozen=True)
class _Begun:
    """A frame that took what the sheet shows; the rest of its hole is still open.

    Attributes:
        view: The frame.
        gap: What is left to fill, and from what.
        reach: The part of it that anything changes in; None when nothing does.
        lent: (h, w, 3) the sheet in the light of that part, (h, w) where it counts; None without.
        carried: (H, W) kinds of what came from the sheet.
    """

    view: View
    gap: Gap
    reach: Box | None
    lent: tuple[NDArray[np.float32], Mask] | None
    carried: NDArray[np.uint8]


def _together(begun: Iterator[_Begun], at_once: int) -> Iterator[list[_Begun]]:
    """Frames in order, as many together as are wanted and memory is meant to hold."""
    some: list[_Begun] = []
    held_px = 0
    for one in begun:
        some.append(one)
        held_px += one.gap.hole.size
        if len(some) >= at_once or held_px >= MOST_HELD_PX:
            yield some
            some, held_px = [], 0
    if some:
        yield some


def fill_frame(
    view: View,
    inpainter: Inpainter,
    options: InpaintOptions,
    sheet: Sheet | None = None,
    to_sheet: Homography | None = None,
) -> Inpainted:
    """Fill one frame.

    What the sheet shows is carried over; only what it lacks is invented for this frame.

    Args:
        view: The frame.
        inpainter: What invents.
        options: How.
        sheet: What was invented for the shot.
        to_sheet: Frame pixels to sheet pixels.

    Returns:
        The filled frame.

    Raises:
        InputError: Nothing is known to fill from.
    """
    begun = _begin(view, options, sheet, to_sheet)
    return _finish(begun, *fill_holes(*begun.gap, inpainter, options.context_px), options)


def _begin(
    view: View, options: InpaintOptions, sheet: Sheet | None, to_sheet: Homography | None
) -> _Begun:
    """Take over what the sheet shows."""
    inner = bounds(view.hole)
    carried = np.zeros(view.hole.shape, np.uint8)
    if inner is None:
        return _Begun(view, Gap(view.base, view.hole, ~view.hole), None, None, carried)
    reach = inner.grown(2 * RING_PX + options.feather_px, view.hole.shape)
    part = reach.slices
    ground, lent = view.base, None
    if sheet is not None and to_sheet is not None:
        shown, kinds = sheet.look(to_sheet, reach)
        lit = match_light(shown, view.base[part], view.hole[part], kinds > 0)
        ground = view.base.copy()
        _put(ground[part], lit, view.hole[part] & (kinds > 0))
        carried[part] = np.where(view.hole[part], kinds, 0)
        lent = lit, view.seen[part] & (kinds > 0)
    left = view.hole & (carried == 0)
    return _Begun(view, Gap(ground, left, ~view.hole), reach, lent, carried)


def _finish(
    begun: _Begun, filled: Frame, inventions: list[Invention], options: InpaintOptions
) -> Inpainted:
    """Join what was filled to the frame."""
    view, carried = begun.view, begun.carried
    fills = (view.seen & ~view.hole).view(np.uint8) * np.uint8(SEEN)
    if begun.reach is None:
        return Inpainted(view.base, fills, view.mask, (), carried=False)
    if begun.lent is not None:  # the blend reaches out of the hole into what was borrowed
        _put(filled[begun.reach.slices], *begun.lent)
    fills[view.hole] = np.where(carried[view.hole] > 0, carried[view.hole], INVENTED)
    background = _join(view, filled, begun.reach, options.feather_px)
    return Inpainted(
        background, fills, view.mask, tuple(inventions), carried=bool((carried == INVENTED).any())
    )


def _place(index: int, chapter: Chapter, camera: CameraPath) -> Homography:
    """From the pixels of any frame to those of the sheet."""
    across = camera.between(index, chapter.reference)
    return np.asarray(chapter.to_sheet[chapter.reference] @ across)


def _between(old: Chapter, new: Chapter, camera: CameraPath) -> Homography:
    """From the pixels of one sheet to those of the next."""
    across = camera.between(old.reference, new.reference)
    back = np.linalg.inv(old.to_sheet[old.reference])
    return np.asarray(new.to_sheet[new.reference] @ across @ back)


def _put(ground: Frame, fill: NDArray[np.float32], where: Mask) -> None:
    ground[where] = np.clip(np.rint(fill[where]), 0, 255).astype(np.uint8)


def _join(view: View, filled: Frame, reach: Box, feather_px: int) -> Frame:
    """Blend the fill into the frame within the grown mask."""
    part = reach.slices
    share = ramp(view.hole[part], view.seen[part], view.mask[part], feather_px)
    background = view.base.copy()
    background[part] = mix(view.base[part], filled[part].astype(np.float32), share)
    return background
