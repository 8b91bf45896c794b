"""Edges that flicker where the picture stands still, held to what they were the frame before."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Alpha, Frame

Box = tuple[int, int, int, int]

_REACH_PX = 2
"""So far round what changed in the small picture nothing is held."""
_NOTHING = 1 / 255


class SteadyEdges:
    """A recursive filter over time, open only where the picture is the same as before.

    No motion is estimated: what moves changes the picture, its edge is taken as it was found, and
    nothing trails behind it. Memory: an alpha in bytes and the small picture of one frame.
    """

    def __init__(self, strength: float, levels: float) -> None:
        """Begin with nothing known.

        Args:
            strength: What an unchanged edge keeps of the frame before, in [0, 1).
            levels: Differences of the picture up to this, of 255, are noise; from twice that on
                they are changes.
        """
        self._strength, self._levels = np.float32(strength), np.float32(levels)
        self._picture: Frame | None = None
        self._alpha: NDArray[np.uint8] | None = None

    def reset(self) -> None:
        """Forget the frame before."""
        self._picture = self._alpha = None

    def hold(self, picture: Frame, alpha: Alpha, boxes: Sequence[Box]) -> None:
        """Change an alpha in place, towards what it was the frame before.

        Args:
            picture: (h, w, 3), the frame made small: averaged, so that noise is.
            alpha: (H, W), found on the full frame. Another size than before begins anew.
            boxes: Half-open px of the full frame; nothing is changed outside.
        """
        before, then = self._picture, self._alpha
        if before is not None and then is not None and then.shape == alpha.shape:
            for box in boxes if before.shape == picture.shape else ():
                still = _stillness(before, picture, self._levels, box, alpha.shape)
                self._hold_part(still, then, alpha, box)
        if then is None or then.shape != alpha.shape:
            then = np.empty(alpha.shape, np.uint8)
        self._picture = picture
        self._alpha = np.asarray(cv2.convertScaleAbs(alpha, dst=then, alpha=255), np.uint8)

    def _hold_part(
        self, still: NDArray[np.float32], then: NDArray[np.uint8], alpha: Alpha, box: Box
    ) -> None:
        x0, y0, x1, y1 = box
        part = alpha[y0:y1, x0:x1]
        apart = then[y0:y1, x0:x1].astype(np.float32) * np.float32(1 / 255) - part
        held = part + still * self._strength * apart
        # What is left of something gone fades out for good.
        np.copyto(held, part, where=np.abs(held - part) < _NOTHING)
        part[:] = np.clip(held, 0, 1)


def _stillness(
    before: Frame, picture: Frame, levels: np.float32, box: Box, shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """1 where the picture is as before, 0 where it or what is near has changed.

    Args:
        before: (h, w, 3).
        picture: (h, w, 3).
        levels: Up to which differences are noise.
        box: In px of the full frame.
        shape: (H, W) of the full frame.

    Returns:
        The size of the box.
    """
    (h, w), (x0, y0, x1, y1) = picture.shape[:2], box
    across, down = w / shape[1], h / shape[0]
    reach = _REACH_PX + 1
    left, top = max(0, int(x0 * across) - reach), max(0, int(y0 * down) - reach)
    rows = slice(top, int(np.ceil(y1 * down)) + reach)
    columns = slice(left, int(np.ceil(x1 * across)) + reach)
    red, green, blue = cv2.split(cv2.absdiff(picture[rows, columns], before[rows, columns]))
    window = np.ones((2 * _REACH_PX + 1, 2 * _REACH_PX + 1), np.uint8)
    most = np.asarray(cv2.dilate(cv2.max(cv2.max(red, green), blue), window), np.float32)
    still = np.clip(2 - most / levels, 0, 1)
    turn = np.array(
        [
            [across, 0, (x0 + 0.5) * across - 0.5 - left],
            [0, down, (y0 + 0.5) * down - 0.5 - top],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (x1 - x0, y1 - y0)
    cut = cv2.warpAffine(still, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.float32)
