from __future__ import annotations

import numpy as np

from multiplane.core.progress import silent
from multiplane.split.segment.backends.combined import CombinedSegmenter
from multiplane.split.segment.config import CombinedOptions, SalientOptions
from multiplane.split.segment.shot import Shot

OPTIONS = CombinedOptions(salient=SalientOptions(every_frames=2))


class Blind:
    """Never finds anything."""

    def predict(self, frame: np.ndarray) -> np.ndarray:
        return np.zeros(frame.shape[:2], np.float32)


def test_a_rock_that_is_salient_for_a_while_is_no_character(scene, reddish, overlap) -> None:
    salient = sum(
        np.mean(reddish.predict(frame)[rock] > 0.5)
        for frame, rock in zip(scene.frames, scene.rocks, strict=True)
    )
    assert salient > 4  # frames' worth of rock
    found = CombinedSegmenter(OPTIONS, reddish).segment(Shot(scene.frames), silent)
    for belief, mask, rock in zip(found.beliefs, scene.masks, scene.rocks, strict=True):
        assert overlap(belief > 0, mask) > 0.85
        assert np.mean(belief[rock] > 0) < 0.05
    assert found.figures["salience_weight"] == 1
    assert found.figures["motion_weight"] == 1


def test_who_stands_still_all_the_time_is_found_by_salience(make_scene, reddish, overlap) -> None:
    scene = make_scene(6, still=True)
    frames = [scene.frames[0]] * 6
    reddish.rock = False
    found = CombinedSegmenter(OPTIONS, reddish).segment(Shot(frames), silent)
    assert all(overlap(belief > 0, scene.masks[0]) > 0.9 for belief in found.beliefs)
    assert "nothing moves" in str(found.figures["trust"])


def test_motion_decides_where_salience_is_blind(scene, overlap) -> None:
    found = CombinedSegmenter(OPTIONS, Blind()).segment(Shot(scene.frames), silent)
    overlaps = [overlap(b > 0, m) for b, m in zip(found.beliefs, scene.masks, strict=True)]
    assert np.mean(overlaps) > 0.8
    assert float(str(found.figures["dullness_weight"])) < 0.2


def test_salience_decides_where_nothing_can_be_registered(reddish, overlap, make_scene) -> None:
    rng = np.random.default_rng(5)
    scene = make_scene(6)
    frames = []
    for frame, mask in zip(scene.frames, scene.masks, strict=True):
        sea = rng.integers(0, 120, (18, 24, 3)).astype(np.float32)
        sea = np.kron(sea, np.ones((8, 8, 1))).astype(np.uint8)
        sea[..., 0] //= 2
        frames.append(np.where(mask[..., None], frame, sea))
    options = CombinedOptions(salient=SalientOptions(every_frames=1))
    found = CombinedSegmenter(options, reddish).segment(Shot(frames), silent)
    overlaps = [overlap(b > 0, m) for b, m in zip(found.beliefs, scene.masks, strict=True)]
    assert np.mean(overlaps) > 0.85
    assert len(found.figures["unregistered_frames"]) >= 4
