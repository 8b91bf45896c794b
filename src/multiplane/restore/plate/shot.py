"""The shot as the plate stage sees it: frames, what hides them, and how they lie on each other."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.motion.camera import CameraPath, Homography
from multiplane.restore.plate.hole import grow, widen

CLOSE_FRAMES = 2
"""A mask that misses the character for up to this many frames on either side is seen through."""
LEAST_PX = 4
"""No source comes nearer to a mask than this, unless margin and growth together ask for less."""
SOFT_SPARE_PX = 4
"""A soft edge that reaches beyond the grown mask is covered with this much to spare."""
RECENT = 24
"""Masks kept; neighbours are asked for one after the other."""


@dataclass(frozen=True)
class Lending:
    """What may not be borrowed from a frame.

    Attributes:
        character: (H, W), where it is.
        blocked: (H, W), what may not be borrowed: the grown mask and a margin round it, since
            masks miss a little.
        closed: (H, W), what may not be borrowed either where no frame shows the place better.
    """

    character: Mask
    blocked: Mask
    closed: Mask


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
        source_margin_px: How much further from a mask a source stays while there is a better one.
    """

    frames: Sequence[Frame]
    masks: Sequence[Mask]
    alphas: Sequence[Alpha] | None
    camera: CameraPath
    grow_px: int
    source_margin_px: int
    _recent: OrderedDict[int, tuple[Mask, Mask]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

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
        return self._both(index)[1]

    def _both(self, index: int) -> tuple[Mask, Mask]:
        """The mask of a frame, and with its soft edge."""
        with self._lock:
            known = self._recent.get(index)
        if known is not None:
            return known
        alpha = None if self.alphas is None else self.alphas[index]
        mask = self.masks[index]
        if alpha is not None:
            check_same_size(mask, alpha, ("mask", "alpha"))
        both = mask, widen(mask, alpha, self.grow_px)
        with self._lock:
            self._recent[index] = both
            while len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        return both

    def hidden(self, index: int) -> Mask:
        """What is filled in a frame: the grown mask, and soft edges that reach beyond it."""
        mask, wide = self._both(index)
        return self._cover(mask, wide, self.grow_px)

    def _cover(self, mask: Mask, wide: Mask, grow_px: int) -> Mask:
        spare_px = min(SOFT_SPARE_PX, grow_px)
        return np.asarray(grow(mask, grow_px) | grow(wide, spare_px), np.bool_)

    def lends(self, index: int) -> Lending:
        """What may be borrowed from a frame, and what of it only for want of better.

        Where the character was masked just before and just after, it is there now as well,
        whatever this frame's own mask says.
        """
        mask, character = self._both(index)
        before, after = self._near(index, -1), self._near(index, 1)
        if before is not None and after is not None:
            steady = before & after
            mask, character = mask | steady, character | steady
        if not self.camera.registered(index):
            nothing = np.ones_like(character)
            return Lending(character, nothing, nothing)
        far = self.grow_px + self.source_margin_px
        near = min(far, max(self.grow_px, LEAST_PX))
        return Lending(character, grow(character, far), self._cover(mask, character, near))

    def _near(self, index: int, step: int) -> Mask | None:
        """The masks of the frames just before or after, laid on this one; None at the ends."""
        found: Mask | None = None
        for other in range(index + step, index + (CLOSE_FRAMES + 1) * step, step):
            if not 0 <= other < len(self) or not self.camera.registered(other):
                continue
            laid = _lay(self.mask(other), self.camera.between(other, index))
            found = laid if found is None else found | laid
        return found


def _lay(mask: Mask, source_to_target: Homography) -> Mask:
    if np.array_equal(source_to_target, np.eye(3)) or not mask.any():
        return mask
    size = mask.shape[1::-1]
    laid = cv2.warpPerspective(
        mask.astype(np.uint8), source_to_target, size, flags=cv2.INTER_NEAREST
    )
    return np.asarray(laid > 0, np.bool_)
