"""The backend: crops are painted at the size that suits the model, several seeds together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, MultiplaneError
from multiplane.core.items import Json
from multiplane.hub import pipelines
from multiplane.measure.region import grow
from multiplane.networks.diffusion import load_diffusion
from multiplane.networks.diffusion.lora import add_loras
from multiplane.networks.diffusion.prompts import Words, encode
from multiplane.networks.diffusion.schedulers import make_scheduler
from multiplane.restore.inpaint.backend import Filled, Gap, require_known
from multiplane.restore.inpaint.backends.diffusion.family import FamilyPainter
from multiplane.restore.inpaint.backends.diffusion.sampling import Course, denoise
from multiplane.restore.inpaint.backends.diffusion.scene import Kind, Ready, prepare
from multiplane.restore.inpaint.backends.diffusion.size import Size, find_size
from multiplane.restore.inpaint.backends.diffusion.tiles import TiledUnet
from multiplane.restore.inpaint.backends.diffusion.windows import Autoencoder
from multiplane.restore.inpaint.blend import match_light
from multiplane.restore.inpaint.diffusion import DiffusionOptions
from multiplane.restore.inpaint.propose import Proposal
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import pick_dtype

RING_PX = 24
"""So far around the hole what was painted is given back as well, to be compared."""
ON_CPU, ON_GPU = 1, 16
"""Seeds at once where nobody says how many."""
LEAST_PX = 256
"""Where memory falls short, tiles become no smaller than this."""
BY = "diffusion"


class DiffusionInpainter:
    """Latent diffusion (Rombach et al. 2022, https://arxiv.org/abs/2112.10752) on crops.

    What is neither hole nor source is hidden from the model like the hole, and only the hole is
    written. Unlike the pipelines of diffusers, a latent of which a single pixel is hidden is
    repainted (there it is the pixel in its corner that decides, and most of a crack is missed),
    crops keep their shape, large ones are painted in tiles that are denoised together, and noise
    is drawn on the CPU for each seed by itself.
    """

    seeded = True

    context_share = 0.5

    def __init__(
        self, options: DiffusionOptions, seed: int = 0, compute: Compute | None = None
    ) -> None:
        compute = compute or Compute()
        device = pick_device(compute.device)
        dtype = pick_dtype(compute.precision, device)
        found = pipelines.find(options.model, options.config)
        self._diffusion = load_diffusion(
            found, device, dtype, options.offload, options.attention_slicing
        )
        self._loras = add_loras(self._diffusion, options.lora)
        self._memory = Memory(device, compute.max_vram_gb)
        self._options, self._seed, self._dtype = options, seed, dtype
        self._at_once = compute.batch_size or (ON_GPU if device.type == "cuda" else ON_CPU)
        self._said: dict[tuple[int, int], Words] = {}
        self._lasting = [
            *self._diffusion.notes,
            *(note for lora in self._loras for note in lora.notes),
        ]
        self.notes = self._memory.notes
        self._family: FamilyPainter | None = None
        if self._diffusion.unet:
            self._take_unet()
        else:
            self._family = FamilyPainter(self._diffusion, options, self._memory)
            self.step_px = self._family.step_px

    def _take_unet(self) -> None:
        """Drive the networks by ourselves."""
        options = self._options
        unet, vae = self._diffusion.pipeline.unet, self._diffusion.pipeline.vae
        self._autoencoder = Autoencoder(vae, self._memory, options.vae_tile_px)
        self._unit = 2 ** (len(unet.config.block_out_channels) - 1)
        self.step_px = self._unit * self._autoencoder.factor
        self._tile_px = max(self.step_px, options.size_px or self._diffusion.size_px)
        self._kind = Kind(
            inpainting=self._diffusion.inpainting,
            keeps=options.strength < 1,
            unit=self._unit,
            overlap=max(1, options.overlap_px // self._autoencoder.factor),
        )

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """See :class:`multiplane.restore.inpaint.backend.Inpainter`.

        What was painted is brought into the light of its surroundings: an autoencoder gives no
        picture back in quite the colours it was given.
        """
        gap = Gap(frame, hole, sources)
        filled = frame.copy()
        if not hole.any():
            return Filled(filled, BY)
        proposal = self.propose(gap, [self._seed])[0]
        painted = frame.copy()
        painted[proposal.where] = _levels(proposal.values)
        known = proposal.where & ~hole
        filled[hole] = _levels(match_light(painted, frame, hole, known)[hole])
        return Filled(filled, BY)

    def propose(self, gap: Gap, seeds: Sequence[int]) -> list[Proposal]:
        """See :class:`multiplane.restore.inpaint.propose.Proposer`."""
        known = gap.sources & ~gap.hole
        if not gap.hole.any():
            nothing = np.zeros((0, 3), np.float32)
            return [Proposal(gap.hole, nothing, BY) for _ in seeds]
        require_known(known)
        where = gap.hole | (grow(gap.hole, RING_PX) & known)
        painted = self._memory.batched(
            lambda some: self._paint(gap, where, some), seeds, self._at_once, "seeds"
        )
        found = [Proposal(where, values, BY) for values in painted]
        lasting = [*self._lasting, *(self._family.notes if self._family else ())]
        self.notes.extend(note for note in lasting if note not in self.notes)
        self._diffusion.pipeline.maybe_free_model_hooks()
        return found

    def described(self) -> dict[str, Json]:
        """See :class:`multiplane.restore.inpaint.propose.Proposer`."""
        options, diffusion = self._options, self._diffusion
        said: dict[str, Json] = {
            "model": diffusion.name,
            "fingerprint": diffusion.fingerprint,
            "loras": [
                {"file": lora.file, "sha256": lora.sha256, "weight": lora.weight}
                for lora in self._loras
            ],
            "prompt": options.prompt,
            "negative_prompt": options.negative_prompt,
            "guidance": options.guidance,
            "steps": options.steps,
            "scheduler": options.scheduler,
            "strength": options.strength,
            "size_px": options.size_px or diffusion.size_px,
            "max_shrink": options.max_shrink,
            "overlap_px": options.overlap_px,
            "vae_tile_px": options.vae_tile_px,
            "precision": str(self._dtype).removeprefix("torch."),
        }
        if self._family is not None:
            return said | self._family.described()
        way = "inpainting network" if diffusion.inpainting else "blended latents"
        return said | {"way": way, "scheduler_class": type(self._scheduler()).__name__}

    def _paint(self, gap: Gap, where: Mask, seeds: Sequence[int]) -> list[NDArray[np.float32]]:
        """Paint once a seed; a single one in smaller tiles where memory falls short."""
        if self._family is not None:
            return self._family.paint(gap, where, seeds)
        size = find_size(
            gap.hole.shape, self._options.size_px or self._diffusion.size_px,
            self._options.max_shrink, self.step_px,
        )  # fmt: skip
        if len(seeds) > 1:
            return self._painted(gap, where, size, seeds)
        most = self._tile_px
        painted, self._tile_px = self._memory.fewer(
            lambda side: self._painted(gap, where, size, seeds, side),
            most,
            "px a tile",
            min(most, max(LEAST_PX, self.step_px)),
        )
        return painted

    def _painted(
        self, gap: Gap, where: Mask, size: Size, seeds: Sequence[int], tile_px: int = 0
    ) -> list[NDArray[np.float32]]:
        """(K, 3) in [0, 255] where it is wanted, once a seed; what fell short of memory goes on.

        Raises:
            BackendError: PyTorch or diffusers cannot do it, for another reason than memory, or
                what came of it is no picture.
        """
        side = (tile_px or self._tile_px) // self.step_px * self._unit
        try:
            ready = prepare(gap, where, size, side, self._autoencoder, self._kind)
            with torch.inference_mode():
                latents = self._denoised(ready, seeds)
            return self._autoencoder.decode(latents, where, size, ready.wanted)
        except Exception as error:
            if fell_short(error) or isinstance(error, MultiplaneError):
                raise
            raise BackendError(
                f"the model could not paint {size.painted[1]}x{size.painted[0]} px: {error}",
                why=f"device {self._memory.device}, {self._dtype}, "
                f"{self._options.steps} steps of {type(self._scheduler()).__name__}",
                fix="try --precision fp32, --device cpu, another --scheduler or --steps, or "
                "--backend patchmatch",
            ) from error

    def _denoised(self, ready: Ready, seeds: Sequence[int]) -> torch.Tensor:
        options, tile = self._options, ready.layout.tiles[0]
        factor = self._autoencoder.factor
        words = self._words(((tile.bottom - tile.top) * factor, (tile.right - tile.left) * factor))
        scene = ready.scene
        shown = torch.cat([scene.repaint, scene.known], 1) if self._kind.inpainting else None
        unet = self._diffusion.pipeline.unet
        predict = TiledUnet(unet, ready.layout, words, options.guidance, shown)
        course = Course(self._scheduler(), options.steps, options.strength, self._kind.inpainting)
        return denoise(scene, course, predict, seeds)

    def _scheduler(self) -> object:
        return make_scheduler(
            self._options.scheduler, self._diffusion.pipeline.scheduler, self._options.steps
        )

    def _words(self, size: tuple[int, int]) -> Words:
        """What to paint, for tiles of a size; some models are told it."""
        if size not in self._said:
            options = self._options
            unet = self._diffusion.pipeline.unet
            guided = options.guidance > 1 and unet.config.get("time_cond_proj_dim") is None
            words = encode(self._diffusion, options.prompt, options.negative_prompt, guided, size)
            self._lasting += [note for note in words.notes() if note not in self._lasting]
            self._said[size] = words
        return self._said[size]


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
