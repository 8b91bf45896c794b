"""The scene that the tests of VR180 measure against is itself held against arithmetic."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from stereo_scene import (
    Card,
    Flaws,
    Scene,
    people_scene,
    pillar,
    stands,
    still,
    times_of,
    write_clip,
)

from multiplane.media.clip import open_clip

SIZE = 128


def centre(share: np.ndarray) -> tuple[float, float]:
    y, x = np.indices(share.shape)
    return float((x * share).sum() / share.sum()), float((y * share).sum() / share.sum())


@pytest.mark.parametrize("distance_m", [0.8, 2.0])
def test_disparity_is_that_of_two_eyes_64_mm_apart(distance_m: float) -> None:
    dot = np.full((40, 40, 4), 255, np.uint8)
    size, samples = 512, 2
    scene = Scene(size, [Card(1, stands(0, distance_m, 0), still(dot), 0.06)], samples=samples)
    left, right = (centre(eye.alpha) for eye in scene.pair(0))
    expected = 2 * math.atan(0.032 / distance_m) / math.pi * size
    assert left[0] - right[0] == pytest.approx(expected, abs=0.5 / samples)
    assert left[1] == pytest.approx(right[1], abs=0.01)
    assert scene.eye(0, "left").depth_m[size // 2, size // 2] == pytest.approx(distance_m, rel=2e-3)


def test_alphas_share_each_pixel_and_things_hide_people() -> None:
    scene = people_scene(SIZE, 2, more=[Card(0, stands(0.1, 0.8), still(pillar()), 1.2)])
    eye = scene.eye(1.0, "left")
    assert eye.alpha == pytest.approx(sum(eye.alphas.values()), abs=1e-5)
    bare = people_scene(SIZE, 2).eye(1.0, "left")
    assert eye.alpha.sum() < bare.alpha.sum()
    nobody = eye.alpha == 0
    unhidden = nobody & (bare.alpha == 0) & (np.abs(eye.depth_m - bare.depth_m) < 1e-3)
    assert (eye.frame[unhidden] == eye.background[unhidden]).mean() > 0.98
    assert set(np.unique(eye.ids)) <= {0, 1, 2}


def test_flaws_change_one_eye_only() -> None:
    plain = people_scene(SIZE).pair(0.5)
    flawed = people_scene(
        SIZE, flaws=Flaws(gain=(1, 0.8), roll_deg=(0, 1.5), hidden={"right": frozenset({1})})
    ).pair(0.5)
    assert (plain[0].frame == flawed[0].frame).all()
    assert flawed[1].frame.mean() < 0.9 * plain[1].frame.mean()
    assert sorted(flawed[1].alphas) == [2]


def test_a_roll_turns_the_picture_the_other_way() -> None:
    dot = np.full((40, 40, 4), 255, np.uint8)
    card = Card(1, stands(1.0, 1.0, 0), still(dot), 0.2)
    rolled = Scene(SIZE, [card], Flaws(roll_deg=(2.0, 0.0))).eye(0, "left")
    level = Scene(SIZE, [card]).eye(0, "left")
    assert centre(rolled.alpha)[1] < centre(level.alpha)[1] - 0.5


@pytest.mark.parametrize("vfr", [False, True])
def test_the_clip_has_its_times_and_sounds(tmp_path: Path, vfr: bool) -> None:
    rate = Fraction(30000, 1001)
    path = write_clip(tmp_path / "s.mp4", people_scene(32, 1), 7, rate, vfr=vfr, sound_tracks=2)
    clip = open_clip(path)
    assert clip.audio_codecs == ("aac", "aac")
    found = [unit.time_s for unit in clip.frames()]
    expected = [float(time) for time in times_of(7, rate, vfr)]
    assert found == pytest.approx(expected, abs=1e-4)
