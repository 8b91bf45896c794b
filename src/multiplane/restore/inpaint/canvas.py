"""The sheet on which the fill of many frames is invented once, and from which it is carried."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import around
from multiplane.motion.camera import Homography
from multiplane.restore.inpaint.backend import Inpainter
from multiplane.restore.inpaint.blend import match_light
from multiplane.restore.inpaint.crops import Box, Invention, bounds, fill_holes

UNKNOWN, SEEN, INVENTED = 0, 1, 2
BESIDE_PX = 16
"""What is unknown this near to what is wanted is invented as well."""


class Sheet:
    """What lies behind the characters of some frames, in the coordinates of one of them.

    Attributes:
        picture: (H, W, 3) RGB.
        kinds: (H, W) uint8; 0 unknown, 1 seen by some frame, 2 invented.
        wanted: (H, W) what some frame lacks.
        inventions: What was invented on it.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """An empty sheet of (width, height)."""
        self.picture: Frame = np.zeros((size[1], size[0], 3), np.uint8)
        self.kinds: NDArray[np.uint8] = np.zeros((size[1], size[0]), np.uint8)
        self.wanted: Mask = np.zeros((size[1], size[0]), np.bool_)
        self.inventions: list[Invention] = []

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.kinds.shape[1], self.kinds.shape[0]

    @property
    def missing(self) -> Mask:
        """(H, W) what some frame lacks and nothing here shows yet."""
        return np.asarray(self.wanted & (self.kinds == UNKNOWN))

    def want(self, hole: Mask, to_sheet: Homography) -> None:
        """Note what a frame lacks.

        Args:
            hole: (h, w) in the frame.
            to_sheet: Frame pixels to sheet pixels.
        """
        solid = hole.view(np.uint8) * np.uint8(255)
        self.wanted |= lay(solid, to_sheet, self.size, cv2.INTER_LINEAR) > 16

    def add(self, picture: Frame, shown: NDArray[np.uint8], to_sheet: Homography) -> None:
        """Lay a picture under what is here already, in its light.

        Args:
            picture: (h, w, 3) RGB.
            shown: (h, w) uint8, the kind of each pixel; 0 where it shows nothing of use.
            to_sheet: Its pixels to sheet pixels.
        """
        kinds = lay(shown, to_sheet, self.size, cv2.INTER_NEAREST)
        solid = lay(
            (shown > 0).view(np.uint8) * np.uint8(255), to_sheet, self.size, cv2.INTER_LINEAR
        )
        kinds = np.where(solid > 250, kinds, 0).astype(np.uint8)
        fresh = (self.kinds == UNKNOWN) & (kinds > 0)
        box = bounds(fresh)
        if box is None:
            return
        laid = lay(picture, to_sheet, self.size, cv2.INTER_CUBIC)
        part = box.grown(16, self.kinds.shape).slices
        both = (self.kinds[part] > 0) & (kinds[part] > 0)
        new = match_light(laid[part], self.picture[part], fresh[part], both)
        levels = np.clip(np.rint(new), 0, 255).astype(np.uint8)
        self.picture[part][fresh[part]] = levels[fresh[part]]
        self.kinds[fresh] = kinds[fresh]

    def invent(self, inpainter: Inpainter, context_px: int) -> None:
        """Fill what is missing, and what is not known right beside it.

        Args:
            inpainter: What invents.
            context_px: How much to look at around a hole.

        Raises:
            InputError: The sheet shows nothing at all to invent from.
        """
        missing = self.missing
        if not missing.any():
            return
        # What nobody shows and nobody wants is black; beside the fill it would flow into it.
        missing |= (self.kinds == UNKNOWN) & around(missing, BESIDE_PX)
        known = self.kinds == SEEN
        if not known.any():
            known = self.kinds > UNKNOWN
        self.picture, done = fill_holes(self.picture, missing, known, inpainter, context_px)
        self.kinds[missing] = INVENTED
        self.inventions += done

    def look(self, from_frame: Homography, box: Box) -> tuple[Frame, NDArray[np.uint8]]:
        """What the sheet shows of a part of a frame.

        Args:
            from_frame: Frame pixels to sheet pixels.
            box: Part of the frame.

        Returns:
            (h, w, 3) RGB and (h, w) kinds, 0 where the sheet shows nothing.
        """
        shift = np.array([[1, 0, box.x0], [0, 1, box.y0], [0, 0, 1.0]])
        back = np.linalg.inv(from_frame @ shift)
        size = (box.x1 - box.x0, box.y1 - box.y0)
        picture = lay(self.picture, back, size, cv2.INTER_CUBIC)
        return picture, lay(self.kinds, back, size, cv2.INTER_NEAREST)


def lay(picture: NDArray[Any], matrix: Homography, size: tuple[int, int], how: int) -> NDArray[Any]:
    """Warp a picture; whole-pixel shifts are copied, so that they change nothing.

    Args:
        picture: (h, w) or (h, w, C).
        matrix: Its pixels to those of the result.
        size: (width, height) of the result.
        how: An OpenCV interpolation.

    Returns:
        The warped picture, 0 where it does not reach.
    """
    matrix = matrix / matrix[2, 2]
    whole = np.rint(matrix[:2, 2])
    if np.abs(matrix[:, :2] - np.eye(3)[:, :2]).max() < 1e-7 and (
        np.abs(matrix[:2, 2] - whole).max() < 1e-3
    ):
        return _shift(picture, int(whole[0]), int(whole[1]), size)
    return np.asarray(cv2.warpPerspective(picture, matrix, size, flags=how))


def _shift(picture: NDArray[Any], dx: int, dy: int, size: tuple[int, int]) -> NDArray[Any]:
    result = np.zeros((size[1], size[0], *picture.shape[2:]), picture.dtype)
    height, width = picture.shape[:2]
    x0, x1 = max(0, dx), min(size[0], dx + width)
    y0, y1 = max(0, dy), min(size[1], dy + height)
    if x0 < x1 and y0 < y1:
        result[y0:y1, x0:x1] = picture[y0 - dy : y1 - dy, x0 - dx : x1 - dx]
    return result
