from __future__ import annotations

import numpy as np
import pytest
from drawn_head import draw_head

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.errors import InputError, WeightsError
from multiplane.core.instances import box_of
from multiplane.hub import weights
from multiplane.split.stereo.backends.selfie import people as module
from multiplane.split.stereo.backends.selfie.people import SelfiePeople
from multiplane.split.stereo.people_config import PeopleOptions
from multiplane.split.stereo.people_config import SelfiePeople as SelfieOptions
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import iou

ABSENT = weights.why_absent("selfie-segmentation")
OPTIONS = PeopleOptions(backend=SelfieOptions(scales=2), min_person_share=0.005, every_frames=4)
SHIRTS = ((40, 60, 120), (150, 40, 50))


def walk(frames: int) -> tuple[list[Frame], list[list[Mask]]]:
    """Two who walk."""
    rng = np.random.default_rng(2)
    wall = np.clip(rng.normal(120, 3, (200, 320, 3)), 0, 255).astype(np.uint8)
    told: list[Frame] = []
    truth: list[list[Mask]] = []
    for index in range(frames):
        frame, masks = wall, []
        for place, shirt in enumerate(SHIRTS):
            middle = (70 + 150 * place + 4 * index, 122 + 6 * place)
            frame, mask = draw_head(frame, middle, 110, shirt)
            masks.append(mask)
        told.append(frame)
        truth.append(masks)
    return told, truth


FRAMES, TRUTH = walk(9)


@pytest.fixture(scope="module")
def people() -> SelfiePeople:
    if ABSENT:
        pytest.skip(ABSENT)
    return SelfiePeople(OPTIONS)


def test_two_who_walk(people: SelfiePeople) -> None:
    told = list(people.follow(FRAMES))
    assert people.notes == ["the camera stands still: what never moves is no person"]
    assert {one.track_id for instances in told for one in instances} == {1, 2}
    for index, instances in enumerate(told):
        for truth in TRUTH[index]:
            assert max(iou(one.mask, truth) for one in instances) > 0.85


def test_only_who_is_seeded_and_better_than_the_seed(people: SelfiePeople) -> None:
    def seeds(index: int) -> list[Look] | None:
        rough = np.roll(TRUTH[index][1], (5, 6), axis=(0, 1))
        return [Look(rough, box_of(rough), 0.9, 8)] if index % 4 == 0 else None

    for index, instances in enumerate(people.follow(FRAMES, seeds)):
        (one,) = instances
        assert one.track_id == 8
        assert iou(one.mask, TRUTH[index][1]) > 0.85


def test_looking_again(people: SelfiePeople) -> None:
    hint = np.roll(TRUTH[0][0], 5, axis=1)
    alpha, score = people.look(FRAMES[0], hint)
    assert iou(np.asarray(alpha >= 0.5), TRUTH[0][0]) > 0.9
    assert score > 0.7
    assert not alpha[:, 200:].any()  # not the other one
    with pytest.raises(InputError, match="hint is 80x200") as caught:
        people.look(FRAMES[0], hint[:, :80])
    assert "resize the hint" in caught.value.fix


def test_somebody_else_may_be_asked() -> None:
    def nobody(frame: Frame) -> Alpha:
        return np.zeros(frame.shape[:2], np.float32)

    made = SelfiePeople(OPTIONS, predict=nobody)
    assert list(made.follow(FRAMES[:2])) == [[], []]


def test_weights_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(model: str) -> None:
        raise WeightsError(f"no {model}", why="a test", fix="multiplane models pull")

    monkeypatch.setattr(module.weights, "find", nowhere)
    with pytest.raises(WeightsError, match="no selfie-segmentation"):
        SelfiePeople(OPTIONS)
