from __future__ import annotations

import numpy as np
import pytest
from drawn_objects import BLUE, RED, Oracle, Thing, draw
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.instances import box_of
from multiplane.split.track.backend import Look
from multiplane.split.track.backends.flow import FlowPropagator
from multiplane.split.track.chunks import Chunked
from multiplane.split.track.config import FlowOptions, TrackOptions
from multiplane.split.track.follow import follow
from multiplane.split.track.overlap import iou

OPTIONS = TrackOptions(every_frames=0)


def moving():
    return draw([Thing(RED, lambda i: (20 + 3 * i, 30)), Thing(BLUE, lambda i: (120, 20 + 2 * i))],
                24)  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 30), st.integers(1, 12))
def test_chunks_of_an_oracle_are_the_whole(chunk: int, overlap: int) -> None:
    if overlap >= chunk:
        return
    scene = moving()
    whole = list(follow(scene.frames, scene.looks, Oracle(scene), OPTIONS))
    oracle = Oracle(scene)
    told = list(follow(scene.frames, scene.looks, Chunked(oracle, chunk, overlap), OPTIONS))
    for ours, theirs in zip(told, whole, strict=True):
        assert [one.track_id for one in ours] == [one.track_id for one in theirs] == [1, 2]
        assert all(np.array_equal(a.mask, b.mask) for a, b in zip(ours, theirs, strict=True))
    fresh = max(0, -(-(24 - chunk) // (chunk - overlap)))
    assert oracle.started == 1 + fresh


def test_chunks_of_flow_are_nearly_the_whole() -> None:
    """The same numbers, and masks of an IoU of 0.9 at least in every frame."""
    scene = moving()
    flow = FlowPropagator(FlowOptions(work_px=160))
    whole = list(follow(scene.frames, scene.looks, flow, OPTIONS))
    told = list(follow(scene.frames, scene.looks, Chunked(flow, 9, 3), OPTIONS))
    for index, (ours, theirs) in enumerate(zip(told, whole, strict=True)):
        assert [one.track_id for one in ours] == [one.track_id for one in theirs] == [1, 2]
        for one, other, truth in zip(ours, theirs, scene.truth[index], strict=True):
            assert iou(one.mask, other.mask) >= 0.9
            assert iou(one.mask, truth) >= 0.8


def test_a_fresh_memory_that_errs_is_shown_again() -> None:
    scene = moving()

    class Errs(Oracle):
        def start(self):
            inner = super().start()
            step = inner.step
            second = self.started == 2

            def swap(frame):
                if second and inner._steps == 1:  # right after it was seeded
                    inner._who = {number: 1 - who for number, who in inner._who.items()}
                return step(frame)

            inner.step = swap
            return inner

    oracle = Errs(scene)
    told = list(follow(scene.frames, scene.looks, Chunked(oracle, 12, 3), OPTIONS))
    assert all(np.array_equal(told[23][n].mask, scene.truth[23][n]) for n in (0, 1))
    assert oracle.added[-2:] == [(18, 1), (18, 2)]  # the third chunk was seeded once only
    assert (11, 1) in oracle.added


def test_who_is_out_of_sight_through_the_overlap_is_known_again_by_colours() -> None:
    gone = Thing(RED, lambda i: (30, 30) if i < 5 or i >= 16 else None)
    scene = draw([gone, Thing(BLUE, lambda i: (120, 20 + 2 * i))], 24)
    chunked = Chunked(Oracle(scene), 10, 2)
    told = list(follow(scene.frames, scene.looks, chunked, TrackOptions(every_frames=4)))
    assert [[one.track_id for one in told[i]] for i in (4, 12, 20)] == [[1, 2], [2], [1, 2]]


def test_memory_that_falls_short_begins_a_chunk() -> None:
    scene = moving()
    oracle = Oracle(scene)
    oracle.short = {(1, 14)}  # the fourteenth step of the first memory
    chunked = Chunked(oracle, 0, 3)
    told = list(follow(scene.frames, scene.looks, chunked, OPTIONS))
    assert [[one.track_id for one in instances] for instances in told] == [[1, 2]] * 24
    assert chunked.notes == ["memory fell short after 13 frames; went on in chunks of 6"]
    assert oracle.started > 2


def test_memory_that_is_always_short_ends() -> None:
    scene = moving()
    oracle = Oracle(scene)
    oracle.short = {(1, 14), (2, 4)}
    with pytest.raises(MemoryError):
        list(follow(scene.frames, scene.looks, Chunked(oracle, 0, 3), OPTIONS))


def test_the_removed_stay_away() -> None:
    scene = moving()
    following = Chunked(Oracle(scene), 4, 2).start()
    following.step(scene.frames[0])
    for number, mask in enumerate(scene.truth[0], 1):
        following.add(number, Look(mask, box_of(mask)))
    following.step(scene.frames[1])
    following.remove(1)
    for frame in scene.frames[2:8]:
        assert list(following.step(frame)) == [2]
