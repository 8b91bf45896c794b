"""How far two eyes agree on a person: overlap after the person's own warp, in what both see.

Two perfect masks of a person lie apart by the disparity, so their plain overlap says little: 0.72
to 0.85 for a correct pair. Warped by the plane the person stands in it is 0.98 and more, and what
is left over is a mistake of one of them. Left out are the pixels that one eye cannot see: outside
its picture, or behind other people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.geometry.plane import Plane, Side

Picture = TypeVar("Picture", bound=NDArray[Any])

SIDES: tuple[Side, Side] = ("left", "right")
_COARSE = 8
"""What is in view of the other eye is told on a picture so many times smaller."""


class TwoEyes(Protocol):
    """What is known of how the eyes stand to each other."""

    def plane(
        self, left: Frame, right: Frame, mask: Mask, side: Side = "left"
    ) -> Plane | None:  # fmt: skip
        """The plane of what a mask of one eye shows; None where nothing tells."""

    def transfer(self, picture: Picture, plane: Plane, to: Side) -> Picture:
        """What one eye shows on a plane, as the other eye has it."""


@dataclass(frozen=True)
class Sight:
    """A person and everybody else in both eyes of one frame, at working size.

    Attributes:
        frames: Of the left and the right eye.
        masks: Of the person; empty where an eye does not see them.
        others: Everybody else in each eye.
        plane: The person's.
    """

    frames: tuple[Frame, Frame]
    masks: tuple[Mask, Mask]
    others: tuple[Mask, Mask]
    plane: Plane


def raw_iou(left: Mask, right: Mask) -> float:
    """Overlap of two masks as they lie, in [0, 1]; 0 when both are empty."""
    either = int(np.count_nonzero(left | right))
    return int(np.count_nonzero(left & right)) / either if either else 0.0


def common(eyes: TwoEyes, sight: Sight, to: Side = "right") -> Mask:
    """Where both eyes could see the person, in pixels of one of them.

    Args:
        eyes: How they stand.
        sight: The person.
        to: The eye in whose pixels to say it.
    """
    here, there = (1, 0) if to == "right" else (0, 1)
    seen = within(eyes, sight.plane, to, sight.masks[0].shape) & ~sight.others[here]
    if sight.others[there].any():
        seen &= ~eyes.transfer(sight.others[there], sight.plane, to)
    return np.asarray(seen, np.bool_)


def within(eyes: TwoEyes, plane: Plane, to: Side, shape: tuple[int, ...]) -> Mask:
    """Which pixels of an eye the other has in its picture, to a few pixels.

    Told on a small picture, since planes have no size and only the border matters.

    Args:
        eyes: How they stand.
        plane: What is looked at.
        to: The eye whose pixels are asked about.
        shape: (H, W) of it.
    """
    small = max(1, shape[0] // _COARSE), max(1, shape[1] // _COARSE)
    there = eyes.transfer(np.full(small, 255, np.uint8), plane, to)
    full = cv2.resize(there, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(full >= 128)


def agreement(
    eyes: TwoEyes, sight: Sight, unseen: Mask | None = None, rims: bool = True
) -> float | None:
    """How far the eyes agree on a person.

    Args:
        eyes: How they stand.
        sight: The person, in both eyes.
        unseen: Pixels of the right eye that are known to be hidden from one of them.
        rims: Whether rims a pixel thin count. Both masks are rounded to pixels, which costs a
            person 40 px tall a tenth without a mistake of anybody, and a large one nothing.

    Returns:
        IoU in the right eye after the warp, in [0, 1]; None where there is nothing that both see.
    """
    seen = common(eyes, sight)
    if unseen is not None:
        seen &= ~unseen
    left = eyes.transfer(sight.masks[0], sight.plane, "right") & seen
    right = sight.masks[1] & seen
    either = int(np.count_nonzero(left | right))
    disputed = left ^ right
    if not rims:
        grey = cv2.morphologyEx(
            disputed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)
        )
        disputed = grey > 0
    return 1.0 - int(np.count_nonzero(disputed)) / either if either else None
