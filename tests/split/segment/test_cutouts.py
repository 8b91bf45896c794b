from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.instances import Instance, box_of
from multiplane.split.segment.cutouts import cut_instance

CONTEXTS = ["transparent", "white", "black", "gray", "grey", "#1a2B3c", "blur", "original"]


def scene() -> tuple[np.ndarray, Instance]:
    frame = np.random.default_rng(4).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    mask = np.zeros((60, 80), np.uint8)
    cv2.ellipse(mask, (30, 34), (12, 17), 20, 0, 360, 1, -1)
    selected = mask > 0
    return frame, Instance(selected, 1, 0.9, box_of(selected))


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_instance_itself_comes_bit_for_bit(context: str) -> None:
    frame, instance = scene()
    x0, y0, x1, y1 = instance.box
    colour, alpha = cut_instance(frame, instance, context, 5)
    assert colour.shape == (y1 - y0 + 10, x1 - x0 + 10, 3)
    assert colour.dtype == np.uint8
    assert alpha.dtype == np.float32
    inside = instance.mask[y0 - 5 : y1 + 5, x0 - 5 : x1 + 5]
    part = frame[y0 - 5 : y1 + 5, x0 - 5 : x1 + 5]
    assert np.array_equal(colour[inside], part[inside])
    if context == "transparent":
        assert np.array_equal(alpha, inside)
    else:
        assert (alpha == 1).all()


@pytest.mark.parametrize(
    ("context", "value"),
    [
        ("white", (255, 255, 255)),
        ("black", (0, 0, 0)),
        ("gray", (128, 128, 128)),
        ("grey", (128, 128, 128)),
        ("#1a2B3c", (0x1A, 0x2B, 0x3C)),
    ],
)
def test_a_colour_surrounds_it(context: str, value: tuple[int, int, int]) -> None:
    frame, instance = scene()
    colour, _ = cut_instance(frame, instance, context, 3)
    x0, y0, x1, y1 = instance.box
    outside = ~instance.mask[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3]
    assert (colour[outside] == value).all()


def test_original_is_the_frame_and_blur_is_smoother() -> None:
    frame, instance = scene()
    x0, y0, x1, y1 = instance.box
    outside = ~instance.mask[y0:y1, x0:x1]
    original, _ = cut_instance(frame, instance, "original", 0)
    assert np.array_equal(original, frame[y0:y1, x0:x1])
    blurred, _ = cut_instance(frame, instance, "blur", 0)
    assert blurred[outside].std() < 0.5 * original[outside].std()


@settings(max_examples=40, deadline=None)
@given(
    x=st.integers(0, 39), y=st.integers(0, 29), wide=st.integers(1, 40), high=st.integers(1, 30),
    margin=st.integers(0, 60), context=st.sampled_from(CONTEXTS),
)  # fmt: skip
def test_margins_end_at_the_frame(
    x: int, y: int, wide: int, high: int, margin: int, context: str
) -> None:
    frame = np.full((30, 40, 3), 77, np.uint8)
    mask = np.zeros((30, 40), bool)
    mask[y : y + high, x : x + wide] = True
    x0, y0, x1, y1 = box_of(mask)
    colour, alpha = cut_instance(frame, Instance(mask, 1, 1.0, (x0, y0, x1, y1)), context, margin)
    height = min(30, y1 + margin) - max(0, y0 - margin)
    width = min(40, x1 + margin) - max(0, x0 - margin)
    assert colour.shape == (height, width, 3)
    assert alpha.shape == (height, width)
    assert (frame == 77).all()
