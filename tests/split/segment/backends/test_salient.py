from __future__ import annotations

import numpy as np

from multiplane.core.progress import silent
from multiplane.split.segment.backends.salient import SalientSegmenter
from multiplane.split.segment.config import SalientOptions
from multiplane.split.segment.shot import Shot


def test_it_believes_what_is_salient(scene, overlap, reddish) -> None:
    options = SalientOptions(every_frames=1)
    reddish.rock = False
    beliefs = SalientSegmenter(options, reddish).segment(Shot(scene.frames[:4]), silent).beliefs
    for belief, mask in zip(beliefs, scene.masks, strict=False):
        assert overlap(belief > 0, mask) > 0.9


def test_frames_between_are_carried_not_looked_at(make_scene, overlap, reddish) -> None:
    scene = make_scene(60)
    options = SalientOptions(every_frames=2, closer=False)
    reddish.rock = False
    frames = scene.frames[:9]
    beliefs = list(SalientSegmenter(options, reddish).segment(Shot(frames), silent).beliefs)
    assert reddish.asked == 5
    overlaps = [overlap(b > 0, m) for b, m in zip(beliefs, scene.masks, strict=False)]
    assert np.mean(overlaps[1::2]) > 0.75
