from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT = 192, 144
SPRITE, ROCK = (210, 90, 60), (190, 80, 70)


@dataclass(frozen=True)
class Scene:
    """Frames whose masks are known: a sprite walks past a rock that looks like it."""

    frames: list[np.ndarray]
    masks: list[np.ndarray]
    rocks: list[np.ndarray]


class Reddish:
    """Finds red things salient; the rock only while the sprite is on the left."""

    def __init__(self, rock: bool = True) -> None:
        self.rock = rock
        self.asked = 0

    def predict(self, frame: np.ndarray) -> np.ndarray:
        self.asked += 1
        values = frame.astype(np.int16)
        red = (values[..., 0] > values[..., 1] + 60) & (values[..., 0] > 120)
        count, labels, stats, centres = cv2.connectedComponentsWithStats(
            cv2.morphologyEx(red.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        )
        found = np.zeros(frame.shape[:2], np.float32)
        things = [n for n in range(1, count) if stats[n][4] > 60]
        low = {n for n in things if centres[n][1] > 0.75 * frame.shape[0]}
        left = any(centres[n][0] < 0.45 * frame.shape[1] for n in set(things) - low)
        for number in things:
            if number not in low or (self.rock and left):
                found[labels == number] = 1
        return cv2.GaussianBlur(found, (5, 5), 0)


def texture(width: int, height: int, seed: int, grain: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), grain)
    return soft / soft.std()


def draw_scene(count: int = 24, pan_px: float = 1.0, still: bool = False, seed: int = 1) -> Scene:
    ground = np.clip(texture(WIDTH + 80, HEIGHT, seed) * 25 + (70, 120, 80), 0, 255)
    rock = np.zeros(ground.shape[:2], np.uint8)
    cv2.ellipse(rock, (120, 122), (22, 15), 0, 0, 360, 1, -1)
    grain = texture(WIDTH + 80, HEIGHT, seed + 1, 3.0) * 12
    ground = np.where(rock[..., None] > 0, np.clip(ROCK + grain, 0, 255), ground)
    skin = np.clip(texture(48, 64, seed + 2, 3.0) * 14 + SPRITE, 0, 255)
    shape = np.zeros((64, 48), np.uint8)
    cv2.ellipse(shape, (24, 20), (14, 16), 0, 0, 360, 1, -1)
    cv2.rectangle(shape, (12, 30), (36, 62), 1, -1)
    frames, masks, rocks = [], [], []
    for number in range(count):
        left = round(pan_px * number)
        frame = ground[:, left : left + WIDTH].copy()
        x = 60 if still else 8 + round((WIDTH - 64) * number / max(1, count - 1))
        y = 30 + round(6 * np.sin(number / 2))
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[y : y + 64, x : x + 48] = shape > 0
        frame[y : y + 64, x : x + 48][shape > 0] = skin[shape > 0]
        noise = np.random.default_rng(100 + number).normal(0, 1.5, frame.shape)
        frames.append(np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8))
        masks.append(mask)
        rocks.append((rock[:, left : left + WIDTH] > 0) & ~mask)
    return Scene(frames, masks, rocks)


@pytest.fixture(scope="session")
def scene() -> Scene:
    return draw_scene(16)


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return draw_scene


@pytest.fixture
def reddish() -> Reddish:
    return Reddish()


@pytest.fixture(scope="session")
def overlap() -> Callable[[np.ndarray, np.ndarray], float]:
    return intersection_over_union


def intersection_over_union(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.count_nonzero(first & second) / max(1, np.count_nonzero(first | second)))
