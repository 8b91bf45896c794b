"""Dense optical flow between two frames, what it carries along, and where it can be believed."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask, check_same_size

Flow: TypeAlias = NDArray[np.float32]
"""float32 (H, W, 2): where the point that is at (x, y) went, as a displacement (dx, dy) in px."""

_SMALLEST_PX = 32
"""Sides are padded to this: patches of 8 px at a quarter of the size, the finest level of the
presets. On a wide strip that is lower, OpenCV reads outside of the picture and may crash."""
_PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


def flow(
    a: Frame,
    b: Frame,
    scale: float = 0.5,
    preset: Literal["ultrafast", "fast", "medium"] = "fast",
) -> Flow:
    """Find where each pixel of one frame is in another.

    Dense inverse search (Kroeger et al. 2016, https://arxiv.org/abs/1603.03590) on grey values.

    Args:
        a: (H, W, 3) RGB, or (H, W) grey.
        b: Of the same size and kind.
        scale: Works on frames shrunk by this factor, in (0, 1]; the answer has full size.
        preset: How much work goes into it.

    Returns:
        (H, W, 2) displacements a_to_b in px of the full frame: ``a[y, x]`` shows what ``b``
        shows at ``(x, y) + flow[y, x]``, so ``warp(b, flow(a, b))`` looks like ``a``.

    Raises:
        InputError: The frames differ in size.
    """
    check_same_size(a, b, ("first frame", "second frame"))
    height, width = a.shape[:2]
    small = (
        min(width, max(_SMALLEST_PX, round(width * scale))),
        min(height, max(_SMALLEST_PX, round(height * scale))),
    )
    pad = (max(0, _SMALLEST_PX - small[1]), max(0, _SMALLEST_PX - small[0]))
    found = cv2.DISOpticalFlow.create(_PRESETS[preset]).calc(
        _grey(a, small, pad), _grey(b, small, pad), cast(Any, None)
    )
    found = found[: small[1], : small[0]]
    return resize_flow(np.asarray(found, np.float32), (width, height))


def _grey(image: NDArray[np.uint8], size: tuple[int, int], pad: tuple[int, int]) -> Frame:
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    if grey.shape[::-1] != size:
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    if any(pad):
        grey = cv2.copyMakeBorder(grey, 0, pad[0], 0, pad[1], cv2.BORDER_REPLICATE)
    return np.asarray(grey, np.uint8)


def resize_flow(field: Flow, size: tuple[int, int]) -> Flow:
    """Resample displacements to another picture size, scaled along.

    Args:
        field: (h, w, 2).
        size: (width, height) wanted.

    Returns:
        (height, width, 2) in px of the wanted size.
    """
    height, width = field.shape[:2]
    if (width, height) == size:
        return field
    grown = cv2.resize(field, size, interpolation=cv2.INTER_LINEAR)
    grown *= np.array([size[0] / width, size[1] / height], np.float32)
    return np.asarray(grown, np.float32)


def warp(
    image: NDArray[Any], field: Flow, outside: Literal["edge", "zero"] = "edge"
) -> NDArray[Any]:
    """Fetch for each pixel what the image shows at the place the flow points to.

    Args:
        image: (H, W) or (H, W, C); uint8, float32, or bool (thresholded again at one half).
        field: (H, W, 2), see :func:`flow`.
        outside: What is found beyond the border: the nearest edge pixel, or zero.

    Returns:
        Same shape and dtype as the image.

    Raises:
        InputError: Image and flow differ in size.
    """
    check_same_size(image, field, ("image", "flow"))
    x, y = _targets(field)
    border = cv2.BORDER_REPLICATE if outside == "edge" else cv2.BORDER_CONSTANT
    if image.dtype == np.bool_:
        soft = cv2.remap(image.astype(np.uint8) * 255, x, y, cv2.INTER_LINEAR, borderMode=border)
        return np.asarray(soft >= 128)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=border))


def _targets(field: Flow) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = field.shape[:2]
    x = field[..., 0] + np.arange(width, dtype=np.float32)
    y = field[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def consistent(a_to_b: Flow, b_to_a: Flow, tolerance_px: float = 1.5) -> Mask:
    """Find where going there and coming back ends where it began.

    The bound grows with the length of the way (Sundaram et al. 2010,
    doi:10.1007/978-3-642-15549-9_32): what fails it was covered, uncovered or mistaken.

    Args:
        a_to_b: (H, W, 2).
        b_to_a: (H, W, 2).
        tolerance_px: How far off it may end when nothing moves.

    Returns:
        bool (H, W) on the grid of ``a``, True = believable; False where the way leaves the frame.

    Raises:
        InputError: The flows differ in size.
    """
    check_same_size(a_to_b, b_to_a, ("flow there", "flow back"))
    height, width = a_to_b.shape[:2]
    back = warp(b_to_a, a_to_b)
    off = np.square(a_to_b + back).sum(axis=-1)
    length = np.square(a_to_b).sum(axis=-1) + np.square(back).sum(axis=-1)
    x, y = _targets(a_to_b)
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return np.asarray(inside & (off <= tolerance_px**2 + 0.01 * length))
