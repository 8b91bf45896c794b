"""What can be measured on one finished frame, and between two."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_same_size
from multiplane.core.items import Json
from multiplane.measure.image import relative_sharpness
from multiplane.measure.mask import coverage
from multiplane.measure.seam import piece_seam, seam
from multiplane.measure.temporal import flicker

SEEN, INVENTED = 1, 2


@dataclass(frozen=True)
class Finished:
    """One frame with all that belongs to it, as read from the files.

    Attributes:
        frame: (H, W, 3) RGB, with the character.
        background: (H, W, 3) RGB, without.
        mask: (H, W) the character.
        fills: (H, W) uint8; 0 untouched, 1 seen in another frame, 2 invented.
    """

    frame: Frame
    background: Frame
    mask: Mask
    fills: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Refuse planes of different sizes.

        Raises:
            InputError: They differ.
        """
        for name, plane in (("background", self.background), ("mask", self.mask),
                            ("fills", self.fills)):  # fmt: skip
            check_same_size(self.frame, plane, ("frame", name))

    @property
    def hole(self) -> Mask:
        """(H, W) what was filled."""
        return np.asarray(self.fills > 0)


def look_at(done: Finished) -> dict[str, Json]:
    """Compare one frame with what it was made from.

    Args:
        done: The frame.

    Returns:
        ``coverage_before`` and ``coverage_after`` (growing), shares of the picture;
        ``invented_share`` of what was filled; ``outside_identical``, and ``outside_error``, the
        largest difference outside of what was filled (0-255).
    """
    off = cv2.absdiff(done.frame, done.background)
    off[done.hole] = 0
    error = int(off.max())
    after = coverage(done.hole)
    invented = coverage(np.asarray(done.fills == INVENTED))
    return {
        "coverage_before": round(coverage(done.mask), 5),
        "coverage_after": round(after, 5),
        "invented_share": round(invented / after, 5) if after else 0.0,
        "outside_identical": error == 0,
        "outside_error": error,
    }


def look_closely(done: Finished, seam_step_px: int) -> dict[str, Json]:
    """Measure how a fill sits in its surroundings.

    Args:
        done: The frame.
        seam_step_px: Distance over which a seam is looked for.

    Returns:
        ``seam`` and ``seam_worst`` at the border of what was filled, 1 is unseen; ``joint``, the
        same where what was invented meets what other frames saw; ``sharpness`` of the fill
        against its surroundings, None where these are flat.
    """
    border = seam(done.background, done.hole, seam_step_px)
    kinds = done.fills.astype(np.int16) - 1  # below 0, outside of the hole, belongs to none
    return {
        "joint": round(piece_seam(done.background, kinds, seam_step_px).mean, 4),
        "seam": round(border.mean, 4),
        "seam_worst": round(border.worst, 4),
        "sharpness": _rounded(relative_sharpness(done.background, done.hole)),
    }


def look_between(before: Finished, after: Finished) -> dict[str, Json]:
    """Measure how the fill changes from one frame to the next, motion taken out.

    Args:
        before: A frame.
        after: The next.

    Returns:
        ``flicker`` of the fill and ``flicker_beside`` it in grey levels, and their
        ``flicker_ratio``; None where there is nothing to compare.
    """
    found = flicker(before.background, after.background, (before.hole, after.hole))
    return {
        "flicker": _rounded(found.inside),
        "flicker_beside": _rounded(found.beside),
        "flicker_ratio": _rounded(found.ratio),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
