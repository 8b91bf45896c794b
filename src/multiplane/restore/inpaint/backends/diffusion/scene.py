"""A crop made ready to be painted: its size, its tiles, and what is known of it in latents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.backends.diffusion.sampling import Scene
from multiplane.restore.inpaint.backends.diffusion.shown import Shown
from multiplane.restore.inpaint.backends.diffusion.size import Size
from multiplane.restore.inpaint.backends.diffusion.tiles import Layout, divide
from multiplane.restore.inpaint.backends.diffusion.windows import Autoencoder, Seen
from multiplane.tensors.tiles import Tile

GREY = 127.5
"""What inpainting networks are shown in the hole: 0 in [-1, 1]."""


@dataclass(frozen=True)
class Kind:
    """What a network wants to be given.

    Attributes:
        inpainting: Whether it is shown the mask and what is known.
        keeps: Whether some of what lies in the hole is kept.
        unit: What sides of tiles are multiples of, in latents.
        overlap: By how many latents tiles overlap.
    """

    inpainting: bool
    keeps: bool
    unit: int
    overlap: int


@dataclass(frozen=True)
class Ready:
    """A crop that is ready to be painted.

    Attributes:
        scene: It, in latents.
        layout: Its tiles.
        wanted: (h, w) the latents that are decoded.
        seen: What is known of the crop, and where it was encoded.
    """

    scene: Scene
    layout: Layout
    wanted: Mask
    seen: Seen


def prepare(
    gap: Gap, where: Mask, size: Size, side: int, autoencoder: Autoencoder, kind: Kind
) -> Ready:
    """Divide a crop into tiles and encode what is known of it where they are.

    Args:
        gap: The crop.
        where: (H, W) the pixels whose colours will be wanted.
        size: At which it is painted.
        side: Of a tile, in latents.
        autoencoder: Makes latents.
        kind: What the network wants.

    Returns:
        The crop, ready.
    """
    cell_px = autoencoder.factor
    unknown = gap.hole | ~gap.sources
    shown = Shown(gap.frame, unknown, size)
    repaint = shown.cells(unknown, cell_px)
    wanted = shown.cells(where, cell_px)
    scaled = tuple(-(-length // cell_px) for length in size.scaled)
    layout = divide(
        shown.cells(gap.hole, cell_px), (scaled[0], scaled[1]), side, kind.overlap, kind.unit
    )
    needed = layout.covered.copy()
    for window in autoencoder.windows(size.painted, wanted)[0]:
        needed[window.part] = True  # a decoder looks at all of its window

    def look(tile: Tile) -> NDArray[np.float32]:
        values, hidden = shown.window(tile)
        return np.where(hidden[..., None], np.float32(GREY), values) if kind.inpainting else values

    original = None
    known = autoencoder.encode(look, size.painted, needed)
    if kind.keeps:
        as_it_lies = Shown(gap.frame, unknown & ~gap.hole, size)
        original = autoencoder.encode(lambda tile: as_it_lies.window(tile)[0], size.painted, needed)
    mask = torch.from_numpy(repaint.astype(np.float32))[None, None].to(known.device)
    scene = Scene(mask, known, original, layout.covered)
    return Ready(scene, layout, wanted, Seen(look, needed))
