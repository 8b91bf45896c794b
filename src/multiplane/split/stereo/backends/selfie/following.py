"""People carried from frame to frame: each is looked at in a crop round where flow takes him."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.instances import box_of
from multiplane.motion.flow import Flow, flow, warp
from multiplane.split.segment.shot import shrink
from multiplane.split.stereo.backends.carried import share_out
from multiplane.split.stereo.backends.selfie.closer import look_closer, near, seen_alone
from multiplane.split.stereo.backends.selfie.windows import Predict
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.overlap import iou

_AGREES = 0.7
"""Overlap, IoU, from which somebody shown again is where he was seen."""
_WORK_PX = 480
"""Long side at which motion is found."""


class SelfiePropagator:
    """Asks the network about each person in each frame."""

    drifts = True  # it draws whom it is shown, but may walk over to somebody who is touched

    def __init__(self, predict: Predict, margin: float) -> None:
        """Take the network.

        Args:
            predict: The network.
            margin: Room round a person, share of the longer side of his box.
        """
        self._predict, self._margin = predict, margin
        self.notes: list[str] = []
        self._following: _Followed | None = None

    @property
    def lost(self) -> bool:
        """Whether the last step lost somebody who was in sight before it."""
        return self._following is not None and self._following.lost

    def in_sight(self) -> list[Look]:
        """Whom the last step saw, and who was added since; each with a mask."""
        return self._following.in_sight() if self._following is not None else []

    def start(self) -> _Followed:
        """Begin with a chunk."""
        self._following = _Followed(self._predict, self._margin)
        return self._following

    def fell_short(self, error: Exception) -> bool:
        """Never: two small frames are remembered, and a mask of each person."""
        return False


class _Followed:
    """The people of a chunk.

    Attributes:
        lost: Whether the last step lost somebody who was in sight before it.
    """

    def __init__(self, predict: Predict, margin: float) -> None:
        self._predict, self._margin = predict, margin
        self._people: dict[int, Sighting] = {}
        self._frame: Frame | None = None
        self._small: Frame | None = None
        self.lost = False

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Look at everybody where flow takes him; each pixel goes to the nearest of them."""
        before = self._small
        self._frame, self._small = frame, _small(frame)
        there = self.in_sight()
        nobody = np.zeros(frame.shape[:2], np.bool_)
        self._people = dict.fromkeys(self._people, Sighting(nobody, 0.0))
        self.lost = False
        if before is None or not there:
            return dict(self._people)
        back = flow(self._small, before, scale=1.0)
        moved = [self._carried(one, back) for one in there]
        alphas = [seen_alone(frame, one.mask, self._predict, self._margin)
                  for one in moved if one.mask is not None]  # fmt: skip
        together = np.max(np.stack(alphas), axis=0)
        shares = share_out(moved, np.asarray(together >= 0.5))
        rough = {one.id: one.mask for one in moved}
        for look in shares:
            whole = rough[look.id]
            assert look.mask is not None
            assert look.id is not None
            assert whole is not None
            mask = look.mask & near(whole, look.mask)
            score = float(together[mask].mean()) if mask.any() else 0.0
            self._people[look.id] = Sighting(np.asarray(mask), score)
        self.lost = len(self.in_sight()) < len(there)
        return dict(self._people)

    def in_sight(self) -> list[Look]:
        """Where they are; who is out of sight is left out."""
        return [Look(one.mask, box_of(one.mask), one.score, number)
                for number, one in self._people.items() if one.mask.any()]  # fmt: skip

    def add(self, number: int, look: Look) -> Sighting:
        """Begin with a mask, or with whom the network sees in a box.

        Who is followed already and was seen more surely stays as he was seen.
        """
        assert self._frame is not None, "people are shown in a frame that was seen"
        known = self._people.get(number)
        mask, score = look.mask, look.score
        surer = known is not None and known.score > score
        if known is not None and mask is not None and surer and iou(known.mask, mask) >= _AGREES:
            return known
        if mask is None:
            x0, y0, x1, y1 = (round(value) for value in look.box)
            box = np.zeros(self._frame.shape[:2], np.bool_)
            box[max(0, y0) : y1, max(0, x0) : x1] = True
            alpha, score = look_closer(self._frame, box, self._predict, self._margin)
            mask = np.asarray(alpha >= 0.5) & box
            if not mask.any():
                mask = box
        self._people[number] = Sighting(np.asarray(mask), score)
        return self._people[number]

    def remove(self, number: int) -> None:
        """Follow somebody no longer."""
        del self._people[number]

    def _carried(self, one: Look, back: Flow) -> Look:
        """Where somebody should be now."""
        assert one.mask is not None
        assert self._small is not None
        size = self._small.shape[1], self._small.shape[0]
        soft = _shrunk(one.mask, size)
        mask = _enlarged(np.asarray(warp(soft, back, outside="zero") >= 0.5), one.mask.shape)
        if not mask.any():
            mask = one.mask
        return Look(mask, box_of(mask), one.score, one.id)


def _small(frame: Frame) -> Frame:
    scale = min(1.0, _WORK_PX / max(frame.shape[:2]))
    size = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    return shrink(frame, size)


def _shrunk(mask: Mask, size: tuple[int, int]) -> Alpha:
    """How much of each small pixel a mask covers, in [0, 1]."""
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA))


def _enlarged(mask: Mask, shape: tuple[int, ...]) -> Mask:
    """A small mask at full size."""
    return np.asarray(
        cv2.resize(mask.astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    )
