"""The contract that every backend keeps."""

from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.plugins import load
from multiplane.core.progress import silent
from multiplane.split.segment import backend, config
from multiplane.split.segment.shot import Shot

OPTIONS = {
    "salient": config.SalientOptions(every_frames=2),
    "motion": config.MotionOptions(references=6),
    "combined": config.CombinedOptions(motion=config.MotionOptions(references=6)),
}


def make(kind: str, reddish):
    target = load(backend.BACKENDS[kind])
    return target(OPTIONS[kind]) if kind == "motion" else target(OPTIONS[kind], reddish)


def test_every_backend_is_tried_here() -> None:
    assert set(OPTIONS) == set(backend.BACKENDS)


@pytest.mark.parametrize("kind", sorted(backend.BACKENDS))
def test_one_belief_a_frame_and_the_same_again(kind, scene, reddish) -> None:
    frames = scene.frames[:6]
    told = []
    runs = []
    for _ in range(2):
        found = make(kind, reddish).segment(Shot(frames), lambda done, total: told.append(done))
        runs.append(list(found.beliefs))
    assert len(runs[0]) == len(frames)
    for belief, again in zip(*runs, strict=True):
        assert belief.dtype == np.float32
        assert belief.shape[0] / belief.shape[1] == pytest.approx(144 / 192, abs=0.02)
        assert np.isfinite(belief).all()
        assert np.array_equal(belief, again)
    assert max(told) == len(frames)
    assert found.camera is None or len(found.camera) == len(frames)


@pytest.mark.parametrize("kind", sorted(backend.BACKENDS))
@pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 20)])
def test_tiny_shots_do_not_break(kind, size, reddish) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(3)]
    beliefs = list(make(kind, reddish).segment(Shot(frames), silent).beliefs)
    assert [belief.shape for belief in beliefs] == [size] * 3


@pytest.mark.parametrize("kind", sorted(backend.BACKENDS))
def test_a_single_frame(kind, scene, reddish, overlap) -> None:
    found = make(kind, reddish).segment(Shot(scene.frames[:1]), silent)
    (belief,) = found.beliefs
    if kind == "motion":
        assert not (belief > 0).any()
    else:
        assert overlap(belief > 0, scene.masks[0] | scene.rocks[0]) > 0.9
