from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from multiplane.core.detections import Detection
from multiplane.split.segment.backend import Part
from multiplane.split.segment.characters import choose_characters

WIDTH, HEIGHT = 240, 160


def box_mask(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


HEAD, SHIRT, TROUSERS = (
    box_mask(70, 20, 90, 40), box_mask(62, 40, 98, 80), box_mask(64, 80, 96, 130))  # fmt: skip
BOY = HEAD | SHIRT | TROUSERS
BALL = box_mask(98, 60, 112, 74)
SKY = box_mask(0, 0, WIDTH, 50) & ~BOY
WALL = box_mask(0, 50, WIDTH, HEIGHT) & ~BOY & ~BALL
EVERYTHING = [WALL, SKY, TROUSERS, SHIRT, HEAD, BALL]


def parts(*masks: np.ndarray) -> list[Part]:
    return [Part(mask, 0.9) for mask in masks]


def believe(*pairs: tuple[np.ndarray, float], ground: float = -0.9) -> np.ndarray:
    belief = np.full((HEIGHT, WIDTH), ground, np.float32)
    for mask, value in pairs:
        belief[mask] = value
    return cv2.resize(belief, (96, 64), interpolation=cv2.INTER_AREA)


def choose(masks, belief, boxes=(), **more):
    return choose_characters(parts(*masks), belief, (WIDTH, HEIGHT), boxes, **more)


def test_three_parts_are_one_character_and_the_room_is_none() -> None:
    found = choose(EVERYTHING, believe((BOY, 0.8)))
    (boy,) = found.parts
    assert np.array_equal(boy.mask, BOY)
    assert boy.score == pytest.approx(0.9 * 0.9, abs=0.05)
    assert found.taken == 3
    assert found.missed == []


def test_a_shirt_that_is_hardly_believed_lies_between_what_is() -> None:
    belief = believe((HEAD, 0.9), (TROUSERS, 0.9), (SHIRT, -0.3))
    (boy,) = choose(EVERYTHING, belief).parts
    assert np.array_equal(boy.mask, BOY)
    whole = choose([*EVERYTHING, BOY], belief)
    assert np.array_equal(whole.parts[0].mask, BOY)


@pytest.mark.parametrize(("believed", "held"), [(0.7, True), (-0.1, False), (-0.8, False)])
def test_a_held_thing_is_judged_by_evidence(believed, held) -> None:
    (boy,) = choose(EVERYTHING, believe((BOY, 0.8), (BALL, believed))).parts
    assert np.array_equal(boy.mask, BOY | BALL if held else BOY)


def test_a_character_with_half_the_wall_stays_out() -> None:
    both = BOY | box_mask(96, 80, 116, 130)
    (boy,) = choose([both, *EVERYTHING], believe((BOY, 0.9))).parts
    assert np.array_equal(boy.mask, BOY)


def test_two_apart_are_two_and_two_that_touch_are_told_apart_by_boxes() -> None:
    girl = box_mask(98, 30, 130, 130)
    far = box_mask(180, 30, 200, 130)
    belief = believe((BOY, 0.8), (girl, 0.8), (far, 0.8))
    masks = [WALL & ~girl & ~far, HEAD, SHIRT, TROUSERS, girl, far]
    assert len(choose(masks, belief).parts) == 2
    boxes = [Detection((62, 20, 98, 130), 0.9, "person"), Detection((98, 30, 130, 130), 0.9, "p")]
    found = choose(masks, belief, boxes).parts
    assert len(found) == 3
    assert any(np.array_equal(part.mask, BOY) for part in found)
    assert any(np.array_equal(part.mask, girl) for part in found)


def test_boxes_speak_for_what_is_in_them_and_against_what_is_in_none() -> None:
    box = Detection((60, 18, 100, 132), 1.0, "person")
    unsure = believe((BOY, -0.3), (BALL, 0.1))
    assert choose([WALL, HEAD, SHIRT, TROUSERS], unsure).parts == []
    (boy,) = choose([WALL, SKY, HEAD, SHIRT, TROUSERS, BALL], unsure, [box]).parts
    assert np.array_equal(boy.mask, BOY)


def test_what_nothing_was_proposed_for_is_missed() -> None:
    found = choose([WALL, SKY], believe((BOY, 0.8)))
    assert found.parts == []
    (box,) = found.missed
    assert np.allclose(box, (62, 20, 98, 130), atol=4)
    assert choose([], believe((BOY, 0.8)), least_px=100_000).missed == []
    seen = Detection((10, 60, 40, 100), 0.9, "person")
    assert choose(EVERYTHING, believe((BOY, 0.8)), [seen]).missed == [seen.box]


def test_nobody() -> None:
    found = choose(EVERYTHING, believe())
    assert (found.parts, found.missed, found.taken) == ([], [], 0)
    assert choose([], believe()).parts == []


@settings(deadline=None, max_examples=40)
@given(
    arrays(np.bool_, (4, 12, 16)),
    arrays(np.float32, (6, 8), elements=st.floats(-2, 2, width=32)),
    st.booleans(),
)
def test_characters_are_made_of_parts_and_share_no_pixel(masks, belief, boxed) -> None:
    boxes = [Detection((0, 0, 8, 12), 0.9, "a"), Detection((6, 0, 16, 12), 0.5, "b")]
    found = choose_characters(
        [Part(mask, 0.5) for mask in masks], belief, (16, 12), boxes if boxed else ()
    )
    seen = np.zeros((12, 16), int)
    for part in found.parts:
        seen += part.mask
        assert part.mask.any()
        assert 0 <= part.score <= 1
    assert seen.max() <= 1
    assert not (seen.astype(bool) & ~masks.any(axis=0)).any()
    assert 0 <= found.taken <= 4
