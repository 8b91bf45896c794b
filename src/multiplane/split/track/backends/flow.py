"""Masks carried by optical flow and drawn to edges: no weights, no memory of how things look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask, check_same_size
from multiplane.motion.flow import consistent, flow, warp
from multiplane.split.segment.backend import Belief
from multiplane.split.segment.refine import draw_mask
from multiplane.split.segment.shot import shrink
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.config import FlowOptions

_UNSURE = 0.3
"""How much is left of a belief where flow there and back do not meet: uncovered, or mistaken."""
_DRAWN = 0.7
"""How much the mask as drawn counts against the mask as carried, in what is carried on."""
_ROUNDS = 3


class FlowPropagator:
    """Carries masks from each frame to the next."""

    drifts = True

    def __init__(self, options: FlowOptions) -> None:
        """Take the options; there is nothing to load."""
        self.options = options
        self.notes: list[str] = []

    def start(self) -> _Carried:
        """Begin with a shot."""
        return _Carried(self.options)

    def fell_short(self, error: Exception) -> bool:
        """Never: two frames are remembered, and a small mask of each object."""
        return False


@dataclass
class _Object:
    belief: Belief
    sighting: Sighting


class _Carried:
    """The objects of a shot."""

    def __init__(self, options: FlowOptions) -> None:
        self._options = options
        self._objects: dict[int, _Object] = {}
        self._frame: Frame | None = None
        self._small: Frame | None = None

    def step(self, frame: Frame) -> Mapping[int, Sighting]:
        """Carry everybody to the next frame."""
        if self._frame is not None:
            check_same_size(self._frame, frame, ("frame before", "frame"))
        small, before = shrink(frame, _small_size(frame, self._options.work_px)), self._small
        self._frame, self._small = frame, small
        there = [number for number, one in self._objects.items() if one.sighting.mask.any()]
        if before is not None and there:
            back, forth = flow(small, before, scale=1.0), flow(before, small, scale=1.0)
            trust = np.where(consistent(back, forth), np.float32(1), np.float32(_UNSURE))
            beliefs = {
                n: warp(self._objects[n].belief, back, outside="zero") * trust for n in there
            }
            for number, belief in beliefs.items():
                rivals = [other for n, other in beliefs.items() if n != number]
                self._objects[number] = self._draw(_less(belief, rivals), frame)
        return {number: one.sighting for number, one in self._objects.items()}

    def add(self, number: int, look: Look) -> Sighting:
        """Begin from a mask, or from what stands out in a box."""
        assert self._frame is not None, "objects are shown in a frame that was seen"
        assert self._small is not None
        size = self._small.shape[1], self._small.shape[0]
        if look.mask is not None:
            check_same_size(self._frame, look.mask, ("frame", "mask"))
            belief = _as_belief(look.mask, size)
            self._objects[number] = _Object(belief, Sighting(look.mask, look.score))
        else:
            scale = size[0] / self._frame.shape[1], size[1] / self._frame.shape[0]
            inside = _in_box(self._small, look, scale)
            self._objects[number] = self._draw(inside, self._frame)
        return self._objects[number].sighting

    def remove(self, number: int) -> None:
        """Carry somebody no longer."""
        del self._objects[number]

    def _draw(self, belief: Belief, frame: Frame) -> _Object:
        """Draw what is believed to the edges of the frame; what is drawn is carried on."""
        mask, full = draw_mask(belief, frame, self._options.edges == "grabcut")
        drawn = _as_belief(mask, (belief.shape[1], belief.shape[0]))
        score = float(np.clip(0.5 + 0.5 * full[mask].mean(), 0, 1)) if mask.any() else 0.0
        kept = np.asarray(_DRAWN * drawn + (1 - _DRAWN) * belief, np.float32)
        return _Object(kept, Sighting(mask, score))


def _small_size(frame: Frame, long_px: int) -> tuple[int, int]:
    scale = min(1.0, long_px / max(frame.shape[:2]))
    return max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))


def _as_belief(mask: Mask, size: tuple[int, int]) -> Belief:
    """A mask as what is believed at small size: 1 inside, -1 outside."""
    grey = mask.astype(np.float32)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(2 * small - 1, np.float32)


def _less(belief: Belief, rivals: list[Belief]) -> Belief:
    """What is believed of somebody where others are believed in too: the strongest has it."""
    for rival in rivals:
        belief = np.where((rival > 0) & (rival > belief), -rival, belief)
    return np.asarray(belief, np.float32)


def _in_box(small: Frame, look: Look, scale: tuple[float, float]) -> Belief:
    """What stands out in a box against what is round it, by GrabCut (Rother et al. 2004)."""
    height, width = small.shape[:2]
    x0 = min(max(0, int(look.box[0] * scale[0])), width - 1)
    y0 = min(max(0, int(look.box[1] * scale[1])), height - 1)
    x1 = min(max(x0 + 1, int(np.ceil(look.box[2] * scale[0]))), width)
    y1 = min(max(y0 + 1, int(np.ceil(look.box[3] * scale[1]))), height)
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    labels[y0:y1, x0:x1] = cv2.GC_PR_FGD
    whole = np.asarray(labels == cv2.GC_PR_FGD)
    if min(np.count_nonzero(whole), np.count_nonzero(~whole)) >= 64:
        models = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
        cv2.setRNGSeed(0)
        picture = np.ascontiguousarray(small[..., ::-1])
        cv2.grabCut(picture, labels, None, *models, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    found = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if np.count_nonzero(found) < 0.05 * np.count_nonzero(whole):
        found = whole  # nothing stands out: the box itself
    return np.where(found, np.float32(1), np.float32(-1))
