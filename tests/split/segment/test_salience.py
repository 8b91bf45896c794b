from __future__ import annotations

import numpy as np
import pytest

from multiplane.split.segment.salience import Closer, Gaze, look
from multiplane.split.segment.shot import Shot


@pytest.fixture
def shot(make_scene) -> Shot:
    return Shot(make_scene(60, pan_px=0.0).frames[:9])


def belief(x0: int, x1: int) -> np.ndarray:
    found = np.full((72, 96), -1, np.float32)
    found[20:50, x0:x1] = 1
    return found


def test_a_look_at_a_part_is_put_where_it_is(shot, reddish) -> None:
    whole = look(shot, 0, reddish, (96, 72), (0, 0, 192, 144))
    part = look(shot, 0, reddish, (96, 72), (0, 20, 70, 110))
    assert whole.shape == (72, 96)
    assert np.abs(whole - part)[12:54, 2:33].max() < 0.05
    assert part[:, 40:].max() == 0


def test_closer_is_where_somebody_is_before_and_after(shot) -> None:
    closer = Closer(shot, {0: belief(10, 20), 8: belief(30, 40)})
    x0, y0, x1, y1 = closer.box(4)
    assert x0 < 20 <= x0 + 20
    assert x1 > 80
    assert y0 < 40
    assert y1 > 100
    assert closer.box(0)[2] < 60


def test_the_whole_frame_where_nobody_was_found(shot) -> None:
    whole = (0, 0, 192, 144)
    assert Closer(shot, {}).box(3) == whole
    assert Closer(shot, {0: belief(0, 0), 8: belief(3, 9)}).box(4) == whole
    assert Closer(shot, {0: np.ones((72, 96), np.float32)}).box(0) == whole


def test_what_was_seen_is_not_looked_at_again(shot, reddish) -> None:
    gaze = Gaze(shot, reddish, (192, 144), threads=1)
    seen = gaze.look_at([0, 4, 8], Closer(shot, {}))
    assert reddish.asked == 3
    maps = list(gaze.stream(Closer(shot, {}), 4))
    assert reddish.asked == 3
    assert np.array_equal(maps[4], seen[4])
    gaze.forget()
    closer = Closer(shot, {0: belief(10, 20), 8: belief(30, 40)})
    list(gaze.stream(closer, 4))
    assert reddish.asked == 6  # the whole frames are remembered, the parts are new
