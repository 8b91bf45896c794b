import numpy as np

from multiplane.motion.camera import still_path
from multiplane.restore.plate.shot import Shot
from multiplane.restore.plate.sources import choose, spread_evenly, survey


def walker(count=10, step=9):
    frames = [np.zeros((60, 120, 3), np.uint8)] * count
    masks = []
    for i in range(count):
        mask = np.zeros((60, 120), bool)
        mask[20:40, 4 + step * i : 16 + step * i] = True
        masks.append(mask)
    return Shot(frames, masks, None, still_path(count), 2, 2)


def test_numbers_are_spread_with_both_ends():
    assert spread_evenly(3, 5) == [0, 1, 2]
    assert spread_evenly(101, 3) == [0, 50, 100]


def test_two_frames_that_saw_all_come_first():
    shot = walker()
    chosen = choose(survey(shot, range(10), 1), shot.camera, range(10), 24)
    covered = ~(shot.lends(chosen[0]).blocked & shot.lends(chosen[1]).blocked)
    assert covered.all()
    assert len(chosen) <= 10


def test_no_more_sources_than_allowed_and_none_where_nothing_is_hidden():
    shot = walker()
    assert len(choose(survey(shot, range(10), 1), shot.camera, range(10), 3)) == 3
    empty = Shot(shot.frames, [np.zeros((60, 120), bool)] * 10, None, shot.camera, 2, 2)
    assert choose(survey(empty, range(10), 1), shot.camera, range(10), 24) == []


def test_frames_near_in_time_are_preferred_among_equals():
    shot = walker(40, 0)
    free = [np.zeros((60, 120), bool) if i % 13 == 0 else m for i, m in enumerate(shot.masks)]
    shot = Shot(shot.frames, free, None, shot.camera, 2, 2)
    found = survey(shot, range(40), 1)
    assert choose(found, shot.camera, range(20, 40), 1)[0] in {26, 39}
    assert choose(found, shot.camera, range(8), 1)[0] == 0
