"""The arrays of the house and the checks at its border.

A picture enters through one of the ``check_*`` functions; behind them nothing is checked again.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from multiplane.core.errors import InputError

Frame: TypeAlias = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB, sRGB-encoded."""
Mask: TypeAlias = NDArray[np.bool_]
"""bool (H, W), True = selected = repair."""
Alpha: TypeAlias = NDArray[np.float32]
"""float32 (H, W) in [0, 1], 1 = foreground; the colour beside it is straight."""


def check_frame(array: NDArray[Any], name: str = "frame") -> Frame:
    """Return the array as a frame, or say what it is instead.

    Args:
        array: Anything that claims to be a frame.
        name: What to call it in the message.

    Returns:
        The same array, known to be uint8 (H, W, 3) with H, W >= 1.

    Raises:
        InputError: Another dtype or shape.
    """
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise InputError(
            f"{name} is {array.dtype} {array.shape}, wanted uint8 (H, W, 3)",
            why="frames are 8-bit RGB; other kinds are converted where they are read",
            fix="read it with multiplane.media.images.read_frame",
        )
    return array


def check_mask(array: NDArray[Any], name: str = "mask") -> Mask:
    """Return the array as a mask, or say what it is instead.

    Args:
        array: Anything that claims to be a mask.
        name: What to call it in the message.

    Returns:
        The same array, known to be bool (H, W).

    Raises:
        InputError: Another dtype or shape.
    """
    if array.dtype != np.bool_ or array.ndim != 2 or 0 in array.shape:
        raise InputError(
            f"{name} is {array.dtype} {array.shape}, wanted bool (H, W)",
            why="a grey mask is an alpha until someone thresholds it",
            fix=f"{name} = {name} >= 128",
        )
    return array


def check_alpha(array: NDArray[Any], name: str = "alpha") -> Alpha:
    """Return the array as an alpha, or say what it is instead.

    Args:
        array: Anything that claims to be an alpha.
        name: What to call it in the message.

    Returns:
        The same array, known to be float32 (H, W) within [0, 1].

    Raises:
        InputError: Another dtype or shape, or values outside [0, 1] or not finite.
    """
    if array.dtype != np.float32 or array.ndim != 2 or 0 in array.shape:
        raise InputError(
            f"{name} is {array.dtype} {array.shape}, wanted float32 (H, W)",
            why="an alpha is a share of foreground per pixel",
            fix=f"{name} = {name}.astype(np.float32) / 255",
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):
        raise InputError(
            f"{name} spans [{low:g}, {high:g}], wanted [0, 1]",
            why="an alpha is a share of foreground per pixel",
            fix=f"{name} = np.clip({name}, 0, 1)",
        )
    return array


def check_same_size(first: NDArray[Any], second: NDArray[Any], names: tuple[str, str]) -> None:
    """Refuse two pictures whose height or width differ.

    Args:
        first: Any picture, (H, W) or (H, W, C).
        second: Any picture, (H, W) or (H, W, C).
        names: What to call them in the message.

    Raises:
        InputError: The sizes differ.
    """
    if first.shape[:2] != second.shape[:2]:
        raise InputError(
            f"{names[0]} is {first.shape[1]}x{first.shape[0]}, "
            f"{names[1]} is {second.shape[1]}x{second.shape[0]}",
            why="they are matched pixel by pixel",
            fix=f"resize the {names[1]} to {first.shape[1]}x{first.shape[0]} first",
        )
