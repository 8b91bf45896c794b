from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.restore.damage.ridges import (
    DIRECTIONS,
    STEPS,
    Levels,
    contrasts,
    levels,
    margin_px,
    widths_between,
    window_px,
)


def ground(shape: tuple[int, int] = (200, 240), level: int = 60) -> Levels:
    grain = np.random.default_rng(0).normal(0, 1, shape)
    return np.rint((level + grain) * STEPS).astype(np.int16)


def strokes(angle: float) -> Levels:
    """A ground of dark strokes that all run alike."""
    light, rng = ground(), np.random.default_rng(3)
    off = 9 * np.array([np.cos(angle), np.sin(angle)])
    for _ in range(900):
        place = rng.random(2) * (240, 200)
        ends = [tuple(int(v) for v in place + sign * off) for sign in (-1, 1)]
        cv2.line(light, *ends, int(rng.uniform(35, 65) * STEPS), 2)
    return light


def test_levels_are_lightness_and_chroma_of_cielab() -> None:
    frame = np.zeros((300, 4, 3), np.uint8)
    frame[:, 1], frame[:, 2], frame[:, 3] = 255, 119, (255, 0, 0)
    for bright, grey in ((False, 50), (True, 50)):
        low = levels(frame, bright)
        assert low.dtype == np.int16
        assert low[0, 0] / STEPS == pytest.approx(100 if bright else 0)
        assert low[0, 1] / STEPS == pytest.approx(0 if bright else 100, abs=0.1)
        assert low[299, 2] / STEPS == pytest.approx(grey, abs=0.2)
        assert low[299, 3] / STEPS == pytest.approx(100 + (46.8 if bright else 53.2), abs=0.2)


def test_widths_double_from_the_least_to_the_most() -> None:
    assert widths_between(3, 3) == [3]
    assert widths_between(1, 8) == pytest.approx([1, 2, 4, 8])
    assert widths_between(1, 6)[-1] == 6


@pytest.mark.parametrize("angle", [0, 10, 45, 83, 120])
@pytest.mark.parametrize("width", [1, 3, 6])
def test_a_line_is_deepest_in_its_own_direction(angle: int, width: int) -> None:
    light, drawn = ground(), np.zeros((200, 240), np.uint8)
    off = 80 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    ends = [tuple(int(v) for v in np.array([120, 100]) + sign * off) for sign in (-1, 1)]
    cv2.line(drawn, *ends, 1, width)
    light[drawn > 0] -= 30 * STEPS
    found = contrasts(light, widths_between(1, 6))
    middle = np.zeros_like(drawn)
    cv2.line(middle, *ends, 1)
    means = [here[middle > 0].mean() for here in found]
    turned = (180 / DIRECTIONS * int(np.argmax(means)) - angle) % 180
    assert min(turned, 180 - turned) <= 15
    assert max(means) > 0.7 * 64 * 4


def test_the_edge_of_a_thing_is_no_line() -> None:
    light = ground()
    light[:, 120:] -= 30 * STEPS
    assert max(here.max() for here in contrasts(light, widths_between(1, 6))) < 1.5 * 64


def test_a_line_across_strokes_is_deeper_than_one_along() -> None:
    along, across = strokes(0.0), strokes(np.pi / 2)
    for light in (along, across):
        light[100:102, 60:180] = 30 * STEPS
    scores = [contrasts(light, [1, 2, 4])[0][100, 80:160].mean() for light in (along, across)]
    assert scores[1] > 1.1 * scores[0]


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (40, 7)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    found = contrasts(ground(shape), [1, 6])
    assert len(found) == DIRECTIONS
    assert {here.shape for here in found} == {shape}


def test_nothing_beyond_the_margin_counts() -> None:
    rng = np.random.default_rng(1)
    light = rng.integers(0, 100 * STEPS, (260, 40), dtype=np.int16)
    margin = margin_px([1, 6])
    assert margin > window_px(6) // 2
    part = contrasts(light[: 100 + margin], [1, 6])
    for one, other in zip(contrasts(light, [1, 6]), part, strict=True):
        assert np.array_equal(one[:100], other[:100])
