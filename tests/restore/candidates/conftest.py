from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.items import Json
from multiplane.restore.inpaint.backend import Gap
from multiplane.restore.inpaint.propose import Proposal


@pytest.fixture
def canvas() -> Frame:
    """Weave with a gradient and grain, 40 x 48."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:40, 0:48]
    weave = 120 + 30 * np.sin(x / 2) * np.sin(y / 2) + x
    grey = weave[..., None] + np.array([10.0, 0.0, -20.0]) + rng.normal(0, 4, (40, 48, 1))
    return np.asarray(np.clip(grey, 0, 255), np.uint8)


@pytest.fixture
def loss() -> Mask:
    """A loss and a crack in a picture of 40 x 48."""
    mask = np.zeros((40, 48), np.bool_)
    mask[12:19, 15:24] = True
    mask[30, 5:40] = True
    return mask


class Painted:
    """Paints every hole in a grey that its seed says, and a rim round it."""

    step_px = 1
    context_share = 0.5

    def __init__(self, seeded: bool = True) -> None:
        self.seeded = seeded
        self.notes: list[str] = ["loaded slowly"]
        self.asked: list[tuple[Gap, list[int]]] = []

    def propose(self, gap: Gap, seeds: Sequence[int]) -> list[Proposal]:
        self.asked.append((gap, [*seeds]))
        self.notes.append("halved the batch")
        count = int(gap.hole.sum())
        return [
            Proposal(gap.hole, np.full((count, 3), 20.25 + seed % 200, np.float32), "brush")
            for seed in seeds
        ]

    def described(self) -> dict[str, Json]:
        return {"model": "brush", "fingerprint": "0" * 40}


@pytest.fixture
def painted() -> type[Painted]:
    return Painted
