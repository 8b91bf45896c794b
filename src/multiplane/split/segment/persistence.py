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
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame
from multiplane.motion.align import Homography
from multiplane.split.segment.config import MotionOptions

Map = NDArray[np.float32]
Bytes = NDArray[np.uint8]
_Range = tuple[Bytes, Bytes]

_LOOSE_PX = 2
"""How much farther the same thing may have wandered when salience is averaged over it: nearer
things move against the homography of the ground behind them."""
_LIGHT = 20
"""Most grey levels that a change of light over the whole frame may have."""
_SHADE, _SHADE_SHARE = 1.5, 0.7
"""How much brighter or darker the same thing may be when a shadow falls on it; how much it counts
as agreeing then."""


@dataclass(frozen=True)
class Reference:
    """One frame that others are held against.

    Attributes:
        index: Its number in the shot.
        soft: (h, w, 3), see :func:`soften`.
        homography: (3, 3), small pixels to those of the shot's reference frame.
        salience: uint8 (h, w), 255 = 1; None when nobody looked.
    """

    index: int
    soft: Frame
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
        like: How many show the same colour hereabouts, perhaps in another light.
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
    """Lays references on frames and compares.

    Shares are counted in 255ths until the end: OpenCV adds up bytes several times as fast.
    """

    def __init__(self, options: MotionOptions) -> None:
        """Take what counts as the same colour."""
        self._tight = _window(options.wiggle_px)
        self._loose = _window(_LOOSE_PX)
        levels = np.arange(256, dtype=np.float64)
        self._kernel = np.rint(255 * np.exp(-np.square(levels / options.tolerance))).astype(
            np.uint8
        )

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
        frame = soften(small)
        brightness = _brightness(frame)
        tight = _range(frame, frame, self._tight)
        loose = _range(*tight, self._loose)
        sums = np.zeros((6, *frame.shape[:2]), np.float32)
        for reference in references:
            laid, visible = _lay(frame, homography, reference)
            agree = self._alike(frame, tight, laid, _range(laid, laid, self._tight))
            shaded = _in_shade(laid, brightness)
            shaded_tight = _range(shaded, shaded, self._tight)
            dimmed = self._alike(frame, tight, shaded, shaded_tight)
            dimmed = np.asarray(cv2.convertScaleAbs(dimmed, alpha=_SHADE_SHARE), np.uint8)
            agree = _both(cv2.max(agree, dimmed), visible)
            like = self._alike(frame, loose, shaded, _range(*shaded_tight, self._loose))
            like = _both(like, visible)
            differ = cv2.subtract(visible, agree)
            for total, share in ((0, agree), (1, differ), (4, like)):
                cv2.accumulate(share, sums[total])
            if reference.salience is not None:
                salience = _laid(reference.salience, frame, homography, reference)
                for total, share in ((2, agree), (3, differ), (5, like)):
                    cv2.accumulateProduct(share, salience, sums[total])
        sums[[0, 1, 4]] /= 255
        sums[[2, 3, 5]] /= 255 * 255
        return Evidence(*sums)

    def change(self, small: Frame, homography: Homography, references: Sequence[Reference]) -> Map:
        """How surely a place changed against at least one reference, in [0, 1], (h, w)."""
        frame = soften(small)
        tight = _range(frame, frame, self._tight)
        most = np.zeros(frame.shape[:2], np.uint8)
        for reference in references:
            laid, visible = _lay(frame, homography, reference)
            agree = self._alike(frame, tight, laid, _range(laid, laid, self._tight))
            most = np.asarray(cv2.max(most, cv2.subtract(visible, agree)), np.uint8)
        return most.astype(np.float32) / np.float32(255)

    def _alike(self, first: Frame, around: _Range, second: Frame, around_second: _Range) -> Bytes:
        """Whether each has about a colour that the other has hereabouts; 255 is yes, (h, w).

        Asked both ways: a smooth thing has a colour that leaves have somewhere, but leaves have
        colours that the smooth thing has nowhere.
        """
        off = cv2.max(
            cv2.max(cv2.subtract(first, around_second[1]), cv2.subtract(around_second[0], first)),
            cv2.max(cv2.subtract(second, around[1]), cv2.subtract(around[0], second)),
        )
        red, green, blue = cv2.split(off)
        return np.asarray(cv2.LUT(cv2.max(red, cv2.max(green, blue)), self._kernel), np.uint8)


def _lay(frame: Frame, homography: Homography, reference: Reference) -> tuple[Frame, Bytes]:
    """A reference on the grid of a frame and in its light; 255 where it is visible."""
    visible = np.full(frame.shape[:2], 255, np.uint8)
    laid = _laid(reference.soft, frame, homography, reference)
    if laid is not reference.soft:
        way = np.linalg.inv(reference.homography) @ homography
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        visible = np.asarray(cv2.warpPerspective(visible, way, visible.shape[::-1], flags=flags))
    return _same_light(laid, frame, visible), visible


def _laid(picture: Bytes, frame: Frame, homography: Homography, reference: Reference) -> Bytes:
    if np.array_equal(homography, reference.homography):
        return picture
    laid = cv2.warpPerspective(
        picture,
        np.linalg.inv(reference.homography) @ homography,
        (frame.shape[1], frame.shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(laid, np.uint8)


def _window(wiggle_px: int) -> Bytes:
    return np.ones((2 * wiggle_px + 1, 2 * wiggle_px + 1), np.uint8)


def _range(low: Bytes, high: Bytes, window: Bytes) -> _Range:
    """The darkest and the brightest value hereabouts, channel by channel."""
    darkest, brightest = cv2.erode(low, window), cv2.dilate(high, window)
    return np.asarray(darkest, np.uint8), np.asarray(brightest, np.uint8)


def _both(share: Any, visible: Bytes) -> Bytes:  # noqa: ANN401 - what cv2 returns
    return np.asarray(cv2.bitwise_and(share, visible), np.uint8)


def soften(frame: Frame) -> Frame:
    """Take the finest grain off a frame before it is compared, (h, w, 3)."""
    return np.asarray(cv2.GaussianBlur(frame, (3, 3), 0), np.uint8)


def _brightness(frame: Frame) -> Map:
    """How bright it is hereabouts, (h, w), never 0."""
    side = 2 * (max(frame.shape[:2]) // 64) + 1
    grey = cv2.blur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), (side, side))
    return np.asarray(grey, np.float32) + 1


def _in_shade(laid: Frame, brightness: Map) -> Frame:
    """Make a reference as bright as the frame is hereabouts, as far as a shadow goes."""
    ratio = np.clip(brightness / _brightness(laid), 1 / _SHADE, _SHADE)
    return np.asarray(cv2.multiply(laid, cv2.merge([ratio] * 3), dtype=cv2.CV_8U), np.uint8)


def _same_light(laid: Frame, frame: Frame, visible: Bytes) -> Frame:
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
