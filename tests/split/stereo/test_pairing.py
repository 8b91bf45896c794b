from __future__ import annotations

import numpy as np
from stereo_film import near_film, person, tracks_of

from multiplane.geometry.disparity import EyePair
from multiplane.split.stereo.masks import EyeTrack
from multiplane.split.stereo.pairing import overlaps, pair_up, raw_overlaps, same_ids
from multiplane.split.stereo.planes import planes_of

MASK = np.ones((4, 4), np.bool_)


def track(*frames: tuple[int, ...]) -> EyeTrack:
    return [{n: person(MASK, n) for n in frame} for frame in frames]


def ids(made: EyeTrack) -> list[list[int]]:
    assert all(n == one.id for people in made for n, one in people.items())
    return [sorted(people) for people in made]


def test_people_lie_on_themselves_after_the_warp() -> None:
    film = near_film()
    left, right = tracks_of(film)
    eyes = EyePair(film.size)
    planes = planes_of(eyes, (film.work["left"], film.work["right"]), left, "left")
    for table in overlaps(eyes, left, right, planes):
        assert table[1, 1] > 0.85
        assert table[2, 2] > 0.8
        assert table.get((1, 2), 0) < 0.1
    assert overlaps(eyes, left, [{} for _ in right], planes) == [{}] * 4
    for table in raw_overlaps(film.work["left"], left, right):
        assert table[1, 1] > 0.3
        assert table.get((1, 2), 0) == 0


def test_one_bad_frame_swaps_nobody() -> None:
    good, bad = {(1, 2): 0.9, (2, 1): 0.9}, {(1, 1): 0.6, (2, 2): 0.6, (1, 2): 0.2, (2, 1): 0.2}
    pairs = pair_up([good] * 5 + [bad] + [good] * 5)
    assert all(pair == {1: 2, 2: 1} for pair in pairs)
    assert pair_up([{(1, 1): 0.1}]) == [{}]
    assert pair_up([{}]) == [{}]


def test_pairs_follow_an_eye_that_mistakes_people_for_each_other() -> None:
    before, after = {(1, 1): 0.9, (2, 2): 0.9}, {(1, 2): 0.9, (2, 1): 0.9}
    pairs = pair_up([before] * 20 + [after] * 20)
    assert pairs == [{1: 1, 2: 2}] * 20 + [{1: 2, 2: 1}] * 20
    both = track(*[(1, 2)] * 40)
    left, right, _ = same_ids(both, both, pairs)
    assert ids(left) == ids(right) == [[1, 2]] * 40


def test_ids_mean_the_same_in_both_eyes() -> None:
    left, right = track((1, 2), (1, 2)), track((5, 6, 7), (5, 6, 7))
    named = same_ids(left, right, [{5: 2, 6: 1}] * 2)
    assert ids(named[0]) == [[1, 2]] * 2
    assert ids(named[1]) == [[1, 2, 3]] * 2  # 7 is seen by the right eye alone


def test_somebody_whom_one_eye_loses_stays_who_they_are() -> None:
    left, right = track((1,), (), (4,)), track((1,), (1,), (1,))
    named = same_ids(left, right, [{1: 1}, {}, {1: 4}])
    assert ids(named[0]) == [[1], [], [1]]  # 4 is 1 who came back: the right eye saw him all along
    assert ids(named[1]) == [[1], [1], [1]]
    assert named[2] == {4: 1}
    late = same_ids(track((), (2,)), track((1,), (1,)), [{}, {1: 2}])
    assert ids(late[1]) == [[2], [2]]


def test_two_at_once_never_share_an_id() -> None:
    named = same_ids(track((1,), (1,)), track((1,), (1, 2)), [{1: 1}, {2: 1}])
    assert ids(named[1])[1] == [1, 2]
