"""How much the two halves of a picture look alike: whether they could be two eyes of one scene."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.media.clip import Clip

_SIDE = 128
"""Halves are looked at this small: what is left are the shapes, not the grain."""
_SHIFT_X, _SHIFT_Y = 10, 3
"""How far a scene may move between the eyes: 28 degrees of 180 across, for what is close."""
_BLUR = 6.0
"""What is smoother than this, in pixels, tells nothing: sky above and ground below are alike
everywhere."""


_LOOKS = 3
"""In how many frames of a clip the halves are compared."""


class Halves:
    """Whether the halves of a clip's frames look alike; a few are decoded when first asked."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._found: dict[str, float] | None = None

    def alike(self, kind: Literal["sbs", "over_under", "mono"]) -> float:
        """The most that the halves, left and right or above and below, look alike.

        Returns:
            The largest :func:`alikeness` of the frames that were looked at; 1 for ``mono``, which
            has no halves.
        """
        if self._found is None:
            self._found = {"sbs": 0.0, "over_under": 0.0, "mono": 1.0}
            count = self._clip.frame_count or 1
            for start in sorted({count * look // _LOOKS for look in range(_LOOKS)}):
                with self._clip.frames(start, start + 1, ahead=1, on_damage="stop") as frames:
                    for unit in frames:
                        self._look(unit.frame, self._found)
        return self._found[kind]

    def _look(self, frame: Frame, found: dict[str, float]) -> None:
        height, width = (side // 2 for side in frame.shape[:2])
        if min(height, width) == 0:
            return
        across = alikeness(frame[:, :width], frame[:, width : 2 * width])
        down = alikeness(frame[:height], frame[height : 2 * height])
        found["sbs"] = max(found["sbs"], across)
        found["over_under"] = max(found["over_under"], down)


def alikeness(first: Frame, second: Frame) -> float:
    """Compare two pictures that may show the same scene from two eyes.

    The best normalised correlation over small shifts, of what is left of both without their
    smooth part.

    Args:
        first: (H, W, 3), a half of a frame.
        second: The other half.

    Returns:
        1 for the same picture, about 0 for pictures that have nothing to do with each other, 0
        when one of them is of one colour.
    """
    one, other = _shapes(first), _shapes(second)
    core = one[_SHIFT_Y:-_SHIFT_Y, _SHIFT_X:-_SHIFT_X]
    if core.std() < 0.5 or other.std() < 0.5:
        return 0.0
    return float(np.clip(cv2.matchTemplate(other, core, cv2.TM_CCOEFF_NORMED).max(), 0.0, 1.0))


def _shapes(half: Frame) -> NDArray[np.float32]:
    small = cv2.resize(half, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey: NDArray[Any] = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _BLUR), np.float32)
