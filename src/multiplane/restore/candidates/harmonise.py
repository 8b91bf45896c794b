"""How a proposal joins its picture: in the light of what is round it, and with its grain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Mask
from multiplane.restore.candidates.grain import add_grain
from multiplane.restore.candidates.light import membrane, steps
from multiplane.restore.candidates.sight import Painting, Sight
from multiplane.restore.inpaint.propose import Proposal


def harmonise(
    ground: Sight,
    hole: Mask,
    known: Mask,
    proposal: Proposal,
    colour: bool,
    grain: bool,
    seed: int,
) -> NDArray[np.float32]:
    """Bring a proposal into the light, and under the grain, of the picture around it.

    Args:
        ground: (h, w, 3) RGB in [0, 255]. What it holds outside of ``known`` means
            nothing.
        hole: (h, w) where the repair will stand.
        known: (h, w) what of the picture is whole; the hole's own pixels do not count.
        proposal: What the backend painted, at least in the hole.
        colour: Whether to match light. Where the proposal has a band round the hole, the
            picture is compared with the backend's view of the same pixels; where it has none, only
            an evident step at the border is taken out.
        grain: Whether to add grain where the proposal is smoother than its surroundings.
        seed: Where chance starts.

    Returns:
        (K, 3) RGB at the hole's pixels in row-major order, not rounded, and with grain perhaps
        beyond [0, 255]; without colour and grain the proposal's own values, bit for bit.
    """
    where = proposal.where
    assert not (hole & ~where).any(), "a proposal fills its hole"
    fill = np.array(proposal.values[hole[where]], np.float32)
    known = known & ~hole
    if not (colour or grain) or not len(fill) or not known.any():
        return fill
    painted = Painting(where, proposal.values)
    if colour:
        band = where & known
        light = membrane(ground, painted, hole, band) if band.any() else None
        if light is None:
            light = steps(ground, painted, hole, known)
        fill += light
        values = np.array(proposal.values, np.float32)
        values[hole[where]] = fill
        painted = Painting(where, values)
    if grain:
        fill += add_grain(ground, known, painted, hole, seed)
    return fill
