"""The one border between arrays and tensors.

Inside backends pictures are float32 (B, C, H, W), RGB in [0, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import (
    Alpha,
    Frame,
    Mask,
    check_alpha,
    check_frame,
    check_mask,
    check_same_size,
)
from multiplane.core.errors import InputError


def frames_to_tensor(frames: Sequence[Frame], device: torch.device | None = None) -> torch.Tensor:
    """Stack frames into a batch.

    Args:
        frames: (H, W, 3) each, of one size.
        device: Where it goes; None for the CPU.

    Returns:
        float32 (B, 3, H, W) in [0, 1].

    Raises:
        InputError: No frame, or frames of different sizes.
    """
    stacked = _stack([check_frame(frame) for frame in frames], "frame")
    batch = torch.from_numpy(stacked).to(device or torch.device("cpu"))  # bytes travel, not floats
    return batch.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)


def tensor_to_frames(batch: torch.Tensor) -> list[Frame]:
    """Turn a batch back into frames; values are clipped to [0, 1] and rounded to 8 bits.

    Args:
        batch: floating (B, 3, H, W), RGB in [0, 1].

    Returns:
        (H, W, 3) each.

    Raises:
        InputError: Another shape.
    """
    _check_batch(batch, 3)
    scaled = batch.detach().to(torch.float32).clamp(0.0, 1.0).mul(255.0).round()
    array = scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return [np.ascontiguousarray(frame) for frame in array]


def masks_to_tensor(
    masks: Sequence[Mask] | Sequence[Alpha], device: torch.device | None = None
) -> torch.Tensor:
    """Stack masks or alphas into a batch.

    Args:
        masks: (H, W) each, of one size; bool, or float32 in [0, 1].
        device: Where it goes; None for the CPU.

    Returns:
        float32 (B, 1, H, W) in [0, 1].

    Raises:
        InputError: No mask, or masks of different sizes.
    """
    checked = [check_mask(m) if m.dtype == np.bool_ else check_alpha(m) for m in masks]
    stacked = _stack(checked, "mask").astype(np.float32)
    return torch.from_numpy(stacked)[:, None].to(device or torch.device("cpu"))


def tensor_to_alphas(batch: torch.Tensor) -> list[Alpha]:
    """Turn a batch of one channel back into alphas, clipped to [0, 1].

    Args:
        batch: floating (B, 1, H, W).

    Returns:
        float32 (H, W) each.

    Raises:
        InputError: Another shape.
    """
    _check_batch(batch, 1)
    array = batch.detach().to(torch.float32).clamp(0.0, 1.0)[:, 0].cpu().numpy()
    return [np.ascontiguousarray(alpha) for alpha in array]


def _stack(arrays: Sequence[NDArray[Any]], name: str) -> NDArray[Any]:
    if not arrays:
        raise InputError(
            f"a batch of no {name}s",
            why="a batch has one picture at least",
            fix="leave empty batches out",
        )
    for array in arrays[1:]:
        check_same_size(arrays[0], array, (f"first {name}", f"another {name}"))
    return np.stack(arrays)


def _check_batch(batch: torch.Tensor, channels: int) -> None:
    if batch.ndim != 4 or batch.shape[1] != channels or not batch.is_floating_point():
        raise InputError(
            f"batch is {batch.dtype} {tuple(batch.shape)}, wanted float (B, {channels}, H, W)",
            why="tensors turn back into pictures one channel order only",
            fix=f"permute it to (B, {channels}, H, W) first",
        )
