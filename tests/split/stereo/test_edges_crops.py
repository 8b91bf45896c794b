from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.split.stereo.edges_crops import hints_of, look_closer

FULL = (120, 200)


def people() -> tuple[np.ndarray, list[np.ndarray]]:
    """Two disks at full size, and rough masks of them at a quarter."""
    frame = np.zeros((*FULL, 3), np.uint8)
    cv2.circle(frame, (50, 60), 25, (255, 255, 255), -1)
    cv2.circle(frame, (150, 60), 25, (255, 255, 255), -1)
    hints = []
    for x in (12, 37):
        rough = np.zeros((30, 50), np.uint8)
        cv2.rectangle(rough, (x - 6, 10), (x + 6, 20), 1, -1)
        hints.append(rough > 0)
    return frame, hints


def sees_white(frame: np.ndarray, hint: np.ndarray) -> tuple[np.ndarray, float]:
    assert frame.shape[:2] == hint.shape
    return (frame[..., 0] > 0).astype(np.float32), 0.9


def together(hints: list[np.ndarray]) -> np.ndarray:
    return np.logical_or.reduce(hints).astype(np.float32)


def test_each_person_is_looked_at_in_the_full_picture() -> None:
    frame, hints = people()
    alpha = cv2.resize(together(hints), (100, 60), interpolation=cv2.INTER_NEAREST)
    closer = look_closer(frame, alpha, hints, sees_white, 0.5)
    true = cv2.resize(frame[..., 0], (100, 60), interpolation=cv2.INTER_AREA) / 255
    assert closer.taken == 2
    assert min(closer.agreements) > 0.5
    assert closer.alpha.shape == (60, 100)
    assert np.abs(closer.alpha - true).max() < 0.01


def test_a_look_that_finds_something_else_is_not_taken() -> None:
    frame, hints = people()
    frame[:, :100] = 255
    alpha = together(hints)
    closer = look_closer(frame, alpha, hints, sees_white, 0.6)
    assert closer.taken == 1
    assert closer.agreements[0] < 0.6 < closer.agreements[1]
    assert np.array_equal(closer.alpha[:, :25], alpha[:, :25])


def test_a_second_look_does_not_cut_into_who_stands_beside() -> None:
    frame, _ = people()
    left = np.zeros((30, 50), np.bool_)
    left[10:21, 6:25] = True
    right = np.zeros((30, 50), np.bool_)
    right[10:21, 25:44] = True

    asked: list[np.ndarray] = []

    def sees_left(part: np.ndarray, hint: np.ndarray) -> tuple[np.ndarray, float]:
        asked.append(hint)
        return hint.astype(np.float32) if len(asked) == 1 else np.zeros(hint.shape, np.float32), 1.0

    closer = look_closer(frame, together([left, right]), [left, right], sees_left, 0.6)
    assert closer.taken == 1
    assert len(asked) == 2
    assert (closer.alpha[right] == 1).all()


@pytest.mark.parametrize("hints", [[], [np.zeros((30, 50), np.bool_)]])
def test_without_a_hint_nobody_is_looked_at(hints: list[np.ndarray]) -> None:
    frame, known = people()
    closer = look_closer(frame, together(known), hints, sees_white, 0.5)
    assert closer.taken == 0
    assert closer.agreements == tuple(-1.0 for _ in hints)
    assert np.array_equal(closer.alpha, together(known))


def test_parts_that_do_not_touch_are_different_people() -> None:
    _, known = people()
    found = list(hints_of(together(known)))
    assert [np.array_equal(a, b) for a, b in zip(found, known, strict=True)] == [True, True]
