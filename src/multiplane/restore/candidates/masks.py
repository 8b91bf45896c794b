"""Whatever was given as a mask, as what is to be repaired in the picture it was drawn for."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.media.pixels import to_eight, to_grey, turn

SUSPICIOUS_SHARE = 0.5
"""A mask that selects more of a picture than this may be the other way round."""
MOST_STRETCH = 3.0
"""Masks that would be stretched more than this in one direction are of another picture."""
_LYING = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""
_TURNED = frozenset(range(2, 9))
_OTHER: dict[str, Literal["white", "black"]] = {"white": "black", "black": "white"}


class FittedMask(NamedTuple):
    """A mask that lies on its picture pixel by pixel.

    Attributes:
        mask: (H, W) what is to be repaired.
        fitted_from: (w, h) of the mask as it was drawn, where that is not the picture's size.
        notes: What was done to it, and what looks odd about it.
    """

    mask: Mask
    fitted_from: tuple[int, int] | None
    notes: tuple[str, ...]


class Canvas(NamedTuple):
    """The picture a mask is for.

    Attributes:
        size: (W, H) as it stands upright.
        turned: The EXIF orientation, 1 to 8, that was applied to stand it upright.
    """

    size: tuple[int, int]
    turned: int = 1


def fit_mask(
    drawn: NDArray[Any],
    canvas: Canvas,
    mode: Literal["white", "black"] = "white",
    threshold: int = 128,
) -> FittedMask:
    """Read a drawing as a mask, and lay it on its picture.

    Grey from the threshold up is white, the rest black; of colours the luma counts, alpha does
    not. A drawing of another size is fitted by the nearest neighbour, whatever its shape; one
    that has the shape of the picture before its EXIF orientation was applied is turned as the
    picture was.

    Args:
        drawn: (h, w) or (h, w, C) uint8 or uint16; upright by its own orientation.
        canvas: The picture.
        mode: Which colour is to be repaired.
        threshold: From 1 to 255.

    Returns:
        The mask and what was done. It may select nothing.

    Raises:
        InputError: It selects everything; or its shape is not that of the picture at all.
    """
    white = np.asarray(to_grey(to_eight(drawn)) >= threshold)
    mask = white if mode == "white" else ~white
    notes: list[str] = []
    mask = _stand_up(mask, canvas, notes)
    size = (mask.shape[1], mask.shape[0])
    if size != canvas.size:
        notes.append(_fitting(size, canvas.size))
        mask = _nearest(mask, canvas.size)
    notes += _doubts(mask, drawn, mode, threshold)
    return FittedMask(mask, size if size != canvas.size else None, tuple(notes))


def _stand_up(mask: Mask, canvas: Canvas, notes: list[str]) -> Mask:
    """Turn a mask that was drawn on the picture's pixels as they lie in its file."""
    if canvas.turned not in _TURNED:
        return mask
    width, height = canvas.size
    size = (mask.shape[1], mask.shape[0])
    lying = canvas.turned in _LYING
    if lying and not _alike(size, (width, height)) and _alike(size, (height, width)):
        notes.append(
            f"the mask was drawn on the picture as it lies in its file, {size[0]}x{size[1]}; it "
            f"was turned as the picture's EXIF orientation {canvas.turned} says"
        )
        return turn(mask, canvas.turned)
    if not lying or width == height:
        notes.append(
            f"the picture was turned by its EXIF orientation {canvas.turned}; its mask is taken "
            "to be drawn on the upright picture, since their sizes cannot tell"
        )
    return mask


def _fitting(size: tuple[int, int], wanted: tuple[int, int]) -> str:
    """What to say about a mask of another size.

    Raises:
        InputError: It cannot be of this picture.
    """
    words = f"the mask is {size[0]}x{size[1]}, the picture {wanted[0]}x{wanted[1]}"
    fix = f"draw the mask on this picture, or resize it to {wanted[0]}x{wanted[1]} px"
    if _alike(size, wanted):
        return f"{words}: it was fitted by the nearest neighbour"
    if _alike(size, wanted[::-1]):
        raise InputError(
            f"{words}: it lies on its side",
            why="stretched to the picture, it would lie over other places than those it marks",
            fix=f"turn the mask by 90 degrees; or {fix}",
        )
    across, down = wanted[0] / size[0], wanted[1] / size[1]
    stretch = max(across, down) / min(across, down)
    if stretch > MOST_STRETCH:
        raise InputError(
            f"{words}: another shape altogether",
            why=f"it would be stretched {stretch:.1f} times as far in one direction as in the "
            "other, so it is most likely the mask of another picture",
            fix=fix,
        )
    return (
        f"{words}, which is ANOTHER SHAPE: it was stretched by the nearest neighbour, "
        f"{stretch:.2f} times as far in one direction as in the other; look whether it still "
        "lies over the damage"
    )


def _alike(size: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Whether one is the other scaled, up to rounding to whole pixels."""
    (w, h), (width, height) = size, wanted
    return abs(w * height - h * width) <= max(width, height, w, h)


def _nearest(mask: Mask, size: tuple[int, int]) -> Mask:
    """By the pixel under each pixel's middle; OpenCV's nearest takes that under its corner."""
    fitted = cv2.resize(mask.view(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(fitted, np.uint8).view(np.bool_)


def _doubts(
    mask: Mask, drawn: NDArray[Any], mode: Literal["white", "black"], threshold: int
) -> list[str]:
    """What is odd about a mask.

    Raises:
        InputError: It selects the whole picture.
    """
    share = np.count_nonzero(mask) / mask.size
    other = _OTHER[mode]
    empty_grey = f"; its drawing is in its alpha channel, which is not looked at: {_FLATTEN}"
    hint = empty_grey if _drawn_in_alpha(drawn) else ""
    if share == 1.0:
        raise InputError(
            f"the mask is {mode} all over: the whole picture would be repaired{hint}",
            why="nothing is left that it could be repaired from",
            fix=f"--mask-mode {other}, if what the mask shows {other} is the damage; or another "
            "mask, or leave this picture out",
        )
    if share == 0.0:
        lightest = int(to_grey(to_eight(drawn)).max())
        if mode == "white" and int(to_grey(to_eight(drawn)).min()) < lightest < threshold:
            hint += (
                f"; its lightest is grey {lightest}, below {threshold}, so if that is the damage: "
                f"--mask-threshold {lightest} or less"
            )
        return [
            f"nothing was to be repaired: the mask has no {mode} pixel{hint}; if what it shows "
            f"{other} is the damage: --mask-mode {other}"
        ]
    if share > SUSPICIOUS_SHARE:
        return [
            f"the mask selects {share:.0%} of the picture; if that is what is to be kept, invert "
            f"this mask, or for all of them: --mask-mode {other}"
        ]
    return []


_FLATTEN = "flatten it to black and white"


def _drawn_in_alpha(drawn: NDArray[Any]) -> bool:
    """Whether all is one colour, and its alpha is not."""
    if drawn.ndim == 2 or drawn.shape[2] not in {2, 4}:
        return False
    flat = drawn.reshape(-1, drawn.shape[2])
    return bool((flat[:, :-1] == flat[0, :-1]).all() and (flat[:, -1] != flat[0, -1]).any())
