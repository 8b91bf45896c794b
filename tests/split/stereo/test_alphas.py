from __future__ import annotations

import numpy as np
import pytest
from oracle_people import SIDES, OraclePeople
from stereo_film import near_film, tracks_of

from multiplane.core.errors import InputError
from multiplane.split.stereo.alphas import Drawer
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.edges_config import EdgesOptions
from multiplane.split.stereo.timing import Timings


def drawer(parallel: bool = False) -> Drawer:
    film = near_film()
    refiners = [EdgeRefiner(EdgesOptions(edge_px=3)) for _ in SIDES]
    return Drawer(film.layout, refiners, [OraclePeople(film)], Timings(), parallel)


def test_alphas_are_those_of_the_scene() -> None:
    film = near_film()
    drawn = list(drawer().draw(film.frames, tracks_of(film)))
    assert len(drawn) == len(film.frames)
    for index, alphas in enumerate(drawn):
        for side, alpha in zip(SIDES, alphas, strict=True):
            assert np.abs(alpha - film.alphas[side][index]).mean() < 0.008, (side, index)


def test_both_at_once_is_the_same() -> None:
    film = near_film()
    one, two = (
        list(drawer(at_once).draw(film.frames, tracks_of(film))) for at_once in (False, True)
    )
    for first, second in zip(one, two, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)


def test_nobody_is_nothing_and_frames_fit() -> None:
    film = near_film()
    ((left, right),) = drawer().draw(film.frames[:1], ([{}], [{}]))
    assert left.shape == (256, 256)
    assert left.dtype == np.float32
    assert not left.any()
    assert not right.any()
    with pytest.raises(InputError, match="a frame of 256x256, wanted 512x256") as told:
        list(drawer().draw([film.frames[0][:, :256]], ([{}], [{}])))
    assert "split.chunks" in told.value.fix
