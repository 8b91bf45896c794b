"""The shot as the plate stage sees it: frames, what hides them, and how they lie on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.motion.camera import CameraPath
from multiplane.restore.plate.hole import grow, widen


@dataclass(frozen=True)
class Shot:
    """The shot as the plate stage sees it.

    Frames, masks and alphas are asked for one by one and may be read from files each time.

    Attributes:
        frames: (H, W, 3) RGB each, all of one size.
        masks: (H, W) each.
        alphas: (H, W) each, or None.
        camera: How the frames lie on each other.
        grow_px: How far masks are grown before they are filled.
        source_margin_px: How much further from a mask a source must stay.
    """

    frames: Sequence[Frame]
    masks: Sequence[Mask]
    alphas: Sequence[Alpha] | None
    camera: CameraPath
    grow_px: int
    source_margin_px: int

    def __post_init__(self) -> None:
        """Refuse planes of different lengths.

        Raises:
            InputError: There are not as many masks, alphas or homographies as frames.
        """
        counts = {"masks": len(self.masks), "camera": len(self.camera)}
        if self.alphas is not None:
            counts["alphas"] = len(self.alphas)
        for name, count in counts.items():
            if count != len(self.frames):
                raise InputError(
                    f"{len(self.frames)} frames, but {name} for {count}",
                    why="they belong together frame by frame",
                    fix="make the masks of this very shot: multiplane split segment",
                )

    def __len__(self) -> int:
        """How many frames it has."""
        return len(self.frames)

    def mask(self, index: int) -> Mask:
        """The character of a frame with its soft edge, not grown."""
        alpha = None if self.alphas is None else self.alphas[index]
        mask = self.masks[index]
        if alpha is not None:
            check_same_size(mask, alpha, ("mask", "alpha"))
        return widen(mask, alpha, self.grow_px)

    def hidden(self, index: int) -> Mask:
        """What is filled in a frame."""
        return grow(self.mask(index), self.grow_px)

    def blocked(self, index: int) -> Mask:
        """What may not be borrowed from a frame."""
        if not self.camera.registered(index):
            return np.ones_like(self.masks[index])
        return grow(self.mask(index), self.grow_px + self.source_margin_px)
