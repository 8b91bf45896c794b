from __future__ import annotations

import cv2
import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.arrays import Alpha, Frame
from multiplane.split.stereo.backends.selfie.finder import Finder
from multiplane.split.stereo.people_config import PeopleOptions, SelfiePeople
from multiplane.split.track.overlap import iou

SCENE = draw([Thing(BLUE, lambda i: (120, 70)), Thing(RED, lambda i: (18 + 11 * i, 28))], 12)
OPTIONS = PeopleOptions(min_person_share=0.005)


def gaudy(frame: Frame) -> Alpha:
    """Sees people in whatever is colourful."""
    spread = frame.max(axis=-1).astype(np.float32) - frame.min(axis=-1)
    return np.asarray(np.clip((cv2.blur(spread, (3, 3)) - 70) / 40, 0, 1), np.float32)


def test_what_never_moves_is_no_person() -> None:
    find = Finder(SCENE.frames, OPTIONS, SelfiePeople(scales=1), gaudy)
    (one,) = find(5, SCENE.frames[5])
    assert one.mask is not None
    assert iou(one.mask, SCENE.truth[5][1]) > 0.8
    assert find.why == "the camera stands still: what never moves is no person"


def test_the_network_may_be_believed() -> None:
    find = Finder(SCENE.frames, OPTIONS, SelfiePeople(scales=1, restlessness=0), gaudy)
    assert len(find(5, SCENE.frames[5])) == 2
    assert "whether he moves or not" in find.why
    sure = OPTIONS.model_copy(update={"threshold": 1.0})
    assert Finder(SCENE.frames, sure, SelfiePeople(scales=1), gaudy)(5, SCENE.frames[5]) == []


def test_a_camera_that_moves() -> None:
    frames = [np.ascontiguousarray(SCENE.frames[0][:, 5 * i : 5 * i + 100]) for i in range(10)]
    find = Finder(frames, OPTIONS, SelfiePeople(scales=1), gaudy)
    assert find.why == "the camera moves: whoever looks like a person is one"
