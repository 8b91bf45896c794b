"""The frames of one shot as its segmenter sees them: at full size, and made small."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

import cv2
import numpy as np

from multiplane.core.arrays import Frame, check_frame
from multiplane.core.errors import InputError
from multiplane.motion.camera import CameraPath
from multiplane.split.segment.pointed import Pointed


class Shot:
    """A shot that can be gone through more than once without being held in memory.

    Frames are fetched one by one from a sequence that may read them from disk; of the small ones
    the latest used are kept.
    """

    def __init__(
        self, frames: Sequence[Frame], camera: CameraPath | None = None, keep: int = 320,
        pointed: Pointed | None = None, hints: Pointed | None = None,
    ) -> None:  # fmt: skip
        """Take the shot.

        Args:
            frames: All of one size; a list, or something that loads item by item.
            camera: How the camera moved, when that is known already.
            keep: How many small frames are remembered.
            pointed: What to look for, where somebody says so.
            hints: Boxes or masks that tell who is a character.

        Raises:
            InputError: There is no frame, or the camera path has another length.
        """
        if not len(frames):
            raise InputError(
                "a shot without frames",
                why="there is nobody to look for",
                fix="leave the shot out",
            )
        if camera is not None and len(camera) != len(frames):
            raise InputError(
                f"the camera path has {len(camera)} frames, the shot {len(frames)}",
                why="there is one homography a frame",
                fix="leave the camera out: it is found anew",
            )
        self._frames = frames
        self.camera = camera
        self.pointed = pointed or Pointed()
        self.hints = hints or Pointed()
        self._keep = keep
        self._small: OrderedDict[tuple[int, tuple[int, int]], Frame] = OrderedDict()
        self._lock = threading.Lock()
        first = check_frame(frames[0])
        self.size = (first.shape[1], first.shape[0])

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self._frames)

    def frame(self, index: int) -> Frame:
        """The frame at full size.

        Raises:
            InputError: It has another size than the first.
        """
        frame = check_frame(self._frames[index])
        if frame.shape[1::-1] != self.size:
            raise InputError(
                f"frame {index} is {frame.shape[1]}x{frame.shape[0]}, "
                f"the shot {self.size[0]}x{self.size[1]}",
                why="the frames of one shot are laid on each other",
                fix="split the pictures by size first: multiplane split shots",
            )
        return frame

    def small_size(self, long_px: int) -> tuple[int, int]:
        """(width, height) with the given long side; never larger than the frames."""
        width, height = self.size
        scale = min(1.0, long_px / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))

    def small(self, index: int, size: tuple[int, int]) -> Frame:
        """A frame made small.

        Args:
            index: Which one.
            size: (width, height) wanted.

        Returns:
            (height, width, 3); remembered for a while.
        """
        key = (index, size)
        with self._lock:
            if key in self._small:
                self._small.move_to_end(key)
                return self._small[key]
        made = shrink(self.frame(index), size)
        self.remember(index, made)
        return made

    def remember(self, index: int, small: Frame) -> None:
        """Keep a small frame that was made elsewhere."""
        with self._lock:
            self._small[index, (small.shape[1], small.shape[0])] = small
            while len(self._small) > self._keep:
                self._small.popitem(last=False)


def shrink(frame: Frame, size: tuple[int, int]) -> Frame:
    """Make a frame small; the same when it has that size."""
    if frame.shape[1::-1] == size:
        return frame
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
