from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.detections import Detection
from multiplane.core.errors import InputError
from multiplane.core.instances import Instance
from multiplane.motion.camera import still_path
from multiplane.split.detect import choice
from multiplane.split.detect.backend import Footage
from multiplane.split.detect.backends import parts
from multiplane.split.detect.backends.parts import PartsDetector
from multiplane.split.detect.config import PartsOptions
from multiplane.split.segment.config import SegmentOptions
from multiplane.split.segment.run import FrameInstances, ShotInstances

SIZE = (90, 52)


def test_boxes_are_tight_and_half_open(footage, masks) -> None:
    detector = PartsDetector(PartsOptions())
    found = list(detector.detect(Footage(footage(3), SIZE, [0, 2], masks(3)), 0.5))
    assert found == [
        [Detection((5, 10, 25, 40), 1.0, "character"), Detection((60, 20, 70, 35), 1.0,
                                                                "character")],
        [Detection((7, 10, 27, 40), 1.0, "character"), Detection((60, 20, 70, 35), 1.0,
                                                                "character")],
    ]  # fmt: skip
    assert detector.notes == ["boxes are of the parts of the masks that were handed in"]


def test_specks_count_when_one_wants_them(footage, masks) -> None:
    detector = PartsDetector(PartsOptions(min_part_px=1))
    (found,) = detector.detect(Footage(footage(1), SIZE, [0], masks(1)), 0.5)
    assert found[-1].box == (2, 2, 3, 3)


def test_nobody(footage) -> None:
    nobody = [np.zeros((SIZE[1], SIZE[0]), bool)]
    assert list(PartsDetector(PartsOptions()).detect(Footage(footage(1), SIZE, [0], nobody),
                                                     0.5)) == [[]]  # fmt: skip


def test_a_mask_of_another_size(footage) -> None:
    small = [np.zeros((20, 20), bool)]
    with pytest.raises(InputError, match="mask 0 is 20x20, the shot 90x52") as caught:
        list(PartsDetector(PartsOptions()).detect(Footage(footage(1), SIZE, [0], small), 0.5))
    assert caught.value.fix


def walk(count: int) -> list[np.ndarray]:
    """Somebody walks over a ground that stays."""
    rng = np.random.default_rng(2)
    ground = np.kron(rng.integers(60, 120, (12, 16, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    frames = []
    for number in range(count):
        frame = ground.copy()
        frame[30:70, 5 + 8 * number : 25 + 8 * number] = (230, 40, 40)
        frames.append(frame)
    return frames


def test_without_masks_it_boxes_what_moves() -> None:
    frames = walk(14)
    detector = PartsDetector(PartsOptions(segmenter="motion"))
    found = list(detector.detect(Footage(frames, (128, 96), [0, 4, 12]), 0.5))
    assert len(found) == 3
    numbers = set()
    for index, boxes in zip([0, 4, 12], found, strict=True):
        (box,) = boxes
        left = 5 + 8 * index
        assert np.abs(np.array(box.box) - (left, 30, left + 20, 70)).max() <= 3
        assert box.label == "character"
        numbers.add(box.id)
    assert numbers == {1}  # somebody stays himself
    assert detector.notes == [
        "no masks were handed in: boxes are of what split.segment finds with motion (asked for)"
    ]


def test_a_single_picture_without_masks() -> None:
    detector = PartsDetector(PartsOptions(segmenter="motion"))
    assert list(detector.detect(Footage(walk(1), (128, 96), [0]), 0.5)) == [[]]
    assert "hand in masks, or fetch weights" in detector.notes[-1]


@pytest.mark.parametrize(("count", "kind"), [(1, "salient"), (4, "combined")])
def test_salience_where_its_weights_are(
    count: int, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it hands to ``split.segment``, whose own tests see to the rest."""
    asked: list[SegmentOptions] = []

    def segmented(frames: list[np.ndarray], options: SegmentOptions) -> ShotInstances:
        asked.append(options)
        mask = np.ones((96, 128), bool)
        sure = [Instance(mask, 2, 0.8, (0, 0, 128, 96)), Instance(mask, 3, 0.2, (0, 0, 128, 96))]
        stream = (FrameInstances(index, mask, sure) for index in range(len(frames)))
        return ShotInstances(stream, still_path(len(frames)))

    monkeypatch.setattr(parts, "segment", segmented)
    monkeypatch.setattr(choice.weights, "why_absent", lambda model: "")
    detector = PartsDetector(PartsOptions(min_part_px=7))
    found = list(detector.detect(Footage(walk(count), (128, 96), [count - 1]), 0.5))
    assert found == [[Detection((0, 0, 128, 96), 0.8, "character", 2)]]
    assert asked[0].backend.kind == kind
    assert asked[0].min_instance_px == 7
    assert detector.notes == [
        f"no masks were handed in: boxes are of what split.segment finds with {kind} "
        "(u2netp is on this machine)"
    ]
