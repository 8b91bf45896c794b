"""Which of the boxes that were found in a frame are kept, and in what form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from multiplane.core.detections import Detection, within
from multiplane.split.detect.config import DetectOptions


def sift(
    found: Iterable[Detection], wanted: frozenset[str], size: tuple[int, int],
    options: DetectOptions,
) -> tuple[Detection, ...]:  # fmt: skip
    """Keep what was asked for: of the right label, sure and large enough, within the frame.

    Args:
        found: The boxes of one frame, as the backend gave them.
        wanted: Labels.
        size: (width, height) of the frame.
        options: Threshold, least side and greatest number.

    Returns:
        Boxes cut to the frame, in hundredths of a px, the surest first; of equally sure ones the
        one that came first.
    """
    sure = (one for one in found if one.label in wanted and one.score >= options.threshold)
    cut = (_cut(one, size, options.min_box_px) for one in sure)
    kept = sorted((one for one in cut if one is not None), key=lambda one: -one.score)
    return tuple(kept[: options.max_boxes])


def _cut(one: Detection, size: tuple[int, int], least_px: float) -> Detection | None:
    box = within(one.box, size)
    if box is None:
        return None
    x0, y0, x1, y1 = (round(value, 2) for value in box)
    if min(x1 - x0, y1 - y0) < least_px:
        return None
    return replace(one, box=(x0, y0, x1, y1), score=round(min(one.score, 1.0), 4))
