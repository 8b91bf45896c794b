"""The eyes of a chunk as working pictures: cut out of the frames, made small, held in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Frame, check_frame
from multiplane.core.errors import InputError
from multiplane.media.vr180.layout import Layout

Reopen = Callable[[], Iterable[Frame]]
"""Gives the frames of a chunk from its first on, each time it is called."""


@dataclass(frozen=True)
class WorkingEyes:
    """A chunk at working size.

    Attributes:
        frames: Of each eye, the left first: uint8 (h, w, 3), one a frame.
        size: (width, height) of them.
        eye_size: (width, height) of an eye at full size.
    """

    frames: tuple[list[Frame], ...]
    size: tuple[int, int]
    eye_size: tuple[int, int]

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self.frames[0])

    @property
    def bytes(self) -> int:
        """What the pictures take in memory."""
        return sum(frame.nbytes for eye in self.frames for frame in eye)


def work_size(eye_size: tuple[int, int], scale: float) -> tuple[int, int]:
    """The working size of an eye.

    Args:
        eye_size: (width, height) at full size, pixels.
        scale: Share of it, above 0 and at most 1.

    Raises:
        InputError: The scale is no such share.
    """
    if not 0 < scale <= 1:
        raise InputError(
            f"a working scale of {scale:g}, wanted above 0 and at most 1",
            why="people are looked for in a picture that is not larger than the source",
            fix="scale: 0.5 in the options of split.chunks",
        )
    return max(1, round(eye_size[0] * scale)), max(1, round(eye_size[1] * scale))


def shrunk(picture: Frame, size: tuple[int, int]) -> Frame:
    """A picture at another size, a copy; areas are averaged.

    Args:
        picture: uint8 (H, W, 3).
        size: (width, height) wanted.
    """
    if picture.shape[1::-1] == size:
        return np.ascontiguousarray(picture).copy()
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def read_eyes(frames: Iterable[Frame], layout: Layout, scale: float) -> WorkingEyes:
    """Take the eyes of a chunk into memory at working size; one full frame at a time.

    Args:
        frames: Of the source, (H, W, 3).
        layout: Where the eyes are.
        scale: Working size as a share of full size.

    Returns:
        The eyes.

    Raises:
        InputError: A frame has not the layout's size, or there is none.
    """
    size = work_size(layout.eye_size, scale)
    eyes: tuple[list[Frame], ...] = tuple([] for _ in range(layout.eyes))
    for frame in frames:
        check_layout(frame, layout)
        for eye, picture in zip(eyes, layout.split(frame), strict=True):
            eye.append(shrunk(picture, size))
    if not eyes[0]:
        raise InputError(
            "a chunk without frames",
            why="there is nobody to look for",
            fix="run split.chunks again: the clip may have changed since",
        )
    return WorkingEyes(eyes, size, layout.eye_size)


def check_layout(frame: Frame, layout: Layout) -> None:
    """See that a frame is of the size that was laid out.

    Raises:
        InputError: It is not.
    """
    check_frame(frame)
    if frame.shape[1::-1] != layout.size:
        raise InputError(
            f"a frame of {frame.shape[1]}x{frame.shape[0]}, wanted "
            f"{layout.size[0]}x{layout.size[1]}",
            why="the eyes of a clip lie at the same place in every frame",
            fix="run split.chunks again: the clip may have changed since",
        )
