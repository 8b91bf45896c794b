"""Registers frame after frame of a shot, and tells apart the pieces that do not hang together.

A black frame, a fade-in, somebody before the lens or a cut that was missed begins a piece of its
own; what comes after it goes on with whichever piece it fits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from multiplane.core.errors import InputError
from multiplane.motion.align import Homography
from multiplane.motion.features import Features, Registration, register, still, unit

_ENOUGH = 200
"""A key frame with so many points, or as many in agreement, is good enough as it is."""


@dataclass(frozen=True)
class Placed:
    """Where a frame lies.

    Attributes:
        piece: The number of the piece it belongs to.
        to_first: (3, 3), its pixels to those of the piece's first frame.
        inliers: How many points agree.
        residual_px: Median distance by which they still miss, pixels.
    """

    piece: int
    to_first: Homography
    inliers: int
    residual_px: float


class Walk:
    """Goes through a shot and places each frame; three or four are remembered at a time."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self.placed: list[Placed] = []
        self._open: list[_Piece] = []  # the one that goes on first, then the latest other one
        self._begun = 0

    def add(self, frame: Features) -> None:
        """Place the next frame.

        Raises:
            InputError: It has another size than those before.
        """
        for piece in self._open:
            placed = piece.place(frame)
            if placed is not None:
                self._open.sort(key=lambda other: other is not piece)
                self.placed.append(placed)
                return
        begun = _Piece(self._begun, frame)
        self._begun += 1
        self._open = [*self._open[:1], begun]
        self.placed.append(Placed(begun.number, np.eye(3), max(1, len(frame.points)), 0.0))

    def main_piece(self) -> list[Placed | None]:
        """The piece with the most frames: one entry a frame, None for those of other pieces."""
        sizes = Counter(placed.piece for placed in self.placed)
        main = max(sizes, key=lambda number: (sizes[number], -number))
        return [placed if placed.piece == main else None for placed in self.placed]


class _Piece:
    """Frames that lie on each other, by a key frame that is replaced when it is left behind."""

    def __init__(self, number: int, frame: Features) -> None:
        self.number = number
        self._key = (frame, np.eye(3))
        self._rest = (frame, np.eye(3))  # the last frame that moved

    def place(self, frame: Features) -> Placed | None:
        """Place a frame; None when it does not fit.

        Raises:
            InputError: It has another size.
        """
        _check_size(frame, self._key[0])
        unmoved = still(frame, self._rest[0])
        if unmoved is not None:
            return Placed(self.number, self._rest[1], unmoved.inliers, unmoved.residual_px)
        found = register(frame, self._key[0])
        if found is None or found.inliers < min(_ENOUGH, len(self._key[0].points) // 5):
            found = self._from_neighbour(frame, found)
        if found is None:
            return None
        to_first = unit(self._key[1] @ found.homography)
        self._rest = (frame, to_first)
        if len(self._key[0].points) < min(_ENOUGH, len(frame.points) // 2):
            self._key = self._rest  # a fade-in gets clearer
        return Placed(self.number, to_first, found.inliers, found.residual_px)

    def _from_neighbour(self, frame: Features, direct: Registration | None) -> Registration | None:
        """Match with the last frame that moved; where that is better it becomes the key."""
        near = register(frame, self._rest[0])
        if near is None or (direct is not None and near.inliers < 1.5 * direct.inliers):
            return direct
        self._key = self._rest
        return near


def _check_size(frame: Features, key: Features) -> None:
    if frame.size != key.size:
        raise InputError(
            f"a frame is {frame.size[0]}x{frame.size[1]}, the shot {key.size[0]}x{key.size[1]}",
            why="the frames of one shot are laid on each other",
            fix="split the pictures by size first: multiplane split shots",
        )
