"""Who moves at all: what stands still from the first frame to the last is no person.

The network sees people in coats on hooks, tripods and cones. Nobody alive stands so still that
nothing of him differs from one second to the next; a thing does, until somebody passes it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.split.segment.registration import spread
from multiplane.split.segment.shot import shrink
from multiplane.split.stereo.backends.crop import Crop
from multiplane.split.stereo.backends.selfie.windows import Worth, everywhere

_WORK_PX, _LOOKS = 480, 16
"""Long side at which frames are compared, and with how many of the chunk."""
_TOLERANCE = 16.0
"""Difference of a colour, of 255, that is no noise."""
_PART = 0.03
"""Share of somebody that differs from a frame in which he stood otherwise."""
_SPECKS = 8
"""So few small pixels that differ are noise."""
_LEAST_FRAMES = 8
"""In fewer frames nobody need have moved."""


class Alive:
    """What is known of the frames of a chunk whose camera stood still."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        """Look at some of the frames.

        Args:
            frames: Of a chunk, all of one size.
        """
        height, width = frames[0].shape[:2]
        scale = min(1.0, _WORK_PX / max(height, width))
        self._size = max(1, round(width * scale)), max(1, round(height * scale))
        picks = spread(range(len(frames)), _LOOKS) if len(frames) >= _LEAST_FRAMES else []
        self._others = [(index, self._soft(frames[index])) for index in picks]

    def restlessness(self, index: int, frame: Frame, mask: Mask) -> float:
        """In what share of the other frames the picture differs where somebody is said to be.

        Args:
            index: Of the frame.
            frame: (H, W, 3).
            mask: (H, W).

        Returns:
            In [0, 1]; 1 where there is too little to compare with.
        """
        inside = cv2.resize(mask.astype(np.uint8), self._size, interpolation=cv2.INTER_AREA) > 0
        differs = self._differs(index, frame)
        if not differs or not inside.any():
            return 1.0
        return float(np.mean([np.mean(one[inside]) >= _PART for one in differs]))

    def worth(self, index: int, frame: Frame, least: float) -> Worth:
        """Which windows hold anything that differs from enough of the other frames.

        Args:
            index: Of the frame.
            frame: (H, W, 3).
            least: From what share of the other frames.
        """
        differs = self._differs(index, frame)
        if not differs:
            return everywhere
        restless = np.mean(differs, axis=0) >= least
        down, across = restless.shape[0] / frame.shape[0], restless.shape[1] / frame.shape[1]

        def holds(window: Crop) -> bool:
            rows = slice(int(window.rows.start * down), int(np.ceil(window.rows.stop * down)))
            columns = slice(
                int(window.columns.start * across), int(np.ceil(window.columns.stop * across))
            )
            return int(np.count_nonzero(restless[rows, columns])) >= _SPECKS

        return holds

    def _differs(self, index: int, frame: Frame) -> list[Mask]:
        """Where the frame differs from each of the others, small."""
        here = self._soft(frame)
        apart = (np.abs(here - small).max(axis=-1) for at, small in self._others if at != index)
        return [np.asarray(one > _TOLERANCE) for one in apart]

    def _soft(self, frame: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.asarray(cv2.blur(shrink(frame, self._size), (3, 3)), np.float32)
