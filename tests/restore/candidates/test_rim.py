from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_damage import PLASTER, brush_strokes, draw_damage, plaster_wall

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import grow
from multiplane.media.images import read_frame
from multiplane.restore.candidates.bands import ROWS_PX
from multiplane.restore.candidates.rim import rim_px

MEDIA = Path(__file__).parents[4] / "shared" / "media"


def shrunk(mask: Mask, px: int) -> Mask:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    return np.asarray(cv2.erode(mask.view(np.uint8), kernel)).view(np.bool_)


def sharp(frame: Frame, seed: int) -> tuple[Frame, Mask]:
    """Losses with hard borders."""
    _, mask, _ = draw_damage(frame, seed=seed, cracks=0, stains=0)
    damaged = frame.copy()
    damaged[mask] = PLASTER
    return damaged, mask


@pytest.fixture(scope="module", params=["wall", "strokes"])
def painting(request: pytest.FixtureRequest) -> Frame:
    return {"wall": plaster_wall, "strokes": brush_strokes}[request.param]((300, 400))


@pytest.mark.parametrize("px", range(5))
@pytest.mark.parametrize("seed", [1, 4])
def test_the_width_of_what_a_mask_misses(painting: Frame, px: int, seed: int) -> None:
    damaged, mask = sharp(painting, seed)
    assert abs(rim_px(damaged, shrunk(mask, px)) - px) <= (px > 0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_masks_that_cover_their_damage_or_more_miss_nothing(painting: Frame, seed: int) -> None:
    damaged, mask = sharp(painting, seed)
    for px in range(4):
        wide = cv2.dilate(mask.view(np.uint8), np.ones((2 * px + 1,) * 2, np.uint8))
        assert rim_px(damaged, wide.view(np.bool_)) == 0
    assert rim_px(painting, mask) == 0, "what is marked is not damaged"


def test_16_bits_and_bands_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged, mask = sharp(plaster_wall((600, 200)), 2)
    small = shrunk(mask, 2)
    assert rim_px(damaged, small) == rim_px(damaged.astype(np.uint16) * np.uint16(257), small)
    monkeypatch.setattr("multiplane.restore.candidates.bands.ROWS_PX", ROWS_PX // 100)
    assert rim_px(damaged, small) == 2


@pytest.mark.parametrize(
    "mask",
    [np.zeros((40, 40), np.bool_), np.ones((40, 40), np.bool_), np.eye(40, dtype=np.bool_)],
    ids=["empty", "full", "hairline"],
)
def test_where_nothing_can_be_told(mask: Mask) -> None:
    assert rim_px(np.full((40, 40, 3), 90, np.uint8), mask) == 0


@pytest.mark.skipif(not MEDIA.is_dir(), reason="no shared media")
def test_real_pictures() -> None:
    """Drawn losses fade out over a pixel beyond what is marked."""
    told = {"soft": 0, "sharp": 0, "missed": 0, "too wide": 0}
    for name in ("starry_night.jpg", "fruits.jpg", "astronaut.png"):
        frame = read_frame(MEDIA / name)
        for seed in range(3):
            soft, marked, _ = draw_damage(frame, seed=seed, stains=0)
            damaged, mask = sharp(frame, seed)
            told["soft"] += rim_px(soft, marked) == 1
            told["sharp"] += rim_px(damaged, mask) > 0
            told["missed"] += abs(rim_px(damaged, shrunk(mask, 2)) - 2) <= 1
            told["too wide"] += rim_px(soft, grow(marked, 2)) + rim_px(frame, marked) > 0
    assert told["soft"] >= 7
    assert told["sharp"] == told["too wide"] == 0
    assert told["missed"] >= 7
