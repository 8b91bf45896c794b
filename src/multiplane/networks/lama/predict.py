"""Pictures of any size through the generator: padded as LaMa was shown them, cropped back."""

from __future__ import annotations

import torch

from multiplane.core.errors import InputError
from multiplane.networks.lama.generator import LEAST_SIDE, STEP, LamaGenerator


def predict(generator: LamaGenerator, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Paint pictures anew; the caller keeps what was not hidden: ``m * new + (1 - m) * old``.

    Right and bottom are padded by what lies at the border, mirrored with the border itself
    (``symmetric`` of numpy, as upstream's evaluation does).

    Args:
        generator: The network.
        images: floating (B, 3, H, W), RGB in [0, 1]; any size from 1 px on.
        masks: (B, 1, H, W); a hole is what is greater than 0.

    Returns:
        float32 (B, 3, H, W) in [0, 1], whatever precision it was computed in.

    Raises:
        InputError: Other shapes.
    """
    height, width = _check(images, masks)
    holes = (masks > 0).to(images.dtype)
    painted: torch.Tensor = generator(pad(images), pad(holes))
    return painted[..., :height, :width].float()


def pad(batch: torch.Tensor) -> torch.Tensor:
    """Pad right and bottom to the sizes that the generator takes.

    Args:
        batch: (B, C, H, W).

    Returns:
        (B, C, h, w), multiples of 8 from 16 on; the batch itself where it has such a size.
    """
    for axis in (-2, -1):
        side = batch.shape[axis]
        wanted = max(LEAST_SIDE, -(-side // STEP) * STEP)
        if wanted != side:
            places = torch.arange(wanted, device=batch.device) % (2 * side)
            mirrored = torch.where(places < side, places, 2 * side - 1 - places)
            batch = batch.index_select(axis, mirrored)
    return batch


def _check(images: torch.Tensor, masks: torch.Tensor) -> tuple[int, int]:
    """Height and width of the pictures.

    Raises:
        InputError: Not (B, 3, H, W) and (B, 1, H, W) of one size.
    """
    got = (tuple(images.shape), tuple(masks.shape))
    if images.ndim == 4 and images.shape[1] == 3 and images.is_floating_point():
        batch, _, height, width = images.shape
        if got[1] == (batch, 1, height, width) and height and width:
            return height, width
    raise InputError(
        f"pictures are {images.dtype} {got[0]}, masks {got[1]}; "
        "wanted float (B, 3, H, W) and (B, 1, H, W)",
        why="each picture has one mask of its size",
        fix="make them with multiplane.tensors.convert: frames_to_tensor, masks_to_tensor",
    )
