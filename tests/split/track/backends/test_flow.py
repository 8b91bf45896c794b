from __future__ import annotations

import numpy as np
import pytest
from drawn_objects import BLUE, GREEN, RED, Thing, draw

from multiplane.core.errors import InputError
from multiplane.core.instances import box_of
from multiplane.split.track.backend import Look
from multiplane.split.track.backends.flow import FlowPropagator
from multiplane.split.track.config import FlowOptions, TrackOptions
from multiplane.split.track.follow import follow
from multiplane.split.track.overlap import iou

FLOW = FlowPropagator(FlowOptions(work_px=160))


@pytest.mark.parametrize("edges", ["guided", "grabcut"])
def test_masks_are_carried(edges: str) -> None:
    scene = draw([Thing(RED, lambda i: (20 + 3 * i, 30)), Thing(BLUE, lambda i: (120, 70 - i))], 20)
    flow = FlowPropagator(FlowOptions(work_px=160, edges=edges))  # type: ignore[arg-type]
    told = list(follow(scene.frames, scene.looks, flow, TrackOptions(every_frames=0)))
    for index, instances in enumerate(told):
        assert [one.track_id for one in instances] == [1, 2]
        for one, truth in zip(instances, scene.truth[index], strict=True):
            assert iou(one.mask, truth) > 0.85
            assert 0.5 < one.score <= 1


def test_who_is_hidden_for_a_while_is_found_by_the_next_look() -> None:
    behind, front = Thing(GREEN, lambda i: (70, 50)), Thing(RED, lambda i: (10 + 5 * i, 50), 18)
    scene = draw([behind, front], 28)
    told = list(follow(scene.frames, scene.looks, FLOW, TrackOptions(every_frames=4)))
    assert {one.track_id for instances in told for one in instances} == {1, 2}
    last = {one.track_id: one.mask for one in told[-1]}
    first = {one.track_id: one.mask for one in told[0]}
    for number in (1, 2):
        thing = int(np.argmax([iou(first[number], truth) for truth in scene.truth[0]]))
        assert iou(last[number], scene.truth[-1][thing]) > 0.8


def test_a_box_is_enough() -> None:
    scene = draw([Thing(RED, lambda i: (30 + 2 * i, 40))], 5)
    following = FLOW.start()
    following.step(scene.frames[0])
    x0, y0, x1, y1 = box_of(scene.truth[0][0])
    seen = following.add(1, Look(None, (x0 - 3, y0 - 3, x1 + 3, y1 + 3), 0.8))
    assert iou(seen.mask, scene.truth[0][0]) > 0.85
    for frame, truth in zip(scene.frames[1:], scene.truth[1:], strict=True):
        assert iou(following.step(frame)[1].mask, truth[0]) > 0.85


def test_a_box_with_nothing_in_it_and_one_at_the_border() -> None:
    flat = np.full((40, 60, 3), 90, np.uint8)
    following = FLOW.start()
    following.step(flat)
    assert following.add(1, Look(None, (10, 10, 20, 20))).mask.shape == (40, 60)
    assert following.add(2, Look(None, (58.5, 38.5, 60, 40))).mask.shape == (40, 60)
    assert set(following.step(flat)) == {1, 2}
    following.remove(1)
    assert set(following.step(flat)) == {2}


def test_frames_of_another_size() -> None:
    following = FLOW.start()
    following.step(np.zeros((40, 60, 3), np.uint8))
    with pytest.raises(InputError, match="frame before is 60x40, frame is 20x20"):
        following.step(np.zeros((20, 20, 3), np.uint8))
