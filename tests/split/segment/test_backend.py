"""The contract that every backend keeps."""

from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.compute import Compute
from multiplane.core.plugins import load
from multiplane.core.progress import silent
from multiplane.split.segment import backend, config
from multiplane.split.segment.shot import Shot

OPTIONS = {
    "salient": config.SalientOptions(every_frames=2),
    "motion": config.MotionOptions(references=6),
    "combined": config.CombinedOptions(motion=config.MotionOptions(references=6)),
    "sam2": config.SamOptions,
    "edgetam": config.EdgeTamOptions,
    "sam3": config.Sam3Options,
}
TINY = {"sam2": "sam2", "edgetam": "edgetam", "sam3": "sam3_tracker"}
"""Of a network, which tiny one stands for it."""
BELIEVE = sorted(set(OPTIONS) - set(TINY))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a tiny network of a kind, made when it is asked for first."""
    made: dict[str, str] = {}

    def folder(kind: str) -> str:
        for package in ("torch", "transformers", *(["timm"] if kind == "edgetam" else [])):
            pytest.importorskip(package, reason="needs pip install 'multiplane[neural]'")
        from tiny_sam import save_tiny_sam  # noqa: PLC0415 - not where it is skipped

        if kind not in made:
            made[kind] = str(save_tiny_sam(tmp_path_factory.mktemp(kind), TINY[kind]))
        return made[kind]

    return folder


@pytest.fixture
def make(reddish, tiny):
    """Makes a backend by its kind."""

    def backend_of(kind: str, **more):
        if kind in TINY:
            loose = config.AutomaticOptions(
                points_per_side=3, pred_iou_thresh=0, stability_score_thresh=0
            )
            options = OPTIONS[kind](
                model=tiny(kind),
                automatic=loose,
                evidence=config.MotionOptions(references=6),
                **more,
            )
            return load(backend.BACKENDS[kind])(options, compute=Compute(device="cpu"))
        target = load(backend.BACKENDS[kind])
        return target(OPTIONS[kind]) if kind == "motion" else target(OPTIONS[kind], reddish)

    return backend_of


def test_every_backend_is_tried_here() -> None:
    assert set(OPTIONS) == set(backend.BACKENDS)


@pytest.mark.parametrize("kind", BELIEVE)
def test_one_belief_a_frame_and_the_same_again(kind, scene, make) -> None:
    frames = scene.frames[:6]
    told = []
    runs = []
    for _ in range(2):
        found = make(kind).segment(Shot(frames), lambda done, total: told.append(done))
        runs.append(list(found.beliefs))
    assert len(runs[0]) == len(frames)
    for belief, again in zip(*runs, strict=True):
        assert belief.dtype == np.float32
        assert belief.shape[0] / belief.shape[1] == pytest.approx(144 / 192, abs=0.02)
        assert np.isfinite(belief).all()
        assert np.array_equal(belief, again)
    assert max(told) == len(frames)
    assert found.camera is None or len(found.camera) == len(frames)


@pytest.mark.parametrize("kind", sorted(TINY))
@pytest.mark.parametrize("who", ["characters", "everything"])
def test_some_parts_a_frame_and_the_same_again(kind, who, scene, make) -> None:
    frames = scene.frames[:3]
    told = []
    segmenter = make(kind, who=who)
    runs = []
    for _ in range(2):
        found = segmenter.segment(Shot(frames), lambda done, total: told.append(done))
        runs.append(list(found.parts))
        assert found.beliefs is None
    assert len(runs[0]) == len(frames)
    assert who == "characters" or any(runs[0])
    for parts, again in zip(*runs, strict=True):
        assert len(parts) == len(again)
        for one, other in zip(parts, again, strict=True):
            assert one.mask.dtype == np.bool_
            assert one.mask.shape == frames[0].shape[:2]
            assert 0 <= one.score <= 1
            assert np.array_equal(one.mask, other.mask)
    assert max(told) == len(frames)
    assert len(found.camera) == len(frames)


@pytest.mark.parametrize("kind", sorted(backend.BACKENDS))
@pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 20)])
def test_tiny_shots_do_not_break(kind, size, make) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for _ in range(3)]
    found = make(kind).segment(Shot(frames), silent)
    if kind in TINY:
        assert all(part.mask.shape == size for parts in found.parts for part in parts)
        return
    assert [belief.shape for belief in found.beliefs] == [size] * 3


@pytest.mark.parametrize("kind", BELIEVE)
def test_a_single_frame(kind, scene, make, overlap) -> None:
    found = make(kind).segment(Shot(scene.frames[:1]), silent)
    (belief,) = found.beliefs
    if kind == "motion":
        assert not (belief > 0).any()
    else:
        assert overlap(belief > 0, scene.masks[0] | scene.rocks[0]) > 0.9
