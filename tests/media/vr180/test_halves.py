from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from multiplane.media.clip import open_clip
from multiplane.media.vr180.halves import Halves, alikeness
from multiplane.media.vr180.layout import ALIKE

MEDIA = Path(__file__).resolve().parents[3] / "../shared/media"
PAIRS = [("aloeL.jpg", "aloeR.jpg"), ("motorcycle_left.png", "motorcycle_right.png")]


def blobs(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 255, (20, 20, 3), np.uint8)
    return cv2.resize(noise, (200, 160), interpolation=cv2.INTER_NEAREST)


def test_the_same_scene_from_aside_is_alike() -> None:
    assert alikeness(blobs(1), blobs(1)) > 0.999
    assert alikeness(blobs(1), np.roll(blobs(1), (2, 9), axis=(0, 1))) > 0.6
    darker = (blobs(1) * 0.6 + 10).astype(np.uint8)
    assert alikeness(blobs(1), darker) > 0.95


def test_other_scenes_are_not() -> None:
    assert max(alikeness(blobs(1), blobs(seed)) for seed in range(2, 12)) < ALIKE


def test_one_colour_tells_nothing() -> None:
    assert alikeness(np.full((9, 9, 3), 80, np.uint8), blobs(1)) == 0.0


def test_sky_above_and_ground_below_are_not_enough() -> None:
    fade = np.repeat(np.linspace(250, 20, 160)[:, None], 200, 1)
    pictures = [np.clip(fade[..., None] + blobs(s) * 0.2, 0, 255).astype(np.uint8) for s in (1, 2)]
    assert alikeness(*pictures) < ALIKE


def test_halves_of_a_clip(make_clip) -> None:
    halves = Halves(open_clip(make_clip(times=3)))
    assert halves.alike("mono") == 1.0
    assert 0.0 <= halves.alike("sbs") <= 1.0
    halves._look(np.zeros((1, 1, 3), np.uint8), {})


@pytest.mark.skipif(not MEDIA.exists(), reason="needs the shared media")
def test_real_stereo_pairs_are_told_from_real_pictures() -> None:
    def read(name: str) -> np.ndarray:
        picture = cv2.imread(str(MEDIA / name))
        return np.ascontiguousarray(picture[..., ::-1])

    assert min(alikeness(read(left), read(right)) for left, right in PAIRS) > 1.4 * ALIKE
    for name in ("astronaut.png", "truck.jpg", "coffee.png", "fruits.jpg", "groceries.jpg"):
        picture = read(name)
        middle = picture.shape[1] // 2
        assert alikeness(picture[:, :middle], picture[:, middle:]) < 0.6 * ALIKE
