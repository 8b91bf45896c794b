"""Boxes that a person drew round people, as what is shown to each eye of a chunk."""

from __future__ import annotations

from pathlib import Path

from multiplane.core.detections import Detection
from multiplane.split.detect.overrides import Overrides, read_overrides
from multiplane.split.stereo.agreement import SIDES
from multiplane.split.track.backend import Look

Shown = dict[int, dict[int, list[Look]]]
"""Eye → frame of the chunk → whom somebody drew a box round there."""


def shown_boxes(
    path: Path,
    clip: str,
    frames: range,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    eyes: int = 2,
) -> Shown:
    """Read boxes and put them where they belong.

    Frames are told by their number in the clip, six digits: ``000120`` or ``left/000120`` is the
    left eye, ``right/000120`` the right one; the name of the clip and a slash before it keep it to
    that clip. A box without an id takes its place in the list for one.

    Args:
        path: JSON or YAML, as ``split.detect`` takes it.
        clip: The id of the clip.
        frames: Of the chunk, their numbers in the clip.
        sizes: (width, height) of an eye at full size, which the boxes are in, and at working size.
        eyes: How many the clip has.

    Returns:
        What to show; eyes without any box are absent.

    Raises:
        InputError: The file cannot be read, or a box is nowhere in the eye.
    """
    told = read_overrides(path, "person")
    full, work = sizes
    along = work[0] / full[0], work[1] / full[1]
    shown: Shown = {}
    for eye, side in enumerate(SIDES[:eyes]):
        for at, index in enumerate(frames):
            found = _boxes(told, clip, side, f"{index:06d}", full)
            if found is not None:
                shown.setdefault(eye, {})[at] = [
                    _look(one, number, along) for number, one in enumerate(found, start=1)
                ]
    if shown:
        for eye in range(eyes):  # nobody is there before the first box of an eye
            shown.setdefault(eye, {}).setdefault(0, [])
        if eyes > 1 and not any(shown[1].values()):
            del shown[1]
    return shown


def _boxes(
    told: Overrides, clip: str, side: str, stem: str, size: tuple[int, int]
) -> tuple[Detection, ...] | None:
    found = told.of(clip, f"{side}/{stem}", size)
    if found is None and side == "left":
        found = told.of(clip, stem, size)
    return found


def _look(one: Detection, number: int, along: tuple[float, float]) -> Look:
    x0, y0, x1, y1 = one.box
    box = (x0 * along[0], y0 * along[1], x1 * along[0], y1 * along[1])
    return Look(None, box, one.score, one.id or number)
