from __future__ import annotations

import numpy as np
import pytest
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.detections import Detection, FrameBoxes, ShotBoxes
from multiplane.core.errors import InputError
from multiplane.core.instances import Instance, box_of
from multiplane.motion.camera import still_path
from multiplane.split.segment.choice import Choices
from multiplane.split.segment.config import MotionOptions, SegmentOptions
from multiplane.split.segment.run import FrameInstances, ShotInstances
from multiplane.split.segment.shot import Shot
from multiplane.split.track import looks
from multiplane.split.track.looks import BoxLooks, CharacterLooks, MaskLooks, parts_of

FRAME = np.zeros((40, 60, 3), np.uint8)


def test_parts_of_a_mask_the_largest_first() -> None:
    mask = np.zeros((40, 60), np.bool_)
    mask[2:6, 2:6] = mask[10:30, 10:30] = mask[0, 50] = True
    found = parts_of(mask, 4)
    assert [look.box for look in found] == [(10, 10, 30, 30), (2, 2, 6, 6)]
    assert MaskLooks([mask], 1, 4)(0, FRAME)[1].box == (2, 2, 6, 6)
    assert parts_of(np.zeros((4, 4), np.bool_), 0) == []


def test_masks_that_do_not_fit() -> None:
    with pytest.raises(InputError, match="2 frames and 1 masks") as told:
        MaskLooks([FRAME[..., 0] > 0], 2, 4)
    assert told.value.fix == "hand in one mask a frame, in the same order"
    with pytest.raises(InputError, match="frame 0 is 60x40, mask 0 is 8x8") as size:
        MaskLooks([np.zeros((8, 8), np.bool_)], 1, 4)(0, FRAME)
    assert "resize" in size.value.fix


def test_boxes_of_frames_that_were_looked_at() -> None:
    box = Detection((1, 2, 30, 40), 0.7, "person", 3)
    asked = BoxLooks(ShotBoxes((60, 40), (FrameBoxes("b", 2, (box,)), FrameBoxes("c", 4, ()))))
    assert asked(0, FRAME) is None
    (found,) = asked(2, FRAME) or ()
    assert (found.box, found.score, found.id, found.mask) == ((1, 2, 30, 40), 0.7, 3, None)
    assert asked(4, FRAME) == []


def test_characters_come_from_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = draw([Thing(RED, lambda i: (20 + 8 * i, 40)), Thing(BLUE, lambda i: (140, 80))], 9)

    def found(shot: Shot, choices: Choices, options: SegmentOptions) -> ShotInstances:
        frames = (
            FrameInstances(index, masks[0], [Instance(masks[0], 1, 0.7, box_of(masks[0]))])
            for index, masks in enumerate(scene.truth)
        )
        return ShotInstances(frames, still_path(9), {"backend": "motion"})

    monkeypatch.setattr(looks, "segment_shot", found)
    options = SegmentOptions(backend=MotionOptions())
    asked = CharacterLooks(Shot(scene.frames), Choices(options.backend), options)
    assert asked.figures == {"backend": "motion"}
    for index in (0, 4, 8):  # frames between are gone through
        (look,) = asked(index, scene.frames[index])
        assert look.mask is scene.truth[index][0]
        assert look.score == 0.7
