"""The shot as the inpaint stage sees it: what to invent in each frame, and on what ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.measure.region import around, grow
from multiplane.motion.camera import CameraPath
from multiplane.restore.inpaint.likeness import likeness

RIM_PX = 8
"""Outside a hole, masks may still have missed something of the character this far."""
ALIKE = 0.6
"""How much more the character's than its surroundings' a colour must be to be taken for it."""
COLOUR_STEP = 3
"""Colours are counted in one pixel of this many along each side."""


@dataclass(frozen=True)
class View:
    """One frame, ready to be filled.

    Attributes:
        base: (H, W, 3) the plate, or the frame itself where there is no plate.
        hole: (H, W) what to invent.
        seen: (H, W) what the plate took from other frames; blending may reach into it.
        mask: (H, W) the character as it was segmented, not grown.
    """

    base: Frame
    hole: Mask
    seen: Mask
    mask: Mask


@dataclass(frozen=True)
class Shot:
    """Frames and masks, and what is known about them. All are asked for by number when needed.

    Attributes:
        frames: (H, W, 3) RGB each.
        masks: (H, W) each.
        plates: (H, W, 3) RGB each, or None.
        unseen: (H, W) each, what the plates lack; None without plates.
        holes: (H, W) each, what may be changed at all; None for the masks grown by ``grow_px``.
        camera: How the frames lie on each other, or None.
        grow_px: How far masks are grown where there are no holes.
    """

    frames: Sequence[Frame]
    masks: Sequence[Mask]
    plates: Sequence[Frame] | None = None
    unseen: Sequence[Mask] | None = None
    holes: Sequence[Mask] | None = None
    camera: CameraPath | None = None
    grow_px: int = 20

    def __post_init__(self) -> None:
        """Refuse planes that do not belong together.

        Raises:
            InputError: One is missing, empty, or of another length.
        """
        if not len(self.frames):
            raise InputError("a shot without frames", why="there is nothing to fill")
        if (self.plates is None) != (self.unseen is None):
            absent = "plates" if self.plates is None else "unseen"
            raise InputError(
                f"the {absent} are missing",
                why="a plate and what it lacks belong together; restore.plate makes both",
                fix=f"give --{absent} too, or leave both out",
            )
        planes = {
            "masks": self.masks, "plates": self.plates, "unseen": self.unseen, "holes": self.holes,
        }  # fmt: skip
        counts = {name: len(plane) for name, plane in planes.items() if plane is not None}
        if self.camera is not None:
            counts["camera"] = len(self.camera)
        for name, count in counts.items():
            if count != len(self.frames):
                raise InputError(
                    f"{len(self.frames)} frames, but {name} for {count}",
                    why="they belong together frame by frame",
                    fix="make the masks of these very frames: multiplane split segment",
                )

    def __len__(self) -> int:
        """How many frames it has."""
        return len(self.frames)

    def hole(self, index: int) -> Mask:
        """What to invent in a frame.

        Raises:
            InputError: Not a mask.
        """
        if self.unseen is not None:
            return check_mask(self.unseen[index], "unseen")
        return self._changeable(index, check_mask(self.masks[index]))

    def _changeable(self, index: int, mask: Mask) -> Mask:
        """What may differ from the frame."""
        if self.holes is None:
            return grow(mask, self.grow_px)
        return check_mask(self.holes[index], "hole")

    def ground(self, index: int) -> Frame:
        """What a frame is filled on: its plate, or the frame itself."""
        return self.frames[index] if self.plates is None else self.plates[index]

    def lent(self, index: int) -> tuple[Frame, Mask]:
        """What a frame shows that other frames may use.

        Beside its own hole, where masks are least to be trusted, only what has not the colours
        of the character.

        Returns:
            Its ground, and (H, W) what of it may be used.
        """
        view = self.view(index)
        taken = view.hole | view.seen
        rim = around(taken, RIM_PX)
        if not rim.any() or not view.mask.any():
            return view.base, ~view.hole
        frame = view.base if self.plates is None else self.frames[index]
        box = np.s_[::COLOUR_STEP, ::COLOUR_STEP]
        beside = ~taken & ~rim
        if not view.mask[box].any() or not beside[box].any():
            return view.base, ~view.hole
        alike = likeness(frame[box], frame[rim][None], view.mask[box], beside[box])[0]
        suspect = np.zeros(rim.shape, np.uint8)
        suspect[rim] = alike >= ALIKE
        pieces = cv2.morphologyEx(suspect, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        return view.base, ~view.hole & (pieces == 0)

    def view(self, index: int) -> View:
        """Everything about one frame.

        Raises:
            InputError: Its planes differ in size.
        """
        frame, mask = check_frame(self.frames[index]), check_mask(self.masks[index])
        check_same_size(frame, mask, ("frame", "mask"))
        changeable = self._changeable(index, mask)
        check_same_size(frame, changeable, ("frame", "hole"))
        if self.plates is None or self.unseen is None:
            return View(frame, changeable, np.zeros_like(mask), mask)
        plate, hole = check_frame(self.plates[index], "plate"), check_mask(self.unseen[index])
        check_same_size(frame, plate, ("frame", "plate"))
        check_same_size(frame, hole, ("frame", "unseen"))
        return View(plate, hole, np.asarray(changeable & ~hole), mask)
