"""ViTMatte in tiles along the edge: hair and fur, for who has weights and a GPU."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError
from multiplane.hub import weights
from multiplane.networks.vitmatte import VitMatte
from multiplane.split.matte.config import VitMatteMatte
from multiplane.split.matte.trimap import FOREGROUND, UNKNOWN, Trimap
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory, fell_short
from multiplane.tensors.precision import pick_dtype
from multiplane.tensors.tiles import Blend, Tile, lay_tiles, touching

_LEAST_PX = 128
"""Smaller tiles than this see too little of a picture to say anything about it."""
_TILES_ON_CUDA = 4


class VitMatteRefiner:
    """A plain vision transformer with a decoder of details (https://arxiv.org/abs/2305.15272).

    Unlike upstream, which takes a picture as a whole and needs memory with the square of its
    pixels, tiles go through it, those that hold a part of the unknown band, and are blended where
    they overlap. A picture that is no larger than a tile comes out as upstream has it.

    Attributes:
        notes: What was done about too little memory since they were last cleared.
    """

    workers = 1  # torch has threads of its own, and can wait for ever when several call it

    def __init__(
        self, options: VitMatteMatte, edge_px: int, compute: Compute | None = None
    ) -> None:
        """Load the network.

        Args:
            options: Which weights, and how large the tiles are.
            edge_px: Without effect; the trimap says where to look.
            compute: Where and how it runs.

        Raises:
            WeightsError: The weights cannot be had or are of another network.
            ConfigError: There is no such model or device.
            BackendError: The device has no room for the network.
        """
        compute = compute or Compute()
        device = pick_device(compute.device)
        self._memory = Memory(device, compute.max_vram_gb)
        self.notes = self._memory.notes
        folder, dtype = weights.find(options.model), pick_dtype(compute.precision, device)
        self._network, _ = self._memory.fewer(
            lambda _: VitMatte(folder, device, dtype), 1, "copy of the network"
        )
        self._at_once = compute.batch_size or (_TILES_ON_CUDA if device.type == "cuda" else 1)
        self._asked_px = self._side = options.tile_px
        self._overlap = options.overlap_px
        self._least = min(_LEAST_PX, options.tile_px)

    def refine(self, frame: Frame, mask: Mask, trimap: Trimap) -> Alpha:
        """Estimate the alpha in the unknown band; see :class:`Refiner`.

        Raises:
            BackendError: The network failed, or memory is too small even for one small tile.
        """
        found, self._side = self._memory.fewer(
            functools.partial(self._tiled, frame, trimap), self._side, "px a tile", self._least
        )
        if self._side < self._asked_px and not self.notes:  # cleared since memory fell short
            self.notes.append(
                f"tiles of {self._side} px, not {self._asked_px}: memory fell short before"
            )
        known = (trimap == FOREGROUND).astype(np.float32)
        return np.where(trimap == UNKNOWN, found, known)

    def _tiled(self, frame: Frame, trimap: Trimap, side: int) -> Alpha:
        """With tiles of one size, all that touch the band."""
        size = (trimap.shape[0], trimap.shape[1])
        overlap = min(self._overlap, side // 2)
        blend = Blend(size, overlap)
        tiles = touching(lay_tiles(size, side, overlap, self._network.unit), trimap == UNKNOWN)
        while tiles:
            found = self._some(frame, trimap, tiles)
            for tile, alpha in zip(tiles, found, strict=False):
                blend.add(tile, alpha)
            tiles = tiles[len(found) :]
        return blend.picture()

    def _some(self, frame: Frame, trimap: Trimap, tiles: Sequence[Tile]) -> list[Alpha]:
        """The first of the tiles, as many as go through at once.

        Raises:
            BackendError: The network failed.
        """

        def work(number: int) -> list[Alpha]:
            parts = [tile.part for tile in tiles[:number]]
            return self._network.predict([frame[p] for p in parts], [trimap[p] for p in parts])

        try:
            found, self._at_once = self._memory.fewer(work, self._at_once, "tiles a batch")
        except BackendError as error:
            if error.__cause__ is not None and fell_short(error.__cause__):
                raise error.__cause__ from None  # one at a time is too many: smaller ones may do
            raise
        return found
