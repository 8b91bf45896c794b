from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.split.segment.config import MotionOptions
from multiplane.split.segment.persistence import Comparison, Reference, soften

EYE = np.eye(3)


@pytest.fixture(scope="module")
def ground() -> np.ndarray:
    rng = np.random.default_rng(2)
    return cv2.resize(rng.integers(40, 200, (12, 16, 3), dtype=np.uint8), (96, 72))


def reference(frame, index=0, homography=EYE, salience=None) -> Reference:
    return Reference(index, soften(frame), homography, salience)


def test_the_same_place_agrees_and_another_thing_differs(ground) -> None:
    frame = ground.copy()
    frame[20:50, 30:60] = (255, 0, 255)
    evidence = Comparison(MotionOptions()).gather(frame, EYE, [reference(ground)] * 4)
    assert evidence.persistence[25:45, 35:55].max() < 0.1
    assert evidence.persistence[:15].min() > 0.9
    assert evidence.departure(0.0)[25:45, 35:55].min() > 0.6
    assert evidence.departure(0.0)[:15].max() < -0.6


def test_light_of_the_whole_frame_is_taken_out(ground) -> None:
    brighter = np.clip(ground.astype(int) + 12, 0, 255).astype(np.uint8)
    evidence = Comparison(MotionOptions(tolerance=6)).gather(ground, EYE, [reference(brighter)])
    assert evidence.persistence.mean() > 0.98


def test_a_shadow_mostly_agrees_a_hole_does_not(ground) -> None:
    frame = ground.astype(np.float32)
    frame[:, :40] *= 0.75
    frame[:, 70:] *= 0.2
    evidence = Comparison(MotionOptions()).gather(
        frame.astype(np.uint8), EYE, [reference(ground)] * 5
    )
    assert evidence.like[10:60, 8:32].mean() > 4
    assert evidence.like[10:60, 78:90].mean() < 1


def test_a_smooth_thing_does_not_hide_among_leaves(ground) -> None:
    rng = np.random.default_rng(0)
    leaves = rng.integers(0, 90, (72, 96, 1), dtype=np.uint8).repeat(3, axis=2)
    frame = leaves.copy()
    frame[20:50, 30:60] = 25
    evidence = Comparison(MotionOptions()).gather(frame, EYE, [reference(leaves)] * 3)
    assert evidence.persistence[25:45, 35:55].mean() < 0.65
    assert evidence.persistence[:15].mean() > 0.9


def test_references_are_laid_by_their_homography(ground) -> None:
    move = np.array([[1.0, 0, 10], [0, 1, 0], [0, 0, 1]])
    moved = np.roll(ground, -10, axis=1)  # shows at x what the frame shows at x + 10
    evidence = Comparison(MotionOptions()).gather(ground, EYE, [reference(moved, 0, move)])
    assert evidence.persistence[5:-5, 15:-15].min() > 0.9
    assert (evidence.agree + evidence.differ)[:, :9].max() == 0  # nobody saw it
    assert np.all(evidence.persistence[:, :9] == 1)


def test_salience_is_averaged_over_those_that_show_the_same(ground) -> None:
    bright = np.full(ground.shape[:2], 255, np.uint8)
    dull = np.zeros_like(bright)
    references = [reference(ground, i, EYE, bright if i < 1 else dull) for i in range(4)]
    evidence = Comparison(MotionOptions()).gather(ground, EYE, references)
    shared = evidence.shared_salience(np.ones(ground.shape[:2], np.float32))
    assert shared.mean() == pytest.approx(2 / 5, abs=0.02)


def test_salient_references_tell_nothing_about_the_background(ground) -> None:
    frame = ground.copy()
    frame[20:50, 30:60] = (255, 0, 255)
    salient = np.full(ground.shape[:2], 255, np.uint8)
    evidence = Comparison(MotionOptions()).gather(
        frame, EYE, [reference(ground, 0, EYE, salient)] * 3
    )
    assert np.abs(evidence.departure(1.0)).max() < 0.05
    assert evidence.departure(0.0)[25:45, 35:55].min() > 0.5


def test_change(ground) -> None:
    frame = ground.copy()
    frame[20:50, 30:60] = (255, 0, 255)
    change = Comparison(MotionOptions()).change(frame, EYE, [reference(ground)])
    assert change[25:45, 35:55].min() > 0.9
    assert change[:15].max() < 0.1
