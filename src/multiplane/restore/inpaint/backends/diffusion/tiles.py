"""What a network says of pictures larger than it can see: tiles that overlap, joined each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from multiplane.core.arrays import Mask
from multiplane.networks.diffusion.prompts import Words
from multiplane.restore.inpaint.backends.diffusion.windows import weigh
from multiplane.tensors.tiles import Tile, lay_tiles, touching

ROOM = 1.05
"""What is larger than a tile by this, through rounding, is still painted whole."""
LONGEST = 2
"""Sides of what is painted whole, in sides of a tile."""


class Predictor(Protocol):
    """Says what of some latents is noise."""

    def __call__(self, latents: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """(B, C, h, w) of float32 latents as the scheduler scales them, at one time."""


@dataclass(frozen=True)
class Layout:
    """How a picture is divided.

    Attributes:
        tiles: Those that hold any of the hole, in latents; all of one size.
        overlap: By how many latents they overlap at least.
        covered: (h, w) where they are.
    """

    tiles: tuple[Tile, ...]
    overlap: int
    covered: Mask


def divide(hole: Mask, scaled: tuple[int, int], side: int, overlap: int, unit: int) -> Layout:
    """Cover the hole with tiles.

    Args:
        hole: (h, w) in latents, sides whole units; not empty.
        scaled: Height and width of it without what was added to make units whole, in latents.
        side: Of a tile.
        overlap: By how much tiles overlap at least.
        unit: What sides of tiles are multiples of.

    Returns:
        One tile that is everything where that is no larger than a tile; else those that meet the
        hole. Every latent of the hole lies in one at least.
    """
    fits = scaled[0] * scaled[1] <= ROOM * side * side and max(scaled) <= LONGEST * side
    if fits:
        tiles = [Tile(0, 0, *hole.shape)]
    else:
        tiles = touching(lay_tiles(hole.shape, side, min(overlap, side // 2), unit), hole)
    covered = np.zeros_like(hole)
    for tile in tiles:
        covered[tile.part] = True
    return Layout(tuple(tiles), overlap, covered)


class TiledUnet:
    """The UNet over one canvas of latents, through all tiles at each step.

    What tiles say is averaged where they overlap (MultiDiffusion, Bar-Tal et al. 2023,
    https://arxiv.org/abs/2302.08113), with weights that fade towards their ends, where a tile
    sees the least of what is around: the paper's are all the same. So neighbours agree from the
    first step on, and no seam can come.
    """

    def __init__(
        self,
        unet: Any,  # noqa: ANN401
        layout: Layout,
        words: Words,
        guidance: float,
        shown: torch.Tensor | None,
    ) -> None:
        """Take it into use.

        Args:
            unet: Of diffusers.
            layout: How the picture is divided.
            words: What to paint, for one tile: ``conditional`` and ``unconditional`` arguments of
                the UNet; without the second it runs once a step.
            guidance: How closely the first is followed.
            shown: float32 (1, 1 + C, h, w) mask and what is known, for inpainting networks.
        """
        self._unet, self._layout, self._words = unet, layout, words
        self._guidance, self._shown = guidance, shown
        self._weights = self._weigh()

    def __call__(self, latents: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """See :class:`Predictor`; 0 where no tile is."""
        if len(self._layout.tiles) == 1 and self._layout.covered.all():
            return self._say(latents, time, self._layout.tiles[0])
        total = torch.zeros_like(latents)
        for tile in self._layout.tiles:
            weight = self._weights[tile].to(latents.device)
            total[..., *tile.part] += self._say(latents[..., *tile.part], time, tile) * weight
        return total

    def _weigh(self) -> Mapping[Tile, torch.Tensor]:
        """Weights of the tiles; those of a place sum to one."""
        size = self._layout.covered.shape
        weights = {tile: weigh(tile, size, self._layout.overlap) for tile in self._layout.tiles}
        total = np.zeros(size, np.float32)
        for tile, weight in weights.items():
            total[tile.part] += weight
        return {
            tile: torch.from_numpy(weight / total[tile.part]) for tile, weight in weights.items()
        }

    def _say(self, latents: torch.Tensor, time: torch.Tensor, tile: Tile) -> torch.Tensor:
        """Both with and without the words go through in one batch."""
        count = len(latents)
        seen = latents
        if self._shown is not None:
            shown = self._shown[..., *tile.part].expand(count, -1, -1, -1)
            seen = torch.cat([latents, shown], dim=1)
        parts = [self._words.conditional]
        if self._words.unconditional is not None:
            parts.insert(0, self._words.unconditional)
        seen = seen.repeat(len(parts), 1, 1, 1).to(self._unet.dtype)
        said: torch.Tensor = self._unet(
            seen, time, **_of_batch(parts, count, seen), **self._embedded(len(seen), seen),
            return_dict=False,
        )[0].float()  # fmt: skip
        if len(parts) == 1:
            return said
        without, led = said.chunk(2)
        return without + self._guidance * (led - without)

    def _embedded(self, count: int, like: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """For networks that were distilled to be told the guidance as they are told the time."""
        width = self._unet.config.get("time_cond_proj_dim")
        if width is None:
            return {}
        half = width // 2
        steps = torch.arange(half, dtype=torch.float32) / max(half - 1, 1)
        angles = (self._guidance - 1) * 1000 * torch.exp(-np.log(10_000.0) * steps)
        wave = torch.cat([angles.sin(), angles.cos(), torch.zeros(width % 2)])
        return {"timestep_cond": wave.expand(count, -1).to(like)}


def _of_batch(parts: Sequence[Mapping[str, Any]], count: int, like: torch.Tensor) -> dict[str, Any]:
    """Arguments for one picture, each repeated for a batch, one after the other."""
    found: dict[str, Any] = {}
    for name, value in parts[0].items():
        values = [part[name] for part in parts]
        if isinstance(value, Mapping):
            found[name] = _of_batch(values, count, like)
        elif isinstance(value, torch.Tensor):
            repeated = [one.expand(count, *one.shape[1:]) for one in values]
            found[name] = torch.cat(repeated).to(like)
        else:
            found[name] = value
    return found
