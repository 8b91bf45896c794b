from __future__ import annotations

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.motion.camera import CameraPath, still_path
from multiplane.split.segment.registration import (
    camera_figures,
    find_camera,
    salience_to_bytes,
    small_homographies,
    spread,
)
from multiplane.split.segment.shot import Shot


def path(inliers: list[int]) -> CameraPath:
    return CameraPath([np.eye(3) for _ in inliers], 0, inliers, [0.0] * len(inliers))


def moved(matrix: np.ndarray, x: float, y: float) -> np.ndarray:
    there = matrix @ (x, y, 1)
    return there[:2] / there[2]


def test_a_known_camera_is_not_looked_for(walk) -> None:
    known = still_path(len(walk.frames))
    assert find_camera(Shot(walk.frames, known), (80, 60)) is known


def test_a_single_frame_has_a_camera_that_stands(walk) -> None:
    camera = find_camera(Shot(walk.frames[:1]), (80, 60))
    assert camera.static
    assert len(camera) == 1


def test_the_pan_is_found_although_somebody_walks(walk) -> None:
    asked: list[int] = []

    class Watched(list):
        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    shot = Shot(Watched(walk.frames))
    camera = find_camera(shot, (80, 60))
    assert not camera.static
    assert all(camera.registered(index) for index in range(len(camera)))
    # The sprite is left out: the empty frames tell where the background went.
    truth = find_camera(Shot(walk.empty), (80, 60))
    for found, true in zip(camera.homographies, truth.homographies, strict=True):
        for corner in ((0, 0), (159, 0), (0, 119), (159, 119)):
            assert np.abs(moved(found, *corner) - moved(true, *corner)).max() < 1.5
    asked.clear()
    for index in range(len(shot)):
        assert shot.small(index, (80, 60)).shape == (60, 80, 3)
    assert asked == [], "the small frames were made on the way"


def test_a_camera_that_stands_has_equal_matrices(walk) -> None:
    camera = find_camera(Shot([walk.empty[0]] * 3), (80, 60))
    assert camera.static
    small = small_homographies(camera, (160, 120), (80, 60))
    assert all(np.array_equal(matrix, np.eye(3)) for matrix in small)


@settings(max_examples=40, deadline=None)
@given(
    shift=st.tuples(st.floats(-40, 40), st.floats(-40, 40)), turn=st.floats(-0.2, 0.2),
    full=st.tuples(st.integers(64, 1920), st.integers(64, 1080)), share=st.floats(0.1, 1),
)  # fmt: skip
def test_small_pixels_go_where_the_full_ones_under_them_go(shift, turn, full, share) -> None:
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = np.array([[cosine, -sine, shift[0]], [sine, cosine, shift[1]], [0, 0, 1]])
    small = max(1, round(full[0] * share)), max(1, round(full[1] * share))
    scale = np.array([small[0] / full[0], small[1] / full[1]])
    (made,) = small_homographies(CameraPath([matrix], 0, [9], [0.0]), full, small)
    for point in ((0.0, 0.0), (50.0, 20.0)):
        # Middles of pixels lie at halves: (x + 0.5) scales, x does not.
        under = (np.array(point) + 0.5) * scale - 0.5
        there = (moved(matrix, *point) + 0.5) * scale - 0.5
        assert np.allclose(moved(made, *under), there, atol=1e-6)


@given(
    inliers=st.lists(st.integers(0, 3), min_size=1, max_size=60), most=st.integers(2, 30),
    every=st.integers(1, 9),
)  # fmt: skip
def test_frames_are_spread_over_those_that_are_registered(inliers, most, every) -> None:
    camera = path(inliers)
    picked = spread(camera, most, every)
    assert picked == sorted(set(picked))
    assert 1 <= len(picked) <= most
    known = [
        i for i, n in enumerate(inliers) if n and (i % every == 0 or i == len(inliers) - 1)
    ]  # fmt: skip
    if known:
        assert set(picked) <= set(known)
        assert (picked[0], picked[-1]) == (known[0], known[-1])
        assert len(picked) == min(most, len(known))
    else:
        assert picked == [0]


def test_figures_name_the_frames_that_are_lost() -> None:
    figures = camera_figures(path([5, 0, 7]))
    assert figures["unregistered_frames"] == [1]
    assert figures["camera_still"] is True
    assert figures["median_inliers"] == 5
    json.dumps(figures, allow_nan=False)


def test_salience_becomes_bytes() -> None:
    salience = np.array([[0, 0.5, 1]], np.float32)
    assert salience_to_bytes(salience).dtype == np.uint8
    assert salience_to_bytes(salience).tolist() == [[0, 128, 255]]
