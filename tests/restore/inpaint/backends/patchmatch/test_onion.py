from __future__ import annotations

import numpy as np

from multiplane.restore.inpaint.backends.patchmatch.level import RADIUS
from multiplane.restore.inpaint.backends.patchmatch.onion import peel
from multiplane.restore.inpaint.backends.patchmatch.pyramid import Step


def stripes() -> tuple[Step, np.ndarray]:
    x = np.arange(40)
    picture = np.zeros((30, 40, 6), np.float32)
    picture[..., 0] = 50 + 40 * np.sign(np.sin(x * np.pi / 3 + 0.1))
    hole = np.zeros((30, 40), np.bool_)
    hole[10:18, 16:28] = True
    truth = picture.copy()
    picture[hole, :5] = -1000
    return Step(picture, hole, ~hole), truth


def test_stripes_are_carried_through_the_hole() -> None:
    step, truth = stripes()
    level = step.level(locality=0.0)
    peel(level)
    inner = level.picture[RADIUS:-RADIUS, RADIUS:-RADIUS]
    assert np.abs(inner - truth).max() < 1e-3


def test_every_target_gets_a_source() -> None:
    step, _ = stripes()
    level = step.level(locality=4.0)
    matches = peel(level)
    assert len(matches) == len(level.targets)
    assert level.sources.ravel()[matches].all()
