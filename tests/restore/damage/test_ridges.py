from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_damage import brush_strokes

from multiplane.restore.damage.ridges import STEPS, Levels, lightness, lines, widths_between


def ground(shape: tuple[int, int] = (200, 240), level: int = 60) -> Levels:
    grain = np.random.default_rng(0).normal(0, 1, shape)
    return np.rint((level + grain) * STEPS).astype(np.int16)


def test_lightness_is_that_of_cielab() -> None:
    frame = np.zeros((300, 3, 3), np.uint8)
    frame[:, 1], frame[:, 2] = 255, 119
    light = lightness(frame)
    assert light.dtype == np.int16
    assert (light[:, 0] == 0).all()
    assert (light[:, 1] == 100 * STEPS).all()
    assert light[299, 2] / STEPS == pytest.approx(50.0, abs=0.2)


def test_widths_double_from_the_least_to_the_most() -> None:
    assert widths_between(3, 3) == [3]
    assert widths_between(1, 8) == pytest.approx([1, 2, 4, 8])
    assert widths_between(1, 6)[-1] == 6


@pytest.mark.parametrize("angle", [0, 10, 45, 83, 120])
@pytest.mark.parametrize("width", [1, 3, 6])
def test_a_line_is_seen_whichever_way_it_runs(angle: int, width: int) -> None:
    light, drawn = ground(), np.zeros((200, 240), np.uint8)
    off = 80 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    ends = [tuple(int(v) for v in np.array([120, 100]) + sign * off) for sign in (-1, 1)]
    cv2.line(drawn, *ends, 1, width)
    light[drawn > 0] -= 30 * STEPS
    found = lines(light, widths_between(1, 6), 2.4, 1.0)
    middle = np.zeros_like(drawn)
    cv2.line(middle, *ends, 1)
    assert found.strong[middle > 0].mean() > 0.7
    assert not found.strong[cv2.dilate(drawn, np.ones((11, 11), np.uint8)) == 0].any()
    assert not (found.strong & ~found.weak).any()


def test_the_edge_of_a_thing_is_no_line() -> None:
    light = ground()
    light[:, 120:] -= 30 * STEPS
    assert not lines(light, widths_between(1, 6), 2.4, 1.0).weak.any()


def test_a_stroke_among_strokes_is_no_line_and_one_in_calm_is() -> None:
    light = lightness(brush_strokes((200, 240)))
    assert lines(light, [1, 2, 4], 2.4, 1.0).strong.mean() < 0.01
    stroke = ground()
    stroke[100:103, 60:160] -= 12 * STEPS  # as deep as those are
    assert lines(stroke, [1, 2, 4], 2.4, 1.0).strong[101, 70:150].all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (40, 7)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    found = lines(ground(shape), [1, 6], 2.4, 1.0)
    assert found.weak.shape == shape
    assert not found.strong.any()


@pytest.mark.parametrize("tile_px", [64, 101])
def test_in_squares_is_as_whole(tile_px: int) -> None:
    rng = np.random.default_rng(1)
    light = cv2.GaussianBlur(rng.normal(50, 40, (260, 310)), (0, 0), 1.5)
    light = np.rint(np.clip(light, 0, 100) * STEPS).astype(np.int16)
    light[130:133] -= 5 * STEPS
    whole = lines(light, [1, 3, 6], 1.5, 0.5, 10_000)
    parts = lines(light, [1, 3, 6], 1.5, 0.5, tile_px)
    assert whole.strong.any()
    assert np.array_equal(whole.weak, parts.weak)
    assert np.array_equal(whole.strong, parts.strong)
