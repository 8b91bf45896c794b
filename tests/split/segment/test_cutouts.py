from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.instances import Instance
from multiplane.split.segment.cutouts import cut_instance

FRAME = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)


@pytest.fixture
def instance() -> Instance:
    mask = np.zeros((40, 50), bool)
    mask[10:20, 30:48] = True
    return Instance(mask, 1, 0.9, (30, 10, 48, 20))


def test_transparent_keeps_colour_and_cuts_alpha(instance) -> None:
    colour, alpha = cut_instance(FRAME, instance, "transparent", 4)
    assert colour.shape == (18, 24, 3)  # the frame ends two pixels from it
    assert np.array_equal(colour, FRAME[6:24, 26:50])
    assert np.array_equal(alpha > 0, instance.mask[6:24, 26:50])


@pytest.mark.parametrize(
    ("context", "value"),
    [("white", (255,) * 3), ("black", (0,) * 3), ("gray", (128,) * 3), ("#102030", (16, 32, 48))],
)
def test_plain_surroundings(instance, context, value) -> None:
    colour, alpha = cut_instance(FRAME, instance, context, 4)
    assert alpha.min() == 1
    assert tuple(colour[0, 0]) == value
    assert np.array_equal(colour[4:14, 4:22], FRAME[10:20, 30:48])


def test_original_and_blur(instance) -> None:
    original, _ = cut_instance(FRAME, instance, "original", 0)
    assert np.array_equal(original, FRAME[10:20, 30:48])
    blurred, _ = cut_instance(FRAME, instance, "blur", 8)
    assert blurred[:6].std() < FRAME[2:8, 22:50].std() / 2
