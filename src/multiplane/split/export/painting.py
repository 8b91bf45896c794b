"""What a target shows of a frame: one colour with a few windows in it, or all of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multiplane.media.canvas import Ground, Painted
from multiplane.media.planes import Window
from multiplane.split.export.composite import Composed, Patch, Picture, plain
from multiplane.split.export.formats import Target
from multiplane.split.export.windows import disjoint, windows_of

_CLEAR: Ground = (0, 0, 0, 0)
_BLACK: Ground = (0, 0, 0)


@dataclass(frozen=True)
class Painting:
    """A picture that is one colour but in some windows.

    Attributes:
        size: (W, H).
        ground: The colour; its parts are the picture's channels.
        windows: Where something else is, and what; sides are even or at the border.
    """

    size: tuple[int, int]
    ground: Ground
    windows: Painted

    @property
    def all_of_it(self) -> Picture | None:
        """The picture, where one window covers all of it."""
        for _, picture in self.windows:
            if picture.shape[1::-1] == self.size:
                return picture
        return None

    def whole(self) -> Picture:
        """The picture, uint8 (H, W) or (H, W, channels)."""
        found = self.all_of_it
        if found is not None:
            return found
        out = plain(self.size, self.ground)
        if len(self.ground) == 1:
            out = out[..., 0]
        for window, picture in self.windows:
            out[window] = picture
        return out


def painting_of(target: Target, composed: Composed) -> Painting:
    """Say what a target shows of a frame.

    Args:
        target: A file to be written.
        composed: The frame and its alpha.

    Returns:
        Its picture; its windows are views where nothing had to be mixed.
    """
    shows = target.kind.shows
    if shows == "packed":
        return _packed(composed.packed)
    if shows == "cutout" and not composed.how.decontaminate:
        return _whole(_eye_of(target, composed, composed.cutout))
    eyes = composed.patches
    if shows == "screen":
        ground: Ground = composed.how.background_rgb
        pictures: Sequence[Sequence[Picture]] = composed.screens
    elif shows == "cutout":
        ground, pictures = _CLEAR, [[patch.cutout for patch in eye] for eye in eyes]
    else:
        ground, pictures = (0,), [[patch.alpha for patch in eye] for eye in eyes]
    if target.eye:
        number = 0 if target.eye == "left" else 1
        eyes, pictures = (eyes[number],), (pictures[number],)
    windows = [
        (_place(target, patch), picture)
        for eye, seen in zip(eyes, pictures, strict=True)
        for patch, picture in zip(eye, seen, strict=True)
    ]
    painting = Painting(target.size, ground, windows)
    even = all(_is_even(window, target.size) for window, _ in windows)
    return painting if even else _whole(painting.whole())


def _place(target: Target, patch: Patch) -> Window:
    return patch.eye if target.eye else patch.frame


def _eye_of(target: Target, composed: Composed, picture: Picture) -> Picture:
    if not target.eye:
        return picture
    eyes = composed.how.layout.split(picture)
    return np.ascontiguousarray(eyes[0 if target.eye == "left" else 1])


def _packed(frame: NDArray[np.uint8]) -> Painting:
    """Black but for circles and corners where people are."""
    height, width = frame.shape[:2]
    windows = disjoint(windows_of(frame, 1))
    return Painting((width, height), _BLACK, [(window, frame[window]) for window in windows])


def _whole(picture: Picture) -> Painting:
    height, width = picture.shape[:2]
    ground = (0,) * (1 if picture.ndim == 2 else picture.shape[2])
    window = (slice(0, height), slice(0, width))
    return Painting((width, height), ground, [(window, picture)])


def _is_even(window: Window, size: tuple[int, int]) -> bool:
    """Whether a window lies on whole samples of chroma; eyes of odd sides do not."""
    return all(
        side.start % 2 == 0 and (side.stop % 2 == 0 or side.stop == most)
        for side, most in zip(window, size[::-1], strict=True)
    )
