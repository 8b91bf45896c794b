"""SD 1.5, SD 2 and SDXL: driven by a loop of ours, with seeds together and in tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.errors import BackendError, MultiplaneError
from multiplane.core.items import Json
from multiplane.networks.diffusion import Diffusion
from multiplane.networks.diffusion.prompts import Words, encode
from multiplane.networks.diffusion.schedulers import make_scheduler
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.backends.diffusion.sampling import (
    Course,
    denoise,
    enough_steps,
)
from multiplane.restore.inpaint.backends.diffusion.scene import Kind, Ready, prepare
from multiplane.restore.inpaint.backends.diffusion.size import Size, find_size
from multiplane.restore.inpaint.backends.diffusion.tiles import TiledUnet
from multiplane.restore.inpaint.backends.diffusion.windows import Autoencoder
from multiplane.restore.inpaint.diffusion import DiffusionOptions
from multiplane.tensors.memory import Memory, fell_short

LEAST_PX = 256
"""Where memory falls short, tiles become no smaller than this."""


class UnetPainter:
    """A UNet in the latents of an autoencoder (Rombach et al. 2022,
    https://arxiv.org/abs/2112.10752).

    Unlike the pipelines of diffusers, a latent of which a single pixel is hidden is repainted
    (there it is the pixel in its corner that decides, and most of a crack is missed), crops keep
    their shape, large ones are painted in tiles that are denoised together, and noise is drawn on
    the CPU for each seed by itself.

    Attributes:
        step_px: Sides of what is painted are multiples of this.
        notes: What the user should know.
    """  # noqa: D205 - a reference is longer than a line

    def __init__(
        self, diffusion: Diffusion, options: DiffusionOptions, memory: Memory, at_once: int
    ) -> None:
        """Take it into use.

        Args:
            diffusion: A loaded pipeline with a UNet.
            options: How to paint.
            memory: Of the device.
            at_once: How many seeds go through together.
        """
        self._diffusion, self._options, self._memory = diffusion, options, memory
        self._at_once = at_once
        self._said: dict[tuple[int, int], Words] = {}
        self._unet = diffusion.pipeline.unet
        self._autoencoder = Autoencoder(diffusion.pipeline.vae, memory, options.vae_tile_px)
        factor = self._autoencoder.factor
        self._unit = 2 ** (len(self._unet.config.block_out_channels) - 1)
        self.step_px = self._unit * factor
        self._size_px = options.size_px or diffusion.size_px
        self._tile_px = max(self.step_px, self._size_px)
        self._steps = enough_steps(options.steps, options.strength)
        self._kind = Kind(
            inpainting=diffusion.inpainting,
            keeps=options.strength < 1,
            unit=self._unit,
            overlap=max(1, options.overlap_px // factor),
        )
        told_guidance = self._unet.config.get("time_cond_proj_dim") is not None
        self._guided = options.guidance > 1 and not told_guidance
        self.notes = self._without_effect()

    def paint(self, gap: Gap, where: Mask, seeds: Sequence[int]) -> list[NDArray[np.float32]]:
        """Paint a crop, once a seed.

        Args:
            gap: The crop.
            where: (H, W) the pixels that are wanted.
            seeds: Where chance starts.

        Returns:
            (K, 3) in [0, 255] of each, not rounded, at ``where`` in row-major order.

        Raises:
            BackendError: The model failed, or memory is too small.
        """
        shape = gap.hole.shape[0], gap.hole.shape[1]
        size = find_size(shape, self._size_px, self._options.max_shrink, self.step_px)
        ready: dict[int, Ready] = {}

        def paint(some: Sequence[int]) -> list[NDArray[np.float32]]:
            if len(some) > 1:
                return self._painted(gap, where, size, some, self._tile_px, ready)
            most = self._tile_px
            painted, self._tile_px = self._memory.fewer(
                lambda side: self._painted(gap, where, size, some, side, ready),
                most,
                "px a tile",
                min(most, max(LEAST_PX, self.step_px)),
            )
            if self._tile_px < most:  # they stay so, and later records shall say it too
                self.notes.append(
                    f"tiles of at most {self._tile_px} px, since memory fell short before"
                )
            return painted

        found = list(self._memory.batched(paint, seeds, self._at_once, "seeds"))
        self._diffusion.pipeline.maybe_free_model_hooks()
        self.notes += [note for note in self._autoencoder.notes if note not in self.notes]
        return found

    def described(self) -> dict[str, Json]:
        """What goes into the record besides the options."""
        return {
            "way": "inpainting network" if self._kind.inpainting else "blended latents",
            "scheduler_class": type(self._scheduler()).__name__,
            "size_px": self._size_px,
        }

    def _painted(
        self,
        gap: Gap,
        where: Mask,
        size: Size,
        seeds: Sequence[int],
        tile_px: int,
        ready: dict[int, Ready],
    ) -> list[NDArray[np.float32]]:
        """(K, 3) in [0, 255] where it is wanted, once a seed; what fell short of memory goes on.

        Raises:
            BackendError: PyTorch or diffusers cannot do it, for another reason than memory, or
                what came of it is no picture.
        """
        side = max(1, tile_px // self.step_px) * self._unit
        try:
            if side not in ready:
                ready[side] = prepare(gap, where, size, side, self._autoencoder, self._kind)
            crop = ready[side]
            with torch.inference_mode():
                latents = self._denoised(crop, seeds)
            return self._autoencoder.decode(latents, where, size, crop.wanted, crop.seen)
        except Exception as error:
            if fell_short(error) or isinstance(error, MultiplaneError):
                raise
            raise BackendError(
                f"the model could not paint {size.painted[1]}x{size.painted[0]} px",
                why=f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]} (device "
                f"{self._memory.device}, {self._unet.dtype}, {self._steps} steps of "
                f"{type(self._scheduler()).__name__})",
                fix="try --precision fp32, --device cpu, another --scheduler or --steps, or "
                "--backend patchmatch",
            ) from error

    def _denoised(self, ready: Ready, seeds: Sequence[int]) -> torch.Tensor:
        tile, factor = ready.layout.tiles[0], self._autoencoder.factor
        words = self._words(((tile.bottom - tile.top) * factor, (tile.right - tile.left) * factor))
        scene, inpainting = ready.scene, self._kind.inpainting
        shown = torch.cat([scene.repaint, scene.known], 1) if inpainting else None
        predict = TiledUnet(self._unet, ready.layout, words, self._options.guidance, shown)
        course = Course(self._scheduler(), self._steps, self._options.strength, inpainting)
        return denoise(scene, course, predict, seeds)

    def _scheduler(self) -> object:
        own = self._diffusion.pipeline.scheduler
        return make_scheduler(self._options.scheduler, own, self._steps)

    def _words(self, size: tuple[int, int]) -> Words:
        """What to paint, for tiles of a size; some models are told it."""
        if size not in self._said:
            options = self._options
            words = encode(
                self._diffusion, options.prompt, options.negative_prompt, self._guided, size
            )
            self.notes += [note for note in words.notes() if note not in self.notes]
            self._said[size] = words
        return self._said[size]

    def _without_effect(self) -> list[str]:
        """What was asked for and cannot be done as it was."""
        options, notes = self._options, []
        if self._steps != options.steps:
            notes.append(
                f"{options.steps} steps at strength {options.strength:g} are none: {self._steps}"
            )
        if options.negative_prompt and not self._guided:
            notes.append(
                f"the negative prompt has no effect at guidance {options.guidance:g}"
                if options.guidance <= 1
                else "the negative prompt has no effect: the model was distilled to do without"
            )
        return notes
