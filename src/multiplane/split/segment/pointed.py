"""What is pointed at in a shot, whoever points: the command line, a file, or another step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from multiplane.core.arrays import Mask, check_mask
from multiplane.core.instances import box_of
from multiplane.split.segment.prompts import MaskOf, Prompt, of_frame

_SPECK_PX = 16
"""Smaller parts of a rough mask are dirt."""


@dataclass(frozen=True)
class Pointed:
    """What is pointed at in the frames of a shot.

    Attributes:
        prompts: They fit the frames, see :func:`multiplane.split.segment.prompts.fit_prompts`.
        masks: Frame → its rough mask; each connected part of it is an object.
        asked: Whether the user points, not another step: it must not be left aside.
    """

    prompts: Sequence[Prompt] = ()
    masks: Mapping[int, MaskOf] = field(default_factory=dict)
    asked: bool = True

    def __bool__(self) -> bool:
        """Whether anything is pointed at."""
        return bool(self.prompts or self.masks)

    def in_all(self, count: int) -> bool:
        """Whether something is pointed at in each of so many frames."""
        indices = {prompt.index for prompt in self.prompts} | set(self.masks)
        return None in indices or len(indices) >= count

    def at(self, index: int) -> list[Prompt]:
        """The prompts of one frame.

        Args:
            index: Its number in the shot.

        Returns:
            One an object.
        """
        found = of_frame(self.prompts, index)
        if index in self.masks:
            mask = check_mask(self.masks[index](), "a rough mask")
            found += [Prompt(index, box=_floats(part), mask=part) for part in _connected(mask)]
        return found


def _connected(mask: Mask) -> list[Mask]:
    """The parts of a rough mask, the largest first."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = {number: int(stats[number][cv2.CC_STAT_AREA]) for number in range(1, count)}
    kept = [number for number, area in areas.items() if area >= _SPECK_PX]
    kept.sort(key=lambda number: (-areas[number], number))
    return [np.asarray(labels == number) for number in kept]


def _floats(mask: Mask) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box_of(mask)
    return float(x0), float(y0), float(x1), float(y1)
