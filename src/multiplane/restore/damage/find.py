"""All kinds of damage in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.measure.region import grow
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.cracks import find_cracks
from multiplane.restore.damage.losses import find_losses
from multiplane.restore.damage.stains import find_stains

KINDS = ("cracks", "losses", "stains")
"""In this order: what two find belongs to the first."""
_BESIDE_PX = 3
"""The edge of a loss is no crack."""


@dataclass(frozen=True)
class FoundDamage:
    """Where damage seems to be.

    Attributes:
        mask: (H, W) all kinds together, grown.
        kinds: (H, W) of each kind that was looked for, not grown; no pixel is of two kinds.
    """

    mask: Mask
    kinds: Mapping[str, Mask]


def find_damage(
    frame: Frame, options: DamageOptions | None = None, known: Mask | None = None
) -> FoundDamage:
    """Look for cracks, losses and stains; a person corrects what comes of it.

    Args:
        frame: (H, W, 3).
        options: What to look for.
        known: (H, W) where there is a picture; what is transparent has no damage. None for all.

    Returns:
        What was found, which may be nothing.

    Raises:
        InputError: Not a frame or a mask, or of different sizes.
    """
    options = options or DamageOptions()
    check_frame(frame)
    if known is not None:
        check_same_size(frame, check_mask(known, "known"), ("frame", "known"))
    nothing = np.zeros(frame.shape[:2], np.bool_)
    kinds = {kind: nothing for kind in KINDS if getattr(options, kind)}
    if kinds:  # stains are not seen through other damage, whether that is asked for or not
        losses = find_losses(frame, options)
        cracks = nothing
        if options.cracks or options.stains:
            cracks = find_cracks(frame, options) & ~grow(losses, _BESIDE_PX)
        found = {"cracks": cracks, "losses": losses}
        if options.stains:
            found["stains"] = find_stains(frame, options, losses | cracks) & ~(losses | cracks)
        kinds = {kind: found[kind] for kind in kinds}
    if known is not None:
        kinds = {kind: mask & known for kind, mask in kinds.items()}
    together = np.logical_or.reduce([nothing, *kinds.values()])
    mask = grow(together, options.grow_px)
    return FoundDamage(mask if known is None else mask & known, kinds)
