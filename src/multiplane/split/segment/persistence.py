"""What stays and what does not, once the camera's motion is taken out.

Every frame is held against a bounded number of reference frames of its shot, laid on it by the
camera's homographies: which of them show the same colour at the same place? Like the sample
consensus of ViBe (Barnich and Van Droogenbroeck 2011, doi:10.1109/TIP.2010.2101613) this needs
no model of what the background looks like; unlike there the samples come from the whole shot, and
each knows how salient it was, so that salience is averaged over the frames that show the same
thing: a rock that one frame takes for a character is outvoted by those that do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.motion.align import Homography
from multiplane.split.segment.config import MotionOptions

Map = NDArray[np.float32]

_LOOSE_PX = 2
"""How much farther the same thing may have wandered when salience is averaged over it: nearer
things move against the homography of the ground behind them."""
_LIGHT = 20
"""Most grey levels that a change of light over the whole frame may have."""


@dataclass(frozen=True)
class Reference:
    """One frame that others are held against.

    Attributes:
        index: Its number in the shot.
        small: (h, w, 3).
        homography: (3, 3), small pixels to those of the shot's reference frame.
        salience: uint8 (h, w), 255 = 1; None when nobody looked.
    """

    index: int
    small: Frame
    homography: Homography
    salience: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class Evidence:
    """What the references say about each pixel of a frame; float32 (h, w) each.

    Attributes:
        agree: How many references show the same colour here.
        differ: How many see this place and show another colour.
        agree_salient: Salience summed over those that agree.
        differ_salient: Salience summed over those that differ.
        like: How many show the same colour hereabouts, see ``_LOOSE_PX``.
        like_salient: Salience summed over those.
    """

    agree: Map
    differ: Map
    agree_salient: Map
    differ_salient: Map
    like: Map
    like_salient: Map

    @property
    def persistence(self) -> Map:
        """The share of references that agree, in [0, 1]; 1 where none sees the place."""
        return (self.agree + 1e-3) / (self.agree + self.differ + 1e-3)

    def shared_salience(self, own: Map) -> Map:
        """Salience averaged over the frames that show the same thing here, this one included."""
        return (self.like_salient + own) / (self.like + 1)

    def departure(self, salience_trust: float) -> Map:
        """How surely this is not the background here, in [-1, 1]; 0 where nothing tells.

        References that were salient here tell nothing about the background, as far as salience
        is trusted.

        Args:
            salience_trust: In [0, 1].
        """
        differ = self.differ - salience_trust * self.differ_salient
        agree = self.agree - salience_trust * self.agree_salient
        return np.asarray((differ - agree) / (differ + agree + 1.5), np.float32)


class Comparison:
    """Lays references on frames and compares."""

    def __init__(self, options: MotionOptions) -> None:
        self._tight = _window(options.wiggle_px)
        self._loose = _window(_LOOSE_PX)
        levels = np.arange(256, dtype=np.float32)
        self._kernel = np.exp(-np.square(levels / options.tolerance)).astype(np.float32)

    def gather(
        self, small: Frame, homography: Homography, references: Sequence[Reference]
    ) -> Evidence:
        """Hold a frame against references.

        Args:
            small: (h, w, 3).
            homography: (3, 3), small pixels to those of the shot's reference frame.
            references: Of the same size; without the frame itself.

        Returns:
            The evidence.
        """
        frame = _soften(small)
        sums = np.zeros((6, *frame.shape[:2]), np.float32)
        for reference in references:
            seen = self._lay(frame, homography, reference)
            salience = _laid_salience(frame, homography, reference)
            low, high = _range(seen[0], seen[0], self._tight)
            agree = self._alike(frame, low, high) * seen[1]
            low, high = _range(low, high, self._loose)
            like = self._alike(frame, low, high) * seen[1]
            differ = seen[1] - agree
            sums[0] += agree
            sums[1] += differ
            sums[4] += like
            if salience is not None:
                sums[2] += agree * salience
                sums[3] += differ * salience
                sums[5] += like * salience
        return Evidence(*sums)

    def change(self, small: Frame, homography: Homography, references: Sequence[Reference]) -> Map:
        """How surely a place changed against at least one reference, in [0, 1], (h, w)."""
        frame = _soften(small)
        most = np.zeros(frame.shape[:2], np.float32)
        for reference in references:
            laid, visible = self._lay(frame, homography, reference)
            low, high = _range(laid, laid, self._tight)
            most = np.maximum(most, visible - self._alike(frame, low, high) * visible)
        return most

    def _lay(self, frame: Frame, homography: Homography, reference: Reference) -> tuple[Frame, Map]:
        """A reference on the grid of a frame and in its light, and where it is visible."""
        height, width = frame.shape[:2]
        if np.array_equal(homography, reference.homography):
            laid, visible = reference.small, np.ones((height, width), np.float32)
        else:
            way = np.linalg.inv(reference.homography) @ homography
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            laid = np.asarray(
                cv2.warpPerspective(
                    reference.small, way, (width, height), flags=flags,
                    borderMode=cv2.BORDER_REPLICATE,
                ), np.uint8)  # fmt: skip
            ones = np.ones(reference.small.shape[:2], np.float32)
            visible = np.asarray(
                cv2.warpPerspective(
                    ones, way, (width, height), flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
                ), np.float32)  # fmt: skip
        return _same_light(laid, frame, visible), visible

    def _alike(self, frame: Frame, low: NDArray[np.uint8], high: NDArray[np.uint8]) -> Map:
        off = cv2.max(cv2.subtract(frame, high), cv2.subtract(low, frame))
        red, green, blue = cv2.split(off)
        most = np.asarray(cv2.max(red, cv2.max(green, blue)))
        return np.asarray(self._kernel[most])


def _window(wiggle_px: int) -> NDArray[np.uint8]:
    return np.ones((2 * wiggle_px + 1, 2 * wiggle_px + 1), np.uint8)


def _range(low: Frame, high: Frame, window: NDArray[np.uint8]) -> tuple[Frame, Frame]:
    """The darkest and the brightest value hereabouts, channel by channel."""
    return np.asarray(cv2.erode(low, window), np.uint8), np.asarray(
        cv2.dilate(high, window), np.uint8
    )


def _soften(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (3, 3), 0), np.uint8)


def _laid_salience(frame: Frame, homography: Homography, reference: Reference) -> Map | None:
    if reference.salience is None:
        return None
    salience = reference.salience
    if not np.array_equal(homography, reference.homography):
        salience = np.asarray(
            cv2.warpPerspective(
                salience,
                np.linalg.inv(reference.homography) @ homography,
                (frame.shape[1], frame.shape[0]),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )
    return salience.astype(np.float32) / np.float32(255)


def _same_light(laid: Frame, frame: Frame, visible: Map) -> Frame:
    """Take out what the light of the whole frame differs by: the median, channel by channel."""
    step = max(1, min(frame.shape[:2]) // 45)
    where = visible[::step, ::step] > 0
    if not where.any():
        return laid
    apart = laid[::step, ::step].astype(np.int16) - frame[::step, ::step]
    offset = np.clip(np.rint(np.median(apart[where], axis=0)), -_LIGHT, _LIGHT)
    if not offset.any():
        return laid
    shifted = laid.astype(np.int16) - offset.astype(np.int16)
    return np.asarray(np.clip(shifted, 0, 255), np.uint8)
