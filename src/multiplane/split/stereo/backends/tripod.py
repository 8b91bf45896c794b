"""Whether the camera stood on a tripod, as it nearly always does where two eyes are filmed.

That is asked before anything is registered: a homography does not describe how a half-equirect
picture turns, and a camera that stood still needs none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.motion.camera import CameraPath, still_path
from multiplane.split.segment.registration import spread
from multiplane.split.segment.shot import shrink

Grey: TypeAlias = NDArray[np.float32]

_WORK_PX, _LOOKS = 320, 5
"""Long side of the frames that are compared, and how many of them."""
_REACH_PX, _PATCH_PX = 2, 15
"""How far patches are shifted, and how large they are."""
_ENOUGH = 0.25
"""Share of patches that fit best where they are, from which the camera stands still. Clips from
tripods have 0.86 and more, others 0.02 and less; people who fill the picture lie between."""
_LITTLE = 0.3
"""Share of the picture that has any texture, below which the rest counts too."""
_NOISE = 0.25
"""Mean difference, levels of 255, by which a patch may seem to fit better beside its place."""
_TEXTURE = 50.0
"""Mean square of the slope, levels of 255, below which a patch looks the same everywhere."""


def camera_of(frames: Sequence[Frame]) -> CameraPath | None:
    """The path of a camera that stands still; None where it moves, so that it has to be found.

    Args:
        frames: Of a chunk, all of one size; there is one at least.
    """
    return still_path(len(frames)) if stands_still(frames) else None


def stands_still(frames: Sequence[Frame]) -> bool:
    """Whether patches with any texture stay where they are from the first frame to the last.

    Args:
        frames: Of a chunk, all of one size; there is one at least.
    """
    looks = [_small(frames[index]) for index in spread(range(len(frames)), _LOOKS)]
    first = looks[0]
    steep = cv2.Sobel(first, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(first, cv2.CV_32F, 0, 1) ** 2
    energy = cv2.blur(steep, (_PATCH_PX, _PATCH_PX))
    textured = np.asarray(energy > _TEXTURE)
    if float(np.mean(textured)) < _LITTLE:
        textured[:] = True  # people before a plain wall: what is flat and stays the same counts
    return all(_share_unmoved(first, other, textured) >= _ENOUGH for other in looks[1:])


def _share_unmoved(first: Grey, other: Grey, where: NDArray[np.bool_]) -> float:
    """The share of patches that fit best where they are, and not a pixel or two beside."""
    room = _REACH_PX
    wide = cv2.copyMakeBorder(other, room, room, room, room, cv2.BORDER_REPLICATE)
    height, width = first.shape
    fits = []
    for down in range(2 * room + 1):
        for across in range(2 * room + 1):
            apart = np.abs(first - wide[down : down + height, across : across + width])
            fits.append(cv2.blur(apart, (_PATCH_PX, _PATCH_PX)))
    unmoved = fits[len(fits) // 2] <= np.min(fits, axis=0) + _NOISE
    return float(np.mean(unmoved[where]))


def _small(frame: Frame) -> Grey:
    """A small grey picture without what changes slowly over it, the light for one."""
    scale = min(1.0, _WORK_PX / max(frame.shape[:2]))
    size = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    grey = cv2.cvtColor(shrink(frame, size), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.asarray(grey - cv2.blur(grey, (2 * _PATCH_PX + 1, 2 * _PATCH_PX + 1)), np.float32)
