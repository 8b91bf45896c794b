"""The backend: crops of one size go through together, as many as memory has room for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError
from multiplane.hub import weights
from multiplane.networks.lama import load_lama, predict
from multiplane.restore.inpaint.backend import Filled, Gap, require_known
from multiplane.restore.inpaint.backends.lama.refine import refine
from multiplane.restore.inpaint.backends.lama.resize import enlarge, shrink, size_within
from multiplane.restore.inpaint.config import LamaOptions
from multiplane.tensors.convert import frames_to_tensor, masks_to_tensor
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import computing, pick_dtype

ON_CPU, ON_GPU = 1, 8
"""Crops at once where nobody says how many; a CPU is busy with one."""
REFINED_PX = 2_000_000
"""Crops are refined at no more than this; the paper has 1.8 megapixels."""
LEAST_CROP_PX = 256 * 256
"""Where memory falls short, crops are painted no smaller than this."""


class LamaInpainter:
    """LaMa (Suvorov et al. 2022, https://arxiv.org/abs/2109.07161) on crops.

    What is neither hole nor source is hidden from the network like the hole, and only the hole is
    written. Colours are rounded to 8 bits, where upstream cuts the fraction off: its fills are
    half a level too dark.
    """

    step_px = 32
    """Of crops with sides in steps of this, many have the same size, and little is added."""

    context_share = 0.25
    """In its training up to half of a picture was hidden."""

    def __init__(self, options: LamaOptions, seed: int = 0, compute: Compute | None = None) -> None:
        compute = compute or Compute()
        device = pick_device(compute.device)
        self._options = options
        self._dtype = pick_dtype(compute.precision, device)
        self._memory = Memory(device, compute.max_vram_gb)
        self._generator = self._memory.take(load_lama(weights.find(options.model)))
        self.notes = self._memory.notes
        self.at_once = compute.batch_size or (ON_GPU if device.type == "cuda" else ON_CPU)

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """See :class:`multiplane.restore.inpaint.backend.Inpainter`."""
        return self.fill_many([Gap(frame, hole, sources)])[0]

    def fill_many(self, gaps: Sequence[Gap]) -> list[Filled]:
        """See :class:`multiplane.restore.inpaint.backend.BatchInpainter`."""
        filled = [Filled(gap.frame.copy(), "lama") for gap in gaps]
        sizes: dict[tuple[int, ...], list[int]] = {}
        for index, gap in enumerate(gaps):
            if not gap.hole.any():
                continue
            require_known(gap.sources & ~gap.hole)
            sizes.setdefault(gap.hole.shape, []).append(index)
        for numbers in sizes.values():
            alike = [gaps[number] for number in numbers]
            painted = self._memory.batched(self._paint, alike, self.at_once, "crops")
            for number, picture in zip(numbers, painted, strict=True):
                hole = gaps[number].hole
                levels = np.clip(np.rint(picture[hole]), 0, 255)
                filled[number].frame[hole] = levels.astype(np.uint8)
        return filled

    def _paint(self, gaps: Sequence[Gap]) -> list[NDArray[np.float32]]:
        """Paint crops of one size whole; a single one smaller where memory has no room for it."""
        most_px = round(self._options.max_megapixels * 1e6)
        if self._options.refine:
            most_px = max(most_px, REFINED_PX)
        if len(gaps) > 1:
            return self._painted(gaps, most_px)
        height, width = gaps[0].hole.shape
        return self._memory.fewer(
            lambda number: self._painted(gaps, number),
            min(most_px, height * width),
            "px a crop",
            min(LEAST_CROP_PX, height * width),
        )[0]

    def _painted(self, gaps: Sequence[Gap], most_px: int) -> list[NDArray[np.float32]]:
        """(H, W, 3) in 0 to 255 of each.

        Raises:
            BackendError: PyTorch cannot do it, for another reason than memory, or what came of it
                is no picture.
            RuntimeError: Memory fell short.
        """
        height, width = gaps[0].hole.shape
        size = size_within(height, width, most_px)
        shown = [shrink(gap.frame, gap.hole | ~gap.sources, size) for gap in gaps]
        try:
            pictures = self._network(shown)
        except RuntimeError as error:
            if fell_short(error):
                raise
            raise BackendError(
                f"PyTorch could not paint {len(gaps)} crops of {size[1]}x{size[0]}: {error}",
                why=f"device {self._memory.device}, {self._dtype}",
                fix="try --precision fp32, --device cpu, or --backend patchmatch",
            ) from error
        return [
            enlarge(picture, *small, (height, width))
            for picture, small in zip(pictures, shown, strict=True)
        ]

    def _network(self, shown: Sequence[tuple[Frame, Mask]]) -> NDArray[np.float32]:
        """Float32 (B, h, w, 3), 0 to 255.

        Raises:
            BackendError: The network gave something that is no number.
        """
        device = self._memory.device
        images = frames_to_tensor([frame for frame, _ in shown], device)
        masks = masks_to_tensor([unknown for _, unknown in shown], device)
        if self._options.refine:
            painted = refine(self._generator, images, masks, self._dtype)
        else:
            with computing(device, self._dtype):
                painted = predict(self._generator, images, masks)
        if not torch.isfinite(painted).all():
            raise BackendError(
                f"LaMa gave values that are no numbers ({self._dtype} on {device})",
                why="half precision overflows with some weights",
                fix="--precision fp32",
            )
        return np.asarray(painted.mul(255.0).permute(0, 2, 3, 1).cpu().numpy(), np.float32)
