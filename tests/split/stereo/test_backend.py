"""What every way to find people has to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.arrays import Frame
from multiplane.core.compute import Compute
from multiplane.core.instances import Instance, box_of
from multiplane.core.plugins import load
from multiplane.hub import weights
from multiplane.split.detect.config import PartsOptions
from multiplane.split.segment.config import MotionOptions
from multiplane.split.stereo.backend import BACKENDS, People
from multiplane.split.stereo.people_choice import open_people
from multiplane.split.stereo.people_config import (
    CharacterPeople,
    MotionPeople,
    PeopleBackend,
    PeopleOptions,
    SamPeople,
    SelfiePeople,
)
from multiplane.split.track.backend import Look
from multiplane.split.track.config import SamOptions
from multiplane.split.track.overlap import iou

SCENE = draw(
    [Thing(RED, lambda i: (18 + 11 * i, 25)), Thing(BLUE, lambda i: (142 - 11 * i, 75))], 12
)
NOBODY = np.zeros((100, 160), np.bool_)
FINDS_MOVERS = {"motion", "characters"}
"""Backends that find anything that moves; others know what a person looks like."""


@pytest.fixture(params=sorted(BACKENDS))
def people(request: pytest.FixtureRequest, tmp_path: Path) -> People:
    return open_people(options_of(request.param, tmp_path), Compute("cpu"))


def options_of(kind: str, folder: Path) -> PeopleOptions:
    backend: PeopleBackend = MotionPeople()
    if kind == "selfie":
        absent = weights.why_absent(SelfiePeople().model)
        if absent:
            pytest.skip(absent)
        backend = SelfiePeople()
    elif kind == "characters":
        backend = CharacterPeople(evidence=MotionOptions())
    elif kind == "sam":
        pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
        pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
        from tiny_sam_video import save_tiny_video_sam  # noqa: PLC0415

        tracker = SamOptions(model=str(save_tiny_video_sam(folder)))
        backend = SamPeople(detector=PartsOptions(segmenter="motion"), tracker=tracker)
    return PeopleOptions(backend=backend, min_person_share=0.005)


def fit(told: Sequence[Instance], frame: Frame) -> None:
    for one in told:
        assert one.mask.shape == frame.shape[:2]
        assert one.mask.dtype == np.bool_
        assert one.box == box_of(one.mask)
        assert 0 <= one.score <= 1


def test_people_of_a_chunk(people: People) -> None:
    assert people.kind in BACKENDS
    assert people.why
    told = list(people.follow(SCENE.frames))
    assert len(told) == len(SCENE.frames)
    for instances, frame in zip(told, SCENE.frames, strict=True):
        fit(instances, frame)
        numbers = [one.track_id for one in instances]
        assert numbers == sorted(set(numbers))
        assert all(number >= 1 for number in numbers)
    again = list(people.follow(SCENE.frames))  # nothing crosses from one chunk to the next
    for first, second in zip(told, again, strict=True):
        assert [one.track_id for one in first] == [one.track_id for one in second]
        for one, other in zip(first, second, strict=True):
            np.testing.assert_array_equal(one.mask, other.mask)
    if people.kind in FINDS_MOVERS:
        assert {one.track_id for instances in told for one in instances} == {1, 2}
        for index in range(2, 10):
            for truth in SCENE.truth[index]:
                assert max(iou(one.mask, truth) for one in told[index]) > 0.7


def test_only_those_who_are_seeded_by_their_ids(people: People) -> None:
    def seeds(index: int) -> list[Look] | None:
        mask = SCENE.truth[index][0]
        return [Look(mask, box_of(mask), 0.9, 7)] if index % 3 == 0 else None

    told = list(people.follow(SCENE.frames, seeds))
    assert len(told) == len(SCENE.frames)
    for index, instances in enumerate(told):
        fit(instances, SCENE.frames[index])
        assert {one.track_id for one in instances} <= {7}
        if index % 3 == 0:
            assert [one.track_id for one in instances] == [7]
            assert iou(instances[0].mask, SCENE.truth[index][0]) > 0.7


def test_nobody_is_seeded(people: People) -> None:
    assert list(people.follow(SCENE.frames[:3], lambda index: [])) == [[], [], []]


def test_seeded_by_boxes(people: People) -> None:
    def seeds(index: int) -> list[Look]:
        return [Look(None, box_of(SCENE.truth[index][1]), 0.9, 3)]

    for instances in people.follow(SCENE.frames[:4], seeds):
        found = [one.track_id for one in instances]
        assert found == [3] or (people.kind == "sam" and not found)  # random weights see nothing


def test_nobody_is_there(people: People) -> None:
    empty = draw([], 4)
    assert list(people.follow(empty.frames)) == [[], [], [], []]


def test_chunks_of_one_frame_and_of_none(people: People) -> None:
    (told,) = people.follow(SCENE.frames[:1])
    fit(told, SCENE.frames[0])
    mask = SCENE.truth[0][0]
    (seeded,) = people.follow(SCENE.frames[:1], lambda index: [Look(mask, box_of(mask), 1.0, 4)])
    assert [one.track_id for one in seeded] == [4]
    assert list(people.follow([])) == []


def test_one_person_again(people: People) -> None:
    mask = SCENE.truth[5][0]
    alpha, score = people.look(SCENE.frames[5], mask)
    assert alpha.shape == mask.shape
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert 0 <= score <= 1
    assert not alpha[:, 120:].any()  # outside of the crop
    again, same = people.look(SCENE.frames[5], mask)
    np.testing.assert_array_equal(alpha, again)
    assert score == same
    nothing, unsure = people.look(SCENE.frames[5], NOBODY)
    assert not nothing.any()
    assert unsure == 0


def test_the_table_names_what_is_there() -> None:
    pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
    pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
    for target in BACKENDS.values():
        assert load(target)
