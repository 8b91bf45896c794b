from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask


class Case(NamedTuple):
    original: Frame
    damage: Mask
    restorations: list[Frame]


@pytest.fixture
def case() -> Case:
    """A picture of noise with two damages, and three repairs that touch nothing else."""
    rng = np.random.default_rng(5)
    original = rng.integers(0, 256, (60, 90, 3), np.uint8)
    damage = np.zeros((60, 90), np.bool_)
    damage[10:22, 12:40] = damage[55:, 80:] = True
    repairs = []
    for _ in range(3):
        repaired = original.copy()
        repaired[damage] = rng.integers(0, 256, (int(damage.sum()), 3), np.uint8)
        repairs.append(repaired)
    return Case(original, damage, repairs)
