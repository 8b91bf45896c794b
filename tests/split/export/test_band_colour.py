from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.split.export.band_colour import band_colour
from multiplane.split.matte.colour import straight_colour

SIDE = 300


def textured(seed: int, base: tuple[int, int, int]) -> np.ndarray:
    noise = np.random.default_rng(seed)
    waves = cv2.resize(noise.normal(0, 20, (8, 8, 3)).astype(np.float32), (SIDE, SIDE))
    return np.clip(waves + np.array(base), 0, 255)


@pytest.fixture(scope="module")
def mixed() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A frame, its alpha with hair, the true colour of the foreground."""
    big = np.zeros((SIDE * 4, SIDE * 4), np.uint8)
    cv2.ellipse(big, (600, 640), (260, 420), 0, 0, 360, 255, -1)
    for angle in np.linspace(0, 6.2, 60):
        inner = (int(600 + 240 * np.cos(angle)), int(640 + 400 * np.sin(angle)))
        outer = (int(600 + 330 * np.cos(angle)), int(640 + 500 * np.sin(angle)))
        cv2.line(big, inner, outer, 255, 5)
    alpha = cv2.resize(cv2.GaussianBlur(big, (0, 0), 4), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    share = alpha[..., None] / 255
    front = textured(1, (200, 120, 90))
    frame = np.rint(front * share + textured(2, (30, 190, 60)) * (1 - share)).astype(np.uint8)
    return frame, alpha, front


def errors(colour: np.ndarray, alpha: np.ndarray, front: np.ndarray) -> float:
    soft = (alpha > 0) & (alpha < 255)
    weight = alpha[soft][:, None] / 255
    return float((np.abs(colour[soft] - front[soft]) * weight).sum() / weight.sum() / 3)


def test_the_background_leaves_the_edge(mixed) -> None:
    frame, alpha, front = mixed
    out = np.zeros_like(frame)
    band_colour(frame, alpha, 12, out)
    assert errors(frame, alpha, front) > 30
    assert errors(out, alpha, front) < 7.6  # measured 7.5
    exact = straight_colour(frame, alpha.astype(np.float32) / 255, 12)
    assert errors(out, alpha, front) < 1.2 * errors(exact, alpha, front)


def test_what_is_solid_stays_and_what_is_far_is_black(mixed) -> None:
    frame, alpha, _ = mixed
    out = np.zeros_like(frame)
    band_colour(frame, alpha, 12, out)
    assert np.array_equal(out[alpha == 255], frame[alpha == 255])
    near = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((25, 25), np.uint8)) > 0
    assert not out[~near].any()
    rim = near & (alpha == 0)
    assert (np.abs(out[rim].astype(int) - (200, 120, 90)).mean(axis=0) < 35).all()


@pytest.mark.parametrize("value", [0, 255])
def test_nobody_and_everybody(mixed, value: int) -> None:
    frame = mixed[0]
    out = np.zeros_like(frame)
    band_colour(frame, np.full((SIDE, SIDE), value, np.uint8), 12, out)
    assert np.array_equal(out, frame if value else np.zeros_like(frame))


def test_the_colour_may_end_where_alpha_does(mixed) -> None:
    frame, alpha, _ = mixed
    out = np.zeros_like(frame)
    band_colour(frame, alpha, 0, out)
    assert not out[alpha == 0].any()


def test_a_part_of_a_picture_takes_nothing_from_beside_it(mixed) -> None:
    frame, alpha, _ = mixed
    wide = np.concatenate([frame, np.full_like(frame, 255)], axis=1)
    both = np.concatenate([alpha, np.full_like(alpha, 255)], axis=1)
    out, alone = np.zeros_like(wide), np.zeros_like(frame)
    band_colour(wide[:, :SIDE], both[:, :SIDE], 12, out[:, :SIDE])
    band_colour(frame, alpha, 12, alone)
    assert np.array_equal(out[:, :SIDE], alone)
    assert not out[:, SIDE:].any()
