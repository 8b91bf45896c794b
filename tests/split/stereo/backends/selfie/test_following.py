from __future__ import annotations

import numpy as np
from drawn_objects import BLUE, RED, Thing, draw

from multiplane.core.arrays import Alpha, Frame
from multiplane.core.instances import box_of
from multiplane.split.stereo.backends.selfie.following import SelfiePropagator
from multiplane.split.track.backend import Look
from multiplane.split.track.overlap import iou

SCENE = draw([Thing(RED, lambda i: (40 + 4 * i, 40)), Thing(BLUE, lambda i: (78 + 4 * i, 44))], 8)


def gaudy(frame: Frame) -> Alpha:
    spread = frame.max(axis=-1).astype(np.float32) - frame.min(axis=-1)
    return np.asarray(np.clip((spread - 60) / 40, 0, 1), np.float32)


def test_neighbours_stay_apart() -> None:
    following = SelfiePropagator(gaudy, 0.3).start()
    assert dict(following.step(SCENE.frames[0])) == {}
    for number, mask in zip((3, 5), SCENE.truth[0], strict=True):
        shown = following.add(number, Look(mask, box_of(mask), 0.9))
        np.testing.assert_array_equal(shown.mask, mask)
    for index in range(1, 8):
        seen = following.step(SCENE.frames[index])
        assert set(seen) == {3, 5}
        for number, truth in zip((3, 5), SCENE.truth[index], strict=True):
            assert iou(seen[number].mask, truth) > 0.75
            assert 0.5 < seen[number].score <= 1
        assert not (seen[3].mask & seen[5].mask).any()
    following.remove(3)
    assert set(following.step(SCENE.frames[7])) == {5}


def test_a_box_is_enough_and_who_is_gone_is_out_of_sight() -> None:
    propagator = SelfiePropagator(gaudy, 0.3)
    following = propagator.start()
    following.step(SCENE.frames[0])
    truth = SCENE.truth[0][0]
    seen = following.add(1, Look(None, box_of(truth), 0.8))
    assert iou(seen.mask, truth) > 0.85
    empty = draw([], 2)
    gone = following.step(empty.frames[0])[1]
    assert not gone.mask.any()
    assert gone.score == 0
    assert not following.step(empty.frames[1])[1].mask.any()
    whole = following.add(2, Look(None, (10, 10, 30, 30)))  # the network sees nobody there
    assert box_of(whole.mask) == (10, 10, 30, 30)
    assert propagator.drifts
    assert not propagator.fell_short(MemoryError())
