"""Masks, boxes and points of a frame, as the video networks take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch.nn import functional

from multiplane.core.arrays import Mask

Points: TypeAlias = Sequence[tuple[float, float, bool]]
"""(x, y, whether it lies on the object), in pixels of the frame."""
Scale: TypeAlias = tuple[float, float]
"""What x and y of the frame are multiplied by."""

_CORNERS = (2, 3)
"""What the corners of a box are called among points."""


def mask_input(mask: Mask, side: int, device: torch.device) -> torch.Tensor:
    """Bring a mask to the square that the network looks at.

    Args:
        mask: (H, W).
        side: Of the square, pixels.
        device: Where it goes.

    Returns:
        float32 (1, 1, side, side), zeros and ones.
    """
    whole = torch.from_numpy(mask.copy()).to(device)[None, None].float()
    if mask.shape == (side, side):
        return whole
    soft = functional.interpolate(
        whole, size=(side, side), mode="bilinear", align_corners=False, antialias=True
    )
    return (soft >= 0.5).float()


def point_inputs(
    points: Points, box: Sequence[float] | None, scale: Scale, device: torch.device
) -> dict[str, torch.Tensor]:
    """Points as the network takes them, the corners of a box before them.

    Args:
        points: May be none where there is a box.
        box: x0, y0, x1, y1 in pixels of the frame.
        scale: From the frame to the square that the network looks at.
        device: Where they go.

    Returns:
        ``point_coords`` float32 (1, 1, N, 2) and ``point_labels`` int32 (1, 1, N).
    """
    corners = [] if box is None else [(box[0], box[1]), (box[2], box[3])]
    places = torch.tensor([*corners, *((x, y) for x, y, _ in points)], dtype=torch.float32)
    labels = [*_CORNERS[: len(corners)], *(int(on) for _, _, on in points)]
    return {
        "point_coords": (places * torch.tensor(scale)).to(device)[None, None],
        "point_labels": torch.tensor(labels, dtype=torch.int32, device=device)[None, None],
    }
