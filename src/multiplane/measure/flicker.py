"""Whether a matte keeps still where the footage does, and moves with it where it moves."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame, Mask, check_alpha, check_frame, check_same_size
from multiplane.core.errors import InputError
from multiplane.motion.flow import Flow, flow, warp

MARGIN_PX = 48
"""How much of the reduced picture round the people flow is looked for in."""
BESIDE_PX = (5, 12)
"""Flow is smeared over the edge of what moves; what is right at a pixel stands so far away."""
GRAIN = 5.0
"""Colour that is carried along may be off by so many grey levels, and by """
CONTRAST = 0.3
"""of the standard deviation nearby; where it is off by more, flow is not believed."""
BETTER = 0.5
"""So many grey levels another way must fit better to be taken."""
SMALLEST_PX = 64

Seen = tuple[Frame, Alpha]


class AlphaFlicker:
    """The flicker of a stream of alphas, frame by frame; holds one reduced frame.

    The warping error of Lai et al., Learning Blind Video Temporal Consistency, ECCV 2018
    (https://arxiv.org/abs/1808.00449), of alpha instead of colour: the alpha before is carried
    along by the optical flow of the footage, and what it differs by, summed, is divided by the
    length of the outline. So the figure is a length: by how much the edge moves beyond what the
    footage does, on average, in px of the full picture.

    Unlike there, pixels whose colour does not come along (covered, uncovered, mistaken) count
    neither as change nor as outline, and at the edge of what moves the way of a pixel nearby is
    taken where it explains the footage better. Flow is not perfect: the true matte of somebody
    who walks has 0.2 to 0.5 reduced px, of somebody who rests none.

    Frames are reduced before anything is done; an edge that moves by a fraction of a reduced
    pixel still changes its alpha by that fraction, so what is lost is the precision of flow.
    """

    def __init__(self, long_side_px: int = 1024) -> None:
        """Begin a clip.

        Args:
            long_side_px: What larger frames are reduced to, at least 64.

        Raises:
            InputError: It is less.
        """
        if long_side_px < SMALLEST_PX:
            raise InputError(
                f"long_side_px is {long_side_px}, wanted {SMALLEST_PX} or more",
                why="on less there is no flow to be found",
                fix="AlphaFlicker(1024)",
            )
        self.long_side_px = long_side_px
        self._before: Seen | None = None
        self._size: tuple[int, ...] = ()

    def add(self, frame: Frame, alpha: Alpha) -> float | None:
        """Take the next frame into account.

        Args:
            frame: (H, W, 3).
            alpha: (H, W).

        Returns:
            By how many px of the full picture the outline moved beyond the footage, from the
            frame before to this one; None for the first frame, for one of another size than the
            one before, and when nobody is in either or nothing can be believed.

        Raises:
            InputError: No frame or no alpha, or sizes differ.
        """
        check_frame(frame)
        check_alpha(alpha)
        check_same_size(frame, alpha, ("frame", "alpha"))
        height, width = alpha.shape
        shrink = max(1.0, max(height, width) / self.long_side_px)
        size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
        now = (
            np.asarray(_reduced(frame, size), np.uint8),
            np.asarray(_reduced(alpha, size), np.float32),
        )
        before, self._before = self._before, now
        same, self._size = self._size == alpha.shape, alpha.shape
        if before is None or not same:
            return None
        moved = _moved(before, now)
        return None if moved is None else moved * shrink


def _moved(before: Seen, now: Seen) -> float | None:
    """By how many px the outline moved beyond the footage."""
    box = _around(np.maximum(before[1], now[1]) > 0)
    if box is None:
        return None
    (frame_before, alpha_before), (frame, alpha) = (
        (np.ascontiguousarray(picture[box]), np.ascontiguousarray(share[box]))
        for picture, share in (before, now)
    )
    way, believed = _way_back(frame_before, frame)
    carried = np.asarray(warp(alpha_before, way), np.float32)
    outline_px = (_steepness(carried) + _steepness(alpha)) / 2
    length = float(outline_px[believed].sum(dtype=np.float64))
    if length < 1:  # no base for a mean
        return None
    return float(np.abs(carried - alpha)[believed].sum(dtype=np.float64)) / length


def _way_back(before: Frame, now: Frame) -> tuple[Flow, Mask]:
    """Where each pixel was in the frame before, and where that explains its colour."""
    found = flow(now, before, scale=1.0, preset="medium")
    best = np.zeros_like(found)
    cost = _unlike(before, now, best)
    for way in (found, *_shifted(found)):
        other = _unlike(before, now, way)
        better = other < cost - BETTER  # when in doubt it rests
        best = np.where(better[..., None], way, best)
        cost = np.where(better, other, cost)
    return best, cost < GRAIN + CONTRAST * _spread(now)


def _shifted(field: Flow) -> Iterator[Flow]:
    """What holds a little to the left, right, above and below."""
    for px in BESIDE_PX:
        for x, y in ((px, 0), (-px, 0), (0, px), (0, -px)):
            shift = np.asarray([[1, 0, x], [0, 1, y]], np.float32)
            size, edge = field.shape[1::-1], cv2.BORDER_REPLICATE
            yield np.asarray(cv2.warpAffine(field, shift, size, borderMode=edge), np.float32)


def _spread(frame: Frame) -> NDArray[np.float32]:
    """Standard deviation of the grey levels round each pixel."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean, square = cv2.blur(grey, (9, 9)), cv2.blur(grey * grey, (9, 9))
    return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0)), np.float32)


def _unlike(before: Frame, now: Frame, way: Flow) -> NDArray[np.float32]:
    """By how much the colour that a way leads to is off, in the mean of 3x3 px."""
    off = cv2.absdiff(warp(before, way), now)
    return np.asarray(cv2.blur(off, (3, 3)).mean(axis=2, dtype=np.float32))


def _steepness(alpha: Alpha) -> NDArray[np.float32]:
    """Outline in each pixel, in px: summed up, soft edges are as long as hard ones."""
    across = cv2.Sobel(alpha, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(alpha, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _around(mask: Mask) -> tuple[slice, slice] | None:
    """The box round what is selected and its surroundings; None when nothing is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return np.s_[
        max(0, rows[0] - MARGIN_PX) : rows[-1] + MARGIN_PX + 1,
        max(0, columns[0] - MARGIN_PX) : columns[-1] + MARGIN_PX + 1,
    ]


def _reduced(
    picture: NDArray[np.uint8] | NDArray[np.float32], size: tuple[int, int]
) -> NDArray[np.uint8] | NDArray[np.float32]:
    if picture.shape[1::-1] == size:
        return picture.copy()  # the caller may write into its own
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]
