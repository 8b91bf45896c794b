"""What every way to find the characters must do."""

from __future__ import annotations

import json

import numpy as np
import pytest

from multiplane.core.errors import ConfigError
from multiplane.core.plugins import choose
from multiplane.split.segment.backend import BACKENDS, GROUP, Segmentation
from multiplane.split.segment.config import CombinedOptions, MotionOptions, SalientOptions
from multiplane.split.segment.shot import Shot

OPTIONS = {
    "salient": SalientOptions(work_px=96),
    "motion": MotionOptions(work_px=96),
    "combined": CombinedOptions(
        salient=SalientOptions(work_px=96), motion=MotionOptions(work_px=96)
    ),
}
ALL = pytest.mark.parametrize("kind", BACKENDS)


def look(kind: str, frames, threads: int = 0, told: list | None = None) -> Segmentation:
    def note(done: int, total: int | None) -> None:
        if told is not None:
            told.append((done, total))

    options = OPTIONS[kind]
    if isinstance(options, CombinedOptions):
        salient = options.salient.model_copy(update={"threads": threads})
        motion = options.motion.model_copy(update={"threads": threads})
        options = options.model_copy(update={"salient": salient, "motion": motion})
    else:
        options = options.model_copy(update={"threads": threads})
    return choose(BACKENDS, kind, GROUP)(options).segment(Shot(frames), note)


@ALL
def test_there_is_one_finite_belief_a_frame(kind: str, walk, eyes) -> None:
    before = [frame.copy() for frame in walk.frames]
    told: list[tuple[int, int | None]] = []
    found = look(kind, walk.frames, told=told)
    beliefs = list(found.beliefs)
    assert len(beliefs) == len(walk.frames)
    for belief in beliefs:
        assert belief.dtype == np.float32
        assert belief.shape == (72, 96)
        assert np.isfinite(belief).all()
    assert told == [(n, len(before)) for n in range(len(before) + 1)]
    assert all(np.array_equal(a, b) for a, b in zip(walk.frames, before, strict=True))
    assert found.camera is None or len(found.camera) == len(before)
    json.dumps(dict(found.figures), allow_nan=False)


@ALL
def test_the_same_again_is_the_same_on_any_number_of_threads(kind: str, walk, eyes) -> None:
    first, second = look(kind, walk.frames, 1), look(kind, walk.frames, 3)
    for one, other in zip(first.beliefs, second.beliefs, strict=True):
        assert np.array_equal(one, other)
    assert dict(first.figures) == dict(second.figures)


@ALL
def test_of_a_single_frame_there_is_a_belief(kind: str, walk, eyes) -> None:
    (belief,) = look(kind, walk.frames[:1]).beliefs
    assert belief.shape == (72, 96)
    assert np.isfinite(belief).all()


@ALL
@pytest.mark.parametrize("count", [1, 6])
def test_nobody_is_believed_in_where_nobody_is(kind: str, count: int, walk, eyes) -> None:
    for belief in look(kind, walk.empty[:count]).beliefs:
        assert not (belief > 0.5).any()


@ALL
def test_a_picture_of_one_colour_is_nobody(kind: str, eyes) -> None:
    frames = [np.full((40, 60, 3), 100, np.uint8)] * 3
    beliefs = list(look(kind, frames).beliefs)
    assert len(beliefs) == 3
    assert all(np.isfinite(belief).all() for belief in beliefs)
    assert not any((belief > 0).any() for belief in beliefs)


def test_an_unknown_backend_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="combined") as caught:
        choose(BACKENDS, "salientt", GROUP)
    assert caught.value.fix == "use 'salient'"


def test_every_backend_of_the_table_is_held_to_this() -> None:
    assert set(OPTIONS) == set(BACKENDS)
    assert all(options.kind == kind for kind, options in OPTIONS.items())
