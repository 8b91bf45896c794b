from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from multiplane.split.segment.backend import Part
from multiplane.split.segment.backends.sam.cast import Cast
from multiplane.split.segment.pointed import Pointed
from multiplane.split.segment.prompts import Prompt

FRAME = np.zeros((40, 60, 3), np.uint8)


class Asked:
    """Answers a box with all of it."""

    def __init__(self) -> None:
        self.boxes: list[tuple] = []

    def ask(self, frame, prompts):
        self.boxes += [prompt.box for prompt in prompts]
        return [Part(square(*(int(v) for v in prompt.box)), 0.8) for prompt in prompts]


def square(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros(FRAME.shape[:2], bool)
    mask[y0:y1, x0:x1] = True
    return mask


def beliefs(*masks: np.ndarray):
    return (np.where(mask, 0.9, -0.9).astype(np.float32) for mask in masks)


def test_frames_may_be_passed_over() -> None:
    masks = [square(n, 0, n + 20, 20) for n in range(5)]
    cast = Cast(Asked(), beliefs(*masks), Pointed())
    for index in (0, 3, 4):
        (one,) = cast.choose(index, FRAME, [Part(masks[index], 0.9)])
        assert np.array_equal(one.mask, masks[index])
    assert cast.figures == {"proposed": 3, "taken": 3, "asked_again": 0}


def test_what_is_believed_and_not_seen_is_asked_for() -> None:
    asked = Asked()
    (one,) = Cast(asked, beliefs(square(10, 5, 30, 25)), Pointed()).choose(0, FRAME, [])
    assert np.array_equal(one.mask, square(10, 5, 30, 25))
    assert asked.boxes == [(10, 5, 30, 25)]


def test_only_a_sure_box_is_taken_against_belief() -> None:
    nobody = np.zeros(FRAME.shape[:2], bool)
    hints = [Prompt(0, box=(5, 5, 25, 25), score=0.9), Prompt(0, box=(35, 5, 55, 25), score=0.3)]
    cast = Cast(Asked(), beliefs(nobody), Pointed(hints))
    (one,) = cast.choose(0, FRAME, [])
    assert np.array_equal(one.mask, square(5, 5, 25, 25))
    assert cast.figures["asked_again"] == 2


def test_what_is_taken_already_is_not_taken_twice() -> None:
    hints = Pointed([Prompt(0, box=(0, 0, 60, 40), score=0.9)])
    boy = square(10, 5, 18, 12)
    parts = Cast(Asked(), beliefs(boy), hints).choose(0, FRAME, [Part(boy, 0.9)])
    assert np.sum([part.mask for part in parts], axis=0).max() == 1
