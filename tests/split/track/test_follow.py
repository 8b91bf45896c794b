"""Numbers stay with their objects: oracles carry, so that only the policy can err."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from drawn_objects import BLUE, GREEN, RED, Oracle, Scene, Thing, draw
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.arrays import Frame
from multiplane.core.instances import Instance, box_of
from multiplane.split.track.backend import Look, Sighting
from multiplane.split.track.config import IdentityOptions, TrackOptions
from multiplane.split.track.follow import Find, Tracks, follow
from multiplane.split.track.looks import parts_of
from multiplane.split.track.overlap import iou

OPTIONS = TrackOptions(every_frames=4)


def still(x: float, y: float):
    return lambda index: (x, y)


def numbers(scene: Scene, told: Sequence[list[Instance]], thing: int) -> list[int]:
    """The number that a thing has in each frame; 0 where it has none."""
    found = []
    for index, instances in enumerate(told):
        truth = scene.truth[index][thing]
        fits = [one.track_id for one in instances if iou(one.mask, truth) > 0.6]
        found.append(fits[0] if fits else 0)
    return found


def run(
    scene: Scene, options: TrackOptions = OPTIONS, looks: Find | None = None
) -> tuple[list[list[Instance]], Oracle]:
    oracle = Oracle(scene)
    return list(follow(scene.frames, looks or scene.looks, oracle, options)), oracle


def test_everybody_keeps_a_number() -> None:
    scene = draw([Thing(RED, lambda i: (20 + 3 * i, 30)), Thing(BLUE, still(120, 70))], 20)
    told, oracle = run(scene)
    assert numbers(scene, told, 0) == [1] * 20
    assert numbers(scene, told, 1) == [2] * 20
    assert [one.track_id for one in told[5]] == [1, 2]
    assert told[5][0].box == box_of(scene.truth[5][0])
    assert oracle.added == [(0, 1), (0, 2)]


def test_newcomers_are_taken_in_at_the_next_look() -> None:
    late = Thing(BLUE, lambda i: (120, 70) if i >= 6 else None)
    scene = draw([Thing(RED, still(30, 30)), late], 16)
    told, _ = run(scene)
    assert numbers(scene, told, 1) == [0] * 8 + [2] * 8
    assert run(scene, TrackOptions(every_frames=0))[0][-1][0].track_id == 1
    assert len(run(scene, TrackOptions(every_frames=0))[0][-1]) == 1


def test_nobody_at_first_and_nobody_at_all() -> None:
    late = Thing(BLUE, lambda i: (120, 70) if i >= 6 else None)
    told, _ = run(draw([late], 16))
    assert [len(instances) for instances in told] == [0] * 8 + [1] * 8
    told, oracle = run(draw([], 6))
    assert told == [[]] * 6
    assert oracle.added == []
    assert list(follow([], draw([], 1).looks, oracle)) == []


def test_one_frame() -> None:
    told, _ = run(draw([Thing(RED, still(30, 30))], 1))
    assert [one.track_id for one in told[0]] == [1]


class Forgetful(Oracle):
    """Loses whoever is out of sight for good, as flow does."""

    def start(self):
        inner = super().start()
        step = inner.step

        def forget(frame):
            found = step(frame)
            for number in [n for n, sighting in found.items() if not sighting.mask.any()]:
                inner._who[number] = 0  # of the first thing, which is never there
            return found

        inner.step = forget
        return inner


@pytest.mark.parametrize("kind", [Oracle, Forgetful])
def test_who_leaves_and_comes_back_keeps_the_number(kind: type[Oracle]) -> None:
    never = Thing(GREEN, lambda i: None)
    leaves = Thing(RED, lambda i: (30, 30) if i < 6 or i >= 14 else None)
    scene = draw([never, leaves, Thing(BLUE, still(120, 70))], 24)
    oracle = kind(scene)
    tracks = Tracks(scene.looks, oracle, OPTIONS)
    told = list(tracks.through(scene.frames))
    found = numbers(scene, told, 1)
    assert set(found[:6]) == {1}
    assert set(found[6:14]) == {0}
    assert set(found[16:]) == {1}  # at the look at 16 at the latest
    assert numbers(scene, told, 2) == [2] * 24
    assert [row["came_back"] for row in tracks.table()] == [1, 0]
    assert [row["track_id"] for row in tracks.table()] == [1, 2]


def test_somebody_else_in_the_same_place_is_somebody_else() -> None:
    first = Thing(RED, lambda i: (30, 30) if i < 6 else None)
    second = Thing(GREEN, lambda i: (30, 30) if i >= 10 else None)
    scene = draw([first, second], 20)
    told, _ = run(scene)
    assert set(numbers(scene, told, 0)[:6]) == {1}
    assert set(numbers(scene, told, 1)[12:]) == {2}


def test_a_memory_that_takes_somebody_else_for_the_lost_one_is_not_believed() -> None:
    """SAM finds something after a gap; its colours say that it is another."""
    first = Thing(RED, lambda i: (30, 30) if i < 5 else None)
    second = Thing(GREEN, lambda i: (90, 60) if i >= 10 else None)
    scene = draw([first, second], 20)

    class Mistaken(Oracle):
        def start(self):
            inner = super().start()
            step = inner.step

            def wrong(frame):
                if inner._index == 9:
                    inner._who[1] = 1
                return step(frame)

            inner.step = wrong
            return inner

    told = list(follow(scene.frames, scene.looks, Mistaken(scene), OPTIONS))
    assert set(numbers(scene, told, 1)[12:]) == {2}


def crossing(frames: int = 30) -> Scene:
    """Two of the same colours cross; the nearer hides the other in the middle."""
    left = Thing(RED, lambda i: (20 + 4 * i, 50))
    right = Thing(RED, lambda i: (136 - 4 * i, 50))
    return draw([left, right], frames)


@pytest.mark.parametrize("every", [1, 2, 3, 5, 12, 0])
def test_look_alikes_that_cross_do_not_swap(every: int) -> None:
    scene = crossing()
    told, _ = run(scene, TrackOptions(every_frames=every, min_instance_px=20))
    for thing, number in ((0, 1), (1, 2)):
        assert set(numbers(scene, told, thing)) <= {number, 0}
        assert numbers(scene, told, thing)[-1] == number
    assert max(one.track_id for instances in told for one in instances) == 2


def test_look_alikes_that_left_are_told_apart_by_where() -> None:
    def gone(x: float):
        return lambda i: (x, 50) if i < 6 or i >= 14 else None

    scene = draw([Thing(GREEN, lambda i: None), Thing(RED, gone(30)), Thing(RED, gone(120))], 24)
    told = list(follow(scene.frames, scene.looks, Forgetful(scene), OPTIONS))
    assert numbers(scene, told, 1)[-1] == 1
    assert numbers(scene, told, 2)[-1] == 2


def test_two_that_have_become_one_are_one() -> None:
    """Both memories follow the nearer; the one whose colours do not fit is out of sight."""
    far, near = Thing(BLUE, lambda i: (40 + 4 * i, 50)), Thing(RED, still(80, 50))
    scene = draw([far, near], 20)

    class Merged(Oracle):
        def start(self):
            inner = super().start()
            step = inner.step

            def merge(frame):
                if inner._index == 8:
                    inner._who[1] = inner._who[2]
                return step(frame)

            inner.step = merge
            return inner

    told = list(
        follow(scene.frames, scene.looks, Merged(scene), TrackOptions(every_frames=0))
    )  # fmt: skip
    assert [one.track_id for one in told[-1]] == [2]
    assert set(numbers(scene, told, 1)) == {2}


def test_parts_of_somebody_in_sight_are_no_newcomers() -> None:
    scene = draw([Thing(RED, still(60, 50), radius=24)], 9)

    def pieces(index: int, frame: Frame) -> list[Look]:
        whole = scene.truth[index][0]
        half = whole.copy()
        half[:50] = False
        return [Look(half, box_of(half))] if index else [Look(whole, box_of(whole))]

    told, _ = run(scene, OPTIONS, pieces)
    assert {one.track_id for instances in told for one in instances} == {1}


def test_boxes_are_enough() -> None:
    scene = draw([Thing(RED, lambda i: (20 + 3 * i, 30)), Thing(BLUE, still(120, 70))], 20)

    def boxes(index: int, frame: Frame) -> list[Look]:
        return [Look(None, box_of(mask), 0.8) for mask in scene.truth[index] if mask.any()]

    told, oracle = run(scene, OPTIONS, boxes)
    assert numbers(scene, told, 0) == [1] * 20
    assert oracle.added == [(0, 1), (0, 2)]


def test_names_of_whoever_looks_are_kept() -> None:
    scene = draw([Thing(RED, lambda i: (20 + 3 * i, 30)), Thing(BLUE, still(120, 70))], 12)

    def named(index: int, frame: Frame) -> list[Look]:
        names = (7, 4)
        return [
            Look(mask, box_of(mask), 1.0, name)
            for mask, name in zip(scene.truth[index], names, strict=True)
        ]

    told, _ = run(scene, OPTIONS, named)
    assert numbers(scene, told, 0) == [7] * 12
    assert numbers(scene, told, 1) == [4] * 12


@pytest.mark.parametrize("drifts", [False, True])
def test_names_set_right_who_was_swapped(drifts: bool) -> None:
    scene = draw([Thing(RED, still(30, 30)), Thing(RED, still(120, 70))], 12)

    def named(index: int, frame: Frame) -> list[Look]:
        truth = zip(scene.truth[index], (7, 4), strict=True)
        return [Look(None, box_of(mask), 1.0, name) for mask, name in truth]

    class Swaps(Oracle):
        def start(self):
            inner = super().start()
            step = inner.step

            def swap(frame):
                if inner._index == 5:
                    inner._who = {number: 1 - who for number, who in inner._who.items()}
                return step(frame)

            inner.step = swap
            return inner

    oracle = Swaps(scene)
    oracle.drifts = drifts
    told = list(follow(scene.frames, named, oracle, OPTIONS))
    assert numbers(scene, told, 0) == [7] * 6 + [4] * 2 + [7] * 4
    assert numbers(scene, told, 1) == [4] * 6 + [7] * 2 + [4] * 4


def test_another_name_is_nobody_who_left() -> None:
    """Two in the same colours, one after the other: who named them knows better than colours."""
    first = Thing(RED, lambda i: (30, 30) if i < 6 else None)
    second = Thing(RED, lambda i: (60, 50) if i >= 8 else None)
    scene = draw([Thing(GREEN, lambda i: None), first, second], 16)

    def named(index: int, frame: Frame) -> list[Look]:
        truth = zip(scene.truth[index], (1, 7, 4), strict=True)
        return [Look(None, box_of(mask), 1.0, name) for mask, name in truth if mask.any()]

    told = list(follow(scene.frames, named, Forgetful(scene), OPTIONS))
    assert numbers(scene, told, 1) == [7] * 6 + [0] * 10
    assert numbers(scene, told, 2) == [0] * 8 + [4] * 8


def test_who_came_back_too_small_is_let_go_once() -> None:
    leaves = Thing(RED, lambda i: (30, 30) if i < 6 or i >= 8 else None)
    scene = draw([Thing(GREEN, lambda i: None), leaves], 24)

    class Shrinks(Forgetful):
        def start(self):
            inner = super().start()
            add = inner.add

            def less(number, look):
                sighting = add(number, look)
                if inner._index:
                    inner._who[number] = 0
                    return Sighting(np.zeros_like(sighting.mask), 0.9)
                return sighting

            inner.add = less
            return inner

    options = TrackOptions(every_frames=8, identity=IdentityOptions(forget_frames=4))
    oracle = Shrinks(scene)
    told = list(follow(scene.frames, scene.looks, oracle, options))
    assert [len(instances) for instances in told] == [1] * 6 + [0] * 18
    assert oracle.removed == [(8, 1), (16, 1)]


def test_frames_nobody_looked_at_change_nothing() -> None:
    scene = draw([Thing(RED, still(30, 30)), Thing(BLUE, still(120, 70))], 9)
    told, _ = run(scene, OPTIONS, lambda i, frame: scene.looks(i, frame) if i == 4 else None)
    assert [len(instances) for instances in told] == [0] * 4 + [2] * 5


def test_small_ones_are_out_of_sight_and_the_surest_come_first() -> None:
    scene = draw([Thing(RED, still(30, 30), radius=3), Thing(BLUE, still(120, 70))], 5)
    assert {o.track_id for told in run(scene)[0] for o in told} == {1}
    assert numbers(scene, run(scene)[0], 0) == [0] * 5
    many = draw([Thing(RED, still(30, 30)), Thing(BLUE, still(120, 70))], 5)

    def scored(index: int, frame: Frame) -> list[Look]:
        masks = zip(many.truth[index], (0.3, 0.9), strict=True)
        return [Look(mask, box_of(mask), score) for mask, score in masks]

    told, _ = run(many, TrackOptions(max_instances=1), scored)
    assert numbers(many, told, 1) == [1] * 5
    assert numbers(many, told, 0) == [0] * 5


def test_who_is_gone_for_long_is_let_go_and_still_known() -> None:
    leaves = Thing(RED, lambda i: (30, 30) if i < 6 or i >= 24 else None)
    scene = draw([leaves, Thing(BLUE, still(120, 70))], 32)
    options = TrackOptions(every_frames=4, identity=IdentityOptions(forget_frames=8))
    told, oracle = run(scene, options)
    assert oracle.removed == [(14, 1)]
    assert numbers(scene, told, 0)[24:] == [1] * 8


def test_who_loses_the_way_is_set_right_and_then_doubted() -> None:
    scene = draw([Thing(RED, lambda i: (20 + 3 * i, 30))], 20)

    class Drifting(Oracle):
        drifts = True

    oracle = Drifting(scene)
    told = list(follow(scene.frames, scene.looks, oracle, OPTIONS))
    assert oracle.added == [(index, 1) for index in (0, 4, 8, 12, 16)]
    assert numbers(scene, told, 0) == [1] * 20
    oracle = Drifting(scene)
    told = list(follow(scene.frames, lambda i, f: scene.looks(i, f) if i == 0 else [], oracle,
                       OPTIONS))  # fmt: skip
    assert [len(instances) for instances in told] == [1] * 8 + [0] * 12


@pytest.mark.parametrize("drifts", [False, True])
def test_those_who_touch_and_are_found_as_one_stay_two(drifts: bool) -> None:
    scene = draw([Thing(RED, lambda i: (20 + 4 * i, 50)), Thing(BLUE, still(84, 50))], 32)
    oracle = Oracle(scene)
    oracle.drifts = drifts

    def parts(index: int, frame: Frame) -> list[Look]:
        return parts_of(np.any(scene.truth[index], axis=0), 20)

    told = list(follow(scene.frames, parts, oracle, TrackOptions(every_frames=2)))
    assert {one.track_id for instances in told for one in instances} == {1, 2}
    for thing in (0, 1):
        assert len(set(numbers(scene, told, thing)) - {0}) == 1
        assert numbers(scene, told, thing)[-1] == numbers(scene, told, thing)[0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(10, 150), st.integers(10, 90), st.integers(-4, 4), st.integers(-3, 3)
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 6),
)
def test_nobody_has_two_numbers_in_a_frame_and_no_number_is_two(
    ways: list[tuple[int, int, int, int]], every: int
) -> None:
    colours = (RED, BLUE, GREEN, (200, 200, 60))
    things = [
        Thing(colours[n], lambda i, x=x, y=y, dx=dx, dy=dy: (x + dx * i, y + dy * i), radius=9)
        for n, (x, y, dx, dy) in enumerate(ways)
    ]
    scene = draw(things, 12)
    told, _ = run(scene, TrackOptions(every_frames=every))
    for instances in told:
        ids = [one.track_id for one in instances]
        assert len(set(ids)) == len(ids)
        assert all(one.mask.any() and 0 <= one.score <= 1 for one in instances)
    for thing in range(len(things)):
        assert len(set(numbers(scene, told, thing)) - {0}) <= 1
