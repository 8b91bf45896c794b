from __future__ import annotations

import numpy as np
import pytest

from multiplane.split.segment.carry import carry, looked_at
from multiplane.split.segment.shot import Shot


def test_first_and_last_are_always_looked_at() -> None:
    assert looked_at(9, 4) == [0, 4, 8]
    assert looked_at(10, 4) == [0, 4, 8, 9]
    assert looked_at(1, 4) == [0]


def test_carried_salience_follows_what_it_is_on(scene, overlap) -> None:
    shot = Shot(scene.frames[:9])
    keys = [0, 2, 4, 6, 8]
    maps = [scene.masks[key].astype(np.float32) for key in keys]
    carried = list(carry(shot, keys, maps))
    assert len(carried) == 9
    assert np.array_equal(carried[4], maps[2])
    assert overlap(carried[5] > 0.5, scene.masks[5]) > 0.75


@pytest.mark.parametrize(("count", "asked"), [(60, []), (16, [1, 3, 5, 7])])
def test_what_flow_loses_is_looked_at(make_scene, count, asked) -> None:
    scene = make_scene(count)
    keys = [0, 2, 4, 6, 8]
    maps = [scene.masks[key].astype(np.float32) for key in keys]
    seen = []

    def look(index):
        seen.append(index)
        return scene.masks[index].astype(np.float32)

    carried = list(carry(Shot(scene.frames[:9]), keys, maps, look))
    assert sorted(seen) == asked
    for index in asked:
        assert np.array_equal(carried[index], scene.masks[index])
