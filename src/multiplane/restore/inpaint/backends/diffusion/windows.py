"""The autoencoder, in windows: memory stays flat however large the picture is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.core.errors import BackendError
from multiplane.restore.inpaint.backends.diffusion.points import Points
from multiplane.restore.inpaint.backends.diffusion.size import Size
from multiplane.tensors.memory import Memory
from multiplane.tensors.tiles import Tile, fade, lay_tiles, touching

A = TypeVar("A")
Look = Callable[[Tile], NDArray[np.float32]]
"""Gives float32 (h, w, 3) in [0, 255] of a part of a picture, painted px."""

LEAST_PX = 256
"""Where memory falls short, windows become no smaller than this."""


class Seen(NamedTuple):
    """What latents were made from.

    Attributes:
        look: The picture.
        where: (h, w) which of them were.
    """

    look: Look
    where: Mask


class Autoencoder:
    """Turns pixels into latents and back, in windows that overlap by a quarter and are blended.

    An autoencoder looks at all of a window (its norms, its attention): each one comes out with a
    light of its own, which changes slowly over where two of them meet.

    Attributes:
        factor: Pixels a latent.
        channels: Of latents.
        notes: What was done about too little memory and goes on.
    """

    def __init__(self, vae: Any, memory: Memory, tile_px: int) -> None:  # noqa: ANN401
        """Take it into use.

        Args:
            vae: An ``AutoencoderKL`` of diffusers.
            memory: Of the device it runs on.
            tile_px: Side of a window at most; 0 for the whole picture.
        """
        self._vae, self._memory = vae, memory
        self._tile_px = tile_px
        self.notes: list[str] = []
        config = vae.config
        self.factor = 2 ** (len(config.block_out_channels) - 1)
        self.channels = int(config.latent_channels)
        mean, deviation = config.get("latents_mean"), config.get("latents_std")
        self._mean = self._of_channels(mean or [config.get("shift_factor") or 0.0])
        self._scale = config.scaling_factor / self._of_channels(deviation or [1.0])

    def windows(self, painted: tuple[int, int], wanted: Mask) -> tuple[list[Tile], int]:
        """The windows of a picture that hold any of what is wanted.

        Args:
            painted: Height and width, px.
            wanted: (h, w) in latents.

        Returns:
            The windows, in latents, and by how many latents they overlap at least.
        """
        side = max(1, (self._tile_px or max(painted)) // self.factor)
        overlap = max(1, side // 4)
        size = painted[0] // self.factor, painted[1] // self.factor
        return touching(lay_tiles(size, side, overlap, 1), wanted), overlap

    def encode(self, look: Look, painted: tuple[int, int], wanted: Mask) -> torch.Tensor:
        """Turn what is wanted of a picture into latents; the mean of what the encoder says.

        Args:
            look: Shows the picture.
            painted: Height and width, px.
            wanted: (h, w) in latents.

        Returns:
            float32 (1, C, h, w) on the device; 0 where no window was.
        """
        return self._with_room(lambda: self._encoded(look, painted, wanted), painted)

    def decode(
        self, latents: torch.Tensor, where: Mask, size: Size, wanted: Mask, seen: Seen | None = None
    ) -> list[NDArray[np.float32]]:
        """Turn latents into the colours of pixels.

        Windows that became smaller on the way lie elsewhere, and may look at latents that nobody
        needed before: what is known there is encoded then.

        Args:
            latents: float32 (B, C, h, w).
            where: (H, W) of the crop: which pixels.
            size: At which the crop was painted.
            wanted: (h, w) the latents in which those lie.
            seen: What they were made from; None where all of them mean something.

        Returns:
            (K, 3) in [0, 255] of each, not rounded, at ``where`` in row-major order.

        Raises:
            BackendError: The decoder gave something that is no number.
        """
        return self._with_room(
            lambda: self._decoded(latents, where, size, wanted, seen), size.painted
        )

    def _with_room(self, work: Callable[[], A], painted: tuple[int, int]) -> A:
        """Do it with windows as large as memory allows; smaller ones stay for the next time."""
        most = min(self._tile_px, max(painted)) if self._tile_px else max(painted)

        def at(side: int) -> A:
            if side < most:
                self._tile_px = side
            return work()

        least = min(LEAST_PX, most)
        found, side = self._memory.fewer(at, most, "px a window of the autoencoder", least)
        if side < most:
            self.notes.append(f"windows of at most {side} px, since memory fell short before")
        return found

    def _encoded(self, look: Look, painted: tuple[int, int], wanted: Mask) -> torch.Tensor:
        tiles, overlap = self.windows(painted, wanted)
        height, width = wanted.shape
        total = torch.zeros((1, self.channels, height, width))
        weights = torch.zeros((height, width))
        for tile in tiles:
            pixels = torch.from_numpy(look(self._in_px(tile))).permute(2, 0, 1)[None]
            with torch.inference_mode():
                batch = (pixels / 127.5 - 1).to(self._memory.device, self._vae.dtype)
                found = self._vae.encode(batch).latent_dist.mode().float().cpu()
            weight = torch.from_numpy(weigh(tile, (height, width), overlap))
            total[0, :, *tile.part] += found[0] * weight
            weights[tile.part] += weight
        latents = torch.where(weights > 0, total / weights.clamp(min=1e-30), total)
        latents = torch.where(weights > 0, (latents - self._mean) * self._scale, latents)
        return latents.to(self._memory.device)

    def _decoded(
        self, latents: torch.Tensor, where: Mask, size: Size, wanted: Mask, seen: Seen | None
    ) -> list[NDArray[np.float32]]:
        tiles, overlap = self.windows(size.painted, wanted)
        if seen is not None:
            latents = self._completed(latents, tiles, size.painted, seen)
        points = Points(where, size, len(latents), overlap * self.factor)
        for tile in tiles:
            for index, painted in self._each(latents[..., *tile.part]):
                points.add(self._in_px(tile), index, painted)
        return [points.values(index) for index in range(len(latents))]

    def _completed(
        self, latents: torch.Tensor, tiles: list[Tile], painted: tuple[int, int], seen: Seen
    ) -> torch.Tensor:
        """Latents that mean something wherever windows look."""
        lacking = np.zeros_like(seen.where)
        for tile in tiles:
            lacking[tile.part] = True
        lacking &= ~seen.where
        if not lacking.any():
            return latents
        more = self._encoded(seen.look, painted, lacking)
        return torch.where(torch.from_numpy(lacking).to(more.device), more, latents)

    def _each(self, latents: torch.Tensor) -> Iterator[tuple[int, torch.Tensor]]:
        """Decode them one by one: what one seed gives does not depend on the others.

        Raises:
            BackendError: The decoder gave something that is no number.
        """
        for index, one in enumerate(latents):
            with torch.inference_mode():
                plain = one[None].cpu() / self._scale + self._mean
                given = plain.to(self._memory.device, self._vae.dtype)
                painted = self._vae.decode(given, return_dict=False)[0].float()
            if not torch.isfinite(painted).all():
                raise BackendError(
                    f"the autoencoder gave values that are no numbers ({self._vae.dtype})",
                    why="half precision overflows with some weights",
                    fix="--precision fp32",
                )
            yield index, ((painted + 1) * 127.5).clamp(0, 255)

    def _in_px(self, tile: Tile) -> Tile:
        sides = (side * self.factor for side in (tile.top, tile.left, tile.bottom, tile.right))
        return Tile(*sides)

    @staticmethod
    def _of_channels(values: Any) -> torch.Tensor:  # noqa: ANN401 - whatever a config holds
        return torch.tensor([float(value) for value in values]).reshape(-1, 1, 1)


def weigh(tile: Tile, size: tuple[int, int], overlap: int) -> NDArray[np.float32]:
    """How much each place of a tile counts where tiles are averaged.

    Args:
        tile: Where it lies.
        size: Height and width of the whole.
        overlap: By how much tiles overlap at least.

    Returns:
        float32 (h, w), above 0.
    """
    down = fade(tile.top, tile.bottom, size[0], overlap)
    across = fade(tile.left, tile.right, size[1], overlap)
    return np.asarray(down[:, None] * across, np.float32)
