"""A sprite that walks over a panned background with a rock on it, and an eye caught by both."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Walk:
    """A drawn shot, a list entry a frame.

    Attributes:
        frames: What the camera took; the lowest bit of blue is set where something is salient:
            the sprite always, the rock in every other frame.
        masks: Where the sprite is.
        rocks: Where the rock is, unless the sprite stands before it.
        empty: The same frames without sprite and rock, with nothing salient.
        stones: The same frames without the sprite; the rock is salient.
    """

    frames: list[np.ndarray]
    masks: list[np.ndarray]
    rocks: list[np.ndarray]
    empty: list[np.ndarray]
    stones: list[np.ndarray]


class Eye:
    """Salient is what the lowest bit of blue says, blurred; it is caught by the rock too."""

    def __init__(self) -> None:
        self.looks: list[tuple[int, ...]] = []

    def predict(self, frame: np.ndarray) -> np.ndarray:
        self.looks.append(frame.shape)
        caught = (frame[..., 2] & 1).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(caught, (0, 0), 2.0))


def oracle() -> ModuleType:
    path = ROOT / "benchmarks" / "oracle_scene.py"
    spec = importlib.util.spec_from_file_location("oracle_scene", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle_scene"] = module
    spec.loader.exec_module(module)
    return module


def mark(frame: np.ndarray, salient: np.ndarray) -> np.ndarray:
    marked = frame & np.array([255, 255, 254], np.uint8)
    marked[..., 2] |= salient.astype(np.uint8)
    return marked


def draw(width: int = 160, height: int = 120, frames: int = 10) -> Walk:
    maker = oracle()
    scene = maker.Scene(width=width, height=height, frames=frames, walk=0.8, pan_px=8.0)
    drawn = maker.draw(scene)
    masks = [alpha >= 0.5 for alpha in drawn.alphas]
    walk = Walk([], masks, [], [], [])
    nowhere = np.zeros((height, width), bool)
    away = drawn.world_to_frame[0]
    for index, camera in enumerate(drawn.world_to_frame):
        # Drawn in the first frame's pixels and laid on the others as the camera moves.
        stone = np.zeros((height, width), np.float32)
        cv2.ellipse(stone, (width // 4, height // 6), (20, 11), 0, 0, 360, 1.0, -1)
        stone = cv2.warpPerspective(stone, camera @ np.linalg.inv(away), (width, height))
        share = stone[..., None]
        bare = drawn.backgrounds[index] * (1 - share) + np.array([220.0, 90, 80]) * share
        share = share * (1 - drawn.alphas[index][..., None])
        frame = drawn.frames[index] * (1 - share) + np.array([220.0, 90, 80]) * share
        rock = (stone > 0.5) & ~drawn.masks[index]
        walk.rocks.append(rock)
        caught = masks[index] | (rock & (index % 2 == 0))
        walk.frames.append(mark(np.rint(frame).astype(np.uint8), caught))
        walk.stones.append(mark(np.rint(bare).astype(np.uint8), stone > 0.5))
        walk.empty.append(mark(drawn.backgrounds[index], nowhere))
    return walk


@pytest.fixture(scope="session")
def walk() -> Walk:
    return draw()


@pytest.fixture
def eye() -> Eye:
    return Eye()


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Eye:
    """The eye in the place of the network, wherever one would be loaded."""
    eye = Eye()
    for backend in ("salient", "combined"):
        name = f"multiplane.split.segment.backends.{backend}.load_predictor"
        monkeypatch.setattr(name, lambda options: eye)
    monkeypatch.setattr("multiplane.hub.weights.find", Path)
    return eye
