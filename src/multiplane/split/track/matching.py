"""What was found in a frame, laid on those who are followed and those who are gone.

All are matched at once (Kuhn 1955, doi:10.1002/nav.3800020109).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from multiplane.core.arrays import Frame, Mask
from multiplane.core.instances import box_of
from multiplane.split.track.appearance import Looks, likeness, looks_of
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.overlap import box_iou, iou

_NEARER = 0.1
"""How much being at the place where somebody left counts beside colours."""


class Gone(Protocol):
    """Somebody who was seen before and is not now."""

    number: int
    looks: Looks | None
    centre: tuple[float, float]


def match(
    looks: Sequence[Look], seen: Mapping[int, Sighting], least: float
) -> dict[int, int]:  # fmt: skip
    """Find out which of those in sight each thing found is.

    Args:
        looks: What was found.
        seen: Number → where it is believed to be.
        least: Overlap, IoU, below which they are not the same. A box is held against the box of a
            mask.

    Returns:
        Place among the looks → number, of those that are somebody in sight.
    """
    numbers = sorted(seen)
    boxes = {number: box_of(seen[number].mask) for number in numbers}
    table = np.array(
        [
            [
                iou(look.mask, seen[number].mask)
                if look.mask is not None
                else box_iou(look.box, boxes[number])
                for number in numbers
            ]
            for look in looks
        ]
    )
    return {row: numbers[column] for row, column in _best(table, least)}


def match_returning(
    frame: Frame, looks: Sequence[Look], gone: Sequence[Gone], alike: float
) -> dict[int, int]:
    """Find out who of those who are gone is among what was found.

    Colours decide whether; between two of the same colours the place where each was last decides
    who.

    Args:
        frame: (H, W, 3).
        looks: What nobody in sight accounts for.
        gone: Who may have come back.
        alike: Likeness of colours below which nobody is known again.

    Returns:
        Place among the looks → number.
    """
    table = np.zeros((len(looks), len(gone)))
    diagonal = float(np.hypot(*frame.shape[:2]))
    for row, look in enumerate(looks):
        mask = look.mask if look.mask is not None else _middle_of(look, frame)
        colours = looks_of(frame, mask)
        if colours is None:
            continue
        x, y = (look.box[0] + look.box[2]) / 2, (look.box[1] + look.box[3]) / 2
        for column, one in enumerate(gone):
            assert one.looks is not None
            like = likeness(colours, one.looks)
            if like >= alike:
                away = float(np.hypot(x - one.centre[0], y - one.centre[1])) / diagonal
                table[row, column] = like + _NEARER * (1 - away)
    return {row: gone[column].number for row, column in _best(table, 1e-9)}


def _best(table: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """The pairs that together are worth most, without those worth less than the least."""
    if not table.size:
        return []
    worth = np.where(table >= least, table, 0.0)
    rows, columns = linear_sum_assignment(-worth)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if worth[row, column] > 0]


def _middle_of(look: Look, frame: Frame) -> Mask:
    """The middle half of a box, in which mostly the object itself is seen."""
    x0, y0, x1, y1 = look.box
    mask = np.zeros(frame.shape[:2], np.bool_)
    wide, high = (x1 - x0) / 4, (y1 - y0) / 4
    mask[
        max(0, round(y0 + high)) : max(0, round(y1 - high)),
        max(0, round(x0 + wide)) : max(0, round(x1 - wide)),
    ] = True
    return mask
