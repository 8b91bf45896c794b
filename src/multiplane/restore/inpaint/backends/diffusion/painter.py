"""The backend: holes painted by diffusion, several seeds together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.items import Json
from multiplane.hub import pipelines
from multiplane.measure.region import grow
from multiplane.networks.diffusion import load_diffusion
from multiplane.networks.diffusion.lora import add_loras
from multiplane.restore.inpaint.backend import Filled, Gap, require_known
from multiplane.restore.inpaint.backends.diffusion.family import FamilyPainter
from multiplane.restore.inpaint.backends.diffusion.unet import UnetPainter
from multiplane.restore.inpaint.blend import match_light
from multiplane.restore.inpaint.diffusion import DiffusionOptions
from multiplane.restore.inpaint.propose import Proposal
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory
from multiplane.tensors.precision import pick_dtype

RING_PX = 24
"""So far around the hole what was painted is given back as well, to be compared."""
STRIP_PX = 512
"""Rows that are looked at together; distances are four times as large as masks."""
ON_CPU, ON_GPU = 2, 16
"""Seeds at once where nobody says how many; on a CPU two take a tenth less time than one by one,
and more gain little and need memory."""
BY = "diffusion"


class DiffusionInpainter:
    """Latent diffusion on crops; what it is driven by depends on the model.

    What is neither hole nor source is hidden from the model like the hole, and only the hole is
    written.
    """

    seeded = True

    context_share = 0.5

    def __init__(
        self, options: DiffusionOptions, seed: int = 0, compute: Compute | None = None
    ) -> None:
        compute = compute or Compute()
        device = pick_device(compute.device)
        self._options, self._seed = options, seed
        self._dtype = pick_dtype(compute.precision, device)
        found = pipelines.find(options.model, options.config)
        self._diffusion = load_diffusion(
            found, device, self._dtype, options.offload, options.attention_slicing
        )
        self._loras = add_loras(self._diffusion, options.lora)
        memory = Memory(device, compute.max_vram_gb)
        at_once = compute.batch_size or (ON_GPU if device.type == "cuda" else ON_CPU)
        self._painter = (
            UnetPainter(self._diffusion, options, memory, at_once)
            if self._diffusion.unet
            else FamilyPainter(self._diffusion, options, memory, at_once)
        )
        self.step_px = self._painter.step_px
        self.notes = memory.notes
        """What was done about too little memory, and what there is to know of model and words."""

    def fill(self, frame: Frame, hole: Mask, sources: Mask) -> Filled:
        """See :class:`multiplane.restore.inpaint.backend.Inpainter`.

        What was painted is brought into the light of its surroundings: an autoencoder gives no
        picture back in quite the colours it was given.
        """
        filled = frame.copy()
        if not hole.any():
            return Filled(filled, BY)
        proposal = self.propose(Gap(frame, hole, sources), [self._seed])[0]
        painted = frame.copy()
        painted[proposal.where] = _levels(proposal.values)
        known = proposal.where & ~hole
        filled[hole] = _levels(match_light(painted, frame, hole, known)[hole])
        return Filled(filled, BY)

    def propose(self, gap: Gap, seeds: Sequence[int]) -> list[Proposal]:
        """See :class:`multiplane.restore.inpaint.propose.Proposer`."""
        if not gap.hole.any():
            nothing = np.zeros((0, 3), np.float32)
            return [Proposal(gap.hole, nothing, BY) for _ in seeds]
        require_known(gap.sources & ~gap.hole)
        where = with_ring(gap)
        painted = self._painter.paint(gap, where, seeds)
        for note in (*self._diffusion.notes, *self._of_loras(), *self._painter.notes):
            if note not in self.notes:
                self.notes.append(note)
        return [Proposal(where, values, BY) for values in painted]

    def described(self) -> dict[str, Json]:
        """See :class:`multiplane.restore.inpaint.propose.Proposer`."""
        told = self._options.model_dump(mode="json", exclude={"kind", "config", "lora", "offload"})
        loras: list[Json] = [
            {
                "file": lora.file,
                "sha256": lora.sha256,
                "weight": lora.weight,
                "kind": lora.kind,
                "layers": lora.modules,
                "tensors": lora.tensors,
            }
            for lora in self._loras
        ]
        return {
            **told,
            "model": self._diffusion.name,
            "fingerprint": self._diffusion.fingerprint,
            "loras": loras,
            "precision": str(self._dtype).removeprefix("torch."),
            **self._painter.described(),
        }

    def _of_loras(self) -> list[str]:
        return [note for lora in self._loras for note in lora.notes]


def with_ring(gap: Gap) -> Mask:
    """The hole and what is known in a ring round it, found strip by strip.

    Args:
        gap: The crop.

    Returns:
        (H, W).
    """
    where = gap.hole.copy()
    for top in range(0, len(where), STRIP_PX):
        first = max(0, top - RING_PX)
        near = grow(gap.hole[first : top + STRIP_PX + RING_PX], RING_PX)[top - first :][:STRIP_PX]
        where[top : top + STRIP_PX] |= near & gap.sources[top : top + STRIP_PX]
    return where


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
