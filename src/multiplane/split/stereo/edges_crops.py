"""People looked at again, one by one, in crops of the full picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import box_of

Look: TypeAlias = Callable[[Frame, Mask], tuple[Alpha, float]]
"""``look`` of a people backend: a frame and roughly where one person is → alpha and score."""

_MARGIN = 0.3
"""Room round a person, share of the longer side of the box."""
_LEAST_MARGIN_PX = 16


@dataclass(frozen=True)
class Closer:
    """What a second look gave.

    Attributes:
        alpha: (h, w) at the size that was asked for, everybody on it.
        agreements: IoU of each look with the hint it was given, in the order of the hints; -1
            where the hint was empty and nothing was looked at.
        taken: How many of the looks are in the alpha.
    """

    alpha: Alpha
    agreements: tuple[float, ...]
    taken: int


def look_closer(
    frame: Frame,
    alpha: Alpha,
    hints: Sequence[Mask],
    look: Look,
    agreement: float,
) -> Closer:
    """Replace people by what a look at their crop of the full picture shows.

    Args:
        frame: (H, W, 3), the full picture.
        alpha: (h, w), everybody, at any size up to the frame's; the size of the answer.
        hints: (h', w') each, where one person is, at any size.
        look: Finds one person in a picture.
        agreement: A look is taken when its IoU with its hint is at least this.

    Returns:
        The alpha with the looks that were taken, and how each agreed. Who was not taken stays as
        in ``alpha``.
    """
    size = (alpha.shape[1], alpha.shape[0])
    found, agreements = alpha.copy(), []
    taken: list[tuple[tuple[slice, slice], Alpha]] = []
    grown = [_at(hint, size) for hint in hints]
    for number, hint in enumerate(grown):
        crop = _crop(hint, size, (frame.shape[1], frame.shape[0]))
        if crop is None:
            agreements.append(-1.0)
            continue
        small, full = crop
        part = np.ascontiguousarray(frame[full])
        rough = _at(hint[small], (part.shape[1], part.shape[0]))
        seen, _ = look(part, rough)
        few = (hint[small].shape[1], hint[small].shape[0])
        shown = np.clip(cv2.resize(seen, few, interpolation=cv2.INTER_AREA), 0, 1)
        share = _iou(shown >= 0.5, hint[small])
        agreements.append(round(share, 4))
        if share >= agreement:
            others = [g[small] for other, g in enumerate(grown) if other != number]
            _clear(found[small], hint[small], others)
            taken.append((small, np.asarray(shown, np.float32)))
    for small, shown in taken:
        np.maximum(found[small], shown, out=found[small])
    return Closer(found, tuple(agreements), len(taken))


def hints_of(alpha: Alpha) -> Iterator[Mask]:
    """Guess who is who where nobody says: each connected part is one person."""
    count, labels = cv2.connectedComponents((alpha >= 0.5).astype(np.uint8), connectivity=8)
    for number in range(1, count):
        yield np.asarray(labels == number, np.bool_)


def _clear(found: Alpha, hint: Mask, others: Sequence[Mask]) -> None:
    """Take one person out of an alpha, with the soft edge, but not those beside."""
    reach = max(3, round(0.01 * max(hint.shape))) | 1
    own = cv2.dilate(hint.view(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    for other in others:
        own &= ~other
    found[own] = 0


def _at(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask at (width, height), its edge smooth."""
    if (mask.shape[1], mask.shape[0]) == size:
        return mask
    grey = cv2.resize(mask.view(np.uint8) * np.uint8(255), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(grey >= 128, np.bool_)


def _crop(
    hint: Mask, size: tuple[int, int], full: tuple[int, int]
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """Rows and columns round the hint, in the hint and in the full picture."""
    x0, y0, x1, y1 = box_of(hint)
    if not x1:
        return None
    least = _LEAST_MARGIN_PX * size[0] / full[0]
    margin = round(max(_MARGIN * max(x1 - x0, y1 - y0), least, 1))
    x0, y0 = max(0, x0 - margin), max(0, y0 - margin)
    x1, y1 = min(size[0], x1 + margin), min(size[1], y1 + margin)
    across, down = full[0] / size[0], full[1] / size[1]
    wide = (
        slice(round(y0 * down), round(y1 * down)),
        slice(round(x0 * across), round(x1 * across)),
    )
    return (slice(y0, y1), slice(x0, x1)), wide


def _iou(one: Mask, other: Mask) -> float:
    either = int(np.count_nonzero(one | other))
    return int(np.count_nonzero(one & other)) / either if either else 0.0
