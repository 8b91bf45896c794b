from __future__ import annotations

from typing import NamedTuple

import pytest
from drawn_damage import brush_strokes, draw_damage, plaster_wall

from multiplane.core.arrays import Frame, Mask

SHAPE = (450, 600)
GROUNDS = {"plaster": plaster_wall, "strokes": brush_strokes}


class Drawn(NamedTuple):
    """A picture before and after, and where it was damaged how."""

    ground: str
    clean: Frame
    damaged: Frame
    mask: Mask
    kinds: dict[str, Mask]


@pytest.fixture(scope="session", params=GROUNDS)
def drawn(request: pytest.FixtureRequest) -> Drawn:
    clean = GROUNDS[request.param](SHAPE)
    return Drawn(request.param, clean, *draw_damage(clean, seed=3, stain_size=0.14))
