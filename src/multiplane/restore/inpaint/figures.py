"""What the metadata says about each frame: which holes there were and what filled them."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import find_objects

from multiplane.core.choice import Choice
from multiplane.core.config import Options
from multiplane.core.items import Json
from multiplane.restore.inpaint.canvas import INVENTED, SEEN
from multiplane.restore.inpaint.chapters import Chapter
from multiplane.restore.inpaint.crops import APART_PX, Invention, bounds
from multiplane.restore.inpaint.fill import Inpainted

MOST_HOLES = 32
"""Only this many holes of a frame are listed, the largest."""


def frame_figures(stem: str, done: Inpainted, carried_by: str) -> dict[str, Json]:
    """The figures of one frame.

    Args:
        stem: Its name.
        done: What came of it.
        carried_by: What invented the pixels carried over from the shot's sheet.

    Returns:
        Areas in pixels, shares in [0, 1].
    """
    filled = done.fills > 0
    hole = int(np.count_nonzero(filled))
    invented = int(np.count_nonzero(done.fills == INVENTED))
    names = {i.by for i in done.inventions} | ({carried_by} if done.carried else set())
    by = "+".join(sorted(names - {""}))
    return {
        "frame": stem,
        "hole_px": hole,
        "coverage_before": round(float(done.mask.mean()), 5),
        "coverage_after": round(hole / filled.size, 5),
        "invented_share": round(invented / hole, 5) if hole else 0.0,
        "invented_px": invented,
        "invented_anew_px": sum(i.area_px for i in done.inventions),
        "carried": done.carried,
        "filled_by": by,
        "holes": _holes(done, by),
    }


def shot_figures(
    rows: list[dict[str, Json]],
    sheets: list[tuple[Chapter, tuple[Invention, ...]]],
    choice: Choice[Options],
) -> dict[str, Json]:
    """The figures of the shot.

    Args:
        rows: Those of its frames.
        sheets: What was invented for many frames at once.
        choice: What was chosen to invent, and why.

    Returns:
        Figures, with the rows under ``frames``.
    """
    holes, invented = (
        sum(n for row in rows if isinstance(n := row[key], int))
        for key in ("hole_px", "invented_px")
    )
    return {
        "backend": choice.kind,
        "why": choice.why,
        "hole_px": holes,
        "invented_share": round(invented / holes, 5) if holes else 0.0,
        "sheets": [_sheet(chapter, inventions) for chapter, inventions in sheets],
        "frames": [*rows],
    }


def _sheet(chapter: Chapter, inventions: tuple[Invention, ...]) -> dict[str, Json]:
    return {
        "frames": len(chapter.frames),
        "first": chapter.frames[0],
        "last": chapter.frames[-1],
        "size": [*chapter.size],
        "scale": round(chapter.scale, 4),
        "invented_px": sum(i.area_px for i in inventions),
        "filled_by": "+".join(sorted({i.by for i in inventions})),
    }


def _holes(done: Inpainted, by: str) -> list[Json]:
    """Box, area and what filled it, of the largest holes."""
    box = bounds(done.fills > 0)
    if box is None:
        return []
    kinds = done.fills[box.slices]
    filled = kinds > 0
    near = cv2.dilate(filled.view(np.uint8), np.ones((APART_PX + 1, APART_PX + 1), np.uint8))
    count, labels = cv2.connectedComponents(near)
    labels[~filled] = 0
    areas = np.bincount(labels.ravel(), minlength=count)
    seen = np.bincount(labels[kinds == SEEN], minlength=count)
    boxes = find_objects(labels)
    order = sorted(range(1, count), key=lambda n: (-int(areas[n]), n))
    holes: list[Json] = []
    for number in order[:MOST_HOLES]:
        y, x = boxes[number - 1]
        area = int(areas[number])
        borrowed = int(seen[number]) / area
        shares: dict[str, Json] = {}
        if borrowed > 0:
            shares["other frames"] = round(borrowed, 4)
        if borrowed < 1:
            shares[by] = round(1.0 - borrowed, 4)
        holes.append(
            {
                "box_xyxy": [
                    x.start + box.x0,
                    y.start + box.y0,
                    x.stop + box.x0,
                    y.stop + box.y0,
                ],
                "area_px": area,
                "filled_by": shares,
            }
        )
    return holes
