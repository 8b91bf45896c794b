from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.progress import silent
from multiplane.split.segment.backends.motion import MotionSegmenter
from multiplane.split.segment.config import MotionOptions
from multiplane.split.segment.shot import Shot


@pytest.mark.parametrize("pan_px", [0.0, 2.0])
def test_it_believes_what_moves_against_the_ground(pan_px, make_scene, overlap) -> None:
    scene = make_scene(16, pan_px=pan_px)
    found = MotionSegmenter(MotionOptions()).segment(Shot(scene.frames), silent)
    overlaps = [overlap(b > 0, m) for b, m in zip(found.beliefs, scene.masks, strict=True)]
    assert np.mean(overlaps) > 0.9
    assert found.camera.static == (pan_px == 0)
    assert found.figures["unregistered_frames"] == []


def test_nobody_moves_nobody_is_found(make_scene) -> None:
    frames = [make_scene(1).frames[0]] * 5
    found = MotionSegmenter(MotionOptions()).segment(Shot(frames), silent)
    assert not any((belief > 0).any() for belief in found.beliefs)


def test_a_frame_that_cannot_be_registered_is_named(scene) -> None:
    frames = list(scene.frames)
    frames[5] = np.full_like(frames[5], 7)
    found = MotionSegmenter(MotionOptions()).segment(Shot(frames), silent)
    beliefs = list(found.beliefs)
    assert len(beliefs) == len(frames)
    assert not (beliefs[5] > 0).any(), "with nothing to hold it against nobody is found"
    assert found.figures["unregistered_frames"] == [5]
