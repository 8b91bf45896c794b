from __future__ import annotations

import numpy as np
import pytest
from stereo_film import near_film, tracks_of

from multiplane.geometry.disparity import EyePair
from multiplane.geometry.plane import Plane
from multiplane.split.stereo.planes import planes_of, stands, steadied


def test_everybody_has_a_plane_at_their_distance() -> None:
    film = near_film()
    eyes = EyePair(film.size)
    frames = film.work["left"], film.work["right"]
    found = planes_of(eyes, frames, tracks_of(film)[0], "left")
    assert {n: sorted(track) for n, track in found.items()} == {n: [0, 1, 2, 3] for n in (1, 2)}
    assert found[1][0].distance_m() == pytest.approx(0.98, abs=0.1)
    assert found[2][0].distance_m() == pytest.approx(1.68, abs=0.35)
    sparse = planes_of(eyes, frames, tracks_of(film)[0], "left", every=2)
    assert sorted(sparse[1]) == [0, 2, 3]  # and where they are seen last


def line(index: float) -> tuple[float, float, float]:
    return (0.001 * index, 0.0, 0.05 + 0.002 * index)


def test_a_slip_is_drawn_straight_and_a_way_is_not() -> None:
    track = {index: Plane(line(index)) for index in range(9)}
    track[4] = Plane((0.3, 0.1, 0.4))
    steady = steadied(track, 4, range(9))
    for index in range(9):
        np.testing.assert_allclose(steady[index].normal, line(index), atol=0.006)
    np.testing.assert_allclose(steady[4].normal, line(4), atol=0.002)
    assert steadied(track, 0, range(9))[4] == track[4]


def test_gaps_take_the_nearest() -> None:
    known = Plane((0.0, 0.0, 0.1), disparity_deg=3)
    steady = steadied({5: known}, 2, range(3, 12))
    assert set(steady) == set(range(3, 12))
    assert steady[11].normal == known.normal
    assert steady[11].disparity_deg == 3
    assert steadied({}, 2, range(4)) == {}


def test_only_planes_nearby_are_looked_at() -> None:
    looks = []

    class Told(int):
        def __sub__(self, other: int) -> int:
            looks.append(self)
            return int(self) - other

    track = {Told(index): Plane(line(index)) for index in range(0, 300, 3)}
    steady = steadied(track, 4, range(400))
    assert len(looks) < 400 * 8
    assert steady[399] == steady[302]  # the nearest from the end of what is known on
    np.testing.assert_allclose(steady[100].normal, line(100), atol=0.004)


def test_nobody_stands_edge_on() -> None:
    assert stands(Plane((0.02, 0.0, 0.06), disparity_deg=3.4))
    assert not stands(Plane((0.46, 0.0, 0.22), disparity_deg=5.4))
