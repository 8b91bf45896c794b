from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest


@dataclass
class Drawn:
    """A soft blob over a textured background, with everything known."""

    frame: np.ndarray
    alpha: np.ndarray
    mask: np.ndarray
    colour: np.ndarray


def draw(shift: int = 0, size: tuple[int, int] = (96, 120)) -> Drawn:
    rng = np.random.default_rng(3)
    height, width = size
    back = cv2.resize(rng.integers(0, 110, (12, 15, 3), dtype=np.uint8), (width, height))
    front = cv2.resize(rng.integers(150, 256, (6, 8, 3), dtype=np.uint8), (width, height))
    alpha = np.zeros(size, np.float32)
    cv2.ellipse(alpha, (width // 2 + shift, height // 2), (34, 26), 20, 0, 360, 1.0, -1)
    cv2.line(alpha, (width // 2 + shift, 20), (width // 2 + 14 + shift, 4), 1.0, 3)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 1.6)
    alpha = np.clip(alpha, 0, 1).round(3).astype(np.float32)
    mixed = front * alpha[..., None] + back * (1 - alpha[..., None])
    return Drawn(np.rint(mixed).astype(np.uint8), alpha, alpha >= 0.5, front)


@pytest.fixture
def drawn() -> Drawn:
    return draw()


@pytest.fixture(scope="session")
def vitmatte_folder(tmp_path_factory) -> Path:
    """A tiny ViTMatte of random weights."""
    pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")
    pytest.importorskip("torchvision", reason="needs pip install 'multiplane[neural]'")
    from tiny_vitmatte import make_vitmatte  # noqa: PLC0415 - not without the extra

    return make_vitmatte(tmp_path_factory.mktemp("models") / "vitmatte")
