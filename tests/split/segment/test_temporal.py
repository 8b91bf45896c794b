from __future__ import annotations

import numpy as np

from multiplane.split.segment.shot import Shot
from multiplane.split.segment.temporal import likeness, steady


def test_a_flicker_is_outvoted(make_scene) -> None:
    scene = make_scene(48)
    shot = Shot(scene.frames[:5])
    beliefs = [np.where(mask, 1, -1).astype(np.float32) for mask in scene.masks[:5]]
    beliefs[2] = np.full_like(beliefs[2], -1)
    steadied = list(steady(iter(beliefs), shot, 2))
    body = scene.masks[2]
    assert len(steadied) == 5
    assert steadied[2][body].mean() > 0
    assert steadied[2][~body].mean() < -0.8


def test_no_neighbours_no_change(scene) -> None:
    belief = np.ones((144, 192), np.float32)
    (same,) = steady(iter([belief]), Shot(scene.frames[:1]), 3)
    assert np.array_equal(same, belief)
    assert next(steady(iter([belief]), Shot(scene.frames[:1]), 0)) is belief
    assert not list(steady(iter([]), Shot(scene.frames[:1]), 2))


def test_likeness() -> None:
    frame = np.full((4, 5, 3), 100, np.uint8)
    assert likeness(frame, frame).min() > 0.99
    assert likeness(frame, frame + 60).max() < 0.01
