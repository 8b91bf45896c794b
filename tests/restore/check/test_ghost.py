from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.check.ghost import ghost


def texture(seed: int, sigma: float = 1.5, strength: float = 25.0) -> Frame:
    noise = np.random.default_rng(seed).normal(size=(120, 160, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), sigma)
    return np.clip(120 + strength * soft / soft.std(), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def parts() -> tuple[Frame, Frame, Mask]:
    """Frame, background, mask."""
    background, mask = texture(1), np.zeros((120, 160), np.bool_)
    mask[20:100, 40:110] = True
    character = texture(2) // 2 + np.array([80, 20, 0], np.uint8)
    return np.where(mask[..., None], character, background).astype(np.uint8), background, mask


@pytest.mark.parametrize("opacity", [0.3, 0.5, 0.8])
def test_a_ghost_is_as_strong_as_it_is_opaque(
    parts: tuple[Frame, Frame, Mask], opacity: float
) -> None:
    frame, background, mask = parts
    shining = cv2.addWeighted(frame, opacity, background, 1 - opacity, 0)
    assert ghost(frame, shining, mask) == pytest.approx(opacity, abs=0.15)


def test_other_texture_is_none(parts: tuple[Frame, Frame, Mask]) -> None:
    frame, background, mask = parts
    assert ghost(frame, background, mask) < 0.02
    for seed in range(3, 9):
        assert ghost(frame, texture(seed, 2.5, 40.0), mask) < 0.06


def test_background_that_a_mask_took_along_is_none(parts: tuple[Frame, Frame, Mask]) -> None:
    frame, background, mask = parts
    box = np.zeros_like(mask)
    box[5:115, 5:155] = True
    assert ghost(frame, background, box) < 0.06
    assert ghost(background, background, box) == 0.0


def test_where_there_is_hardly_anything_nothing_is_said(
    parts: tuple[Frame, Frame, Mask],
) -> None:
    frame, background, mask = parts
    small = np.zeros_like(mask)
    small[50:60, 50:60] = True
    assert ghost(frame, background, small) == 0.0
    assert ghost(frame, background, np.zeros_like(mask)) == 0.0
