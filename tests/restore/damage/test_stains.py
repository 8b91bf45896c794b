from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_damage import brush_strokes, plaster_wall

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.stains import find_stains

ROWS, COLUMNS = np.mgrid[:300, :400]
DISK = np.hypot(COLUMNS - 150, 1.2 * (ROWS - 120)) < 55


def veiled(frame: Frame, tint: tuple[float, ...] = (0.8, 0.7, 0.5), soft_px: float = 6.0) -> Frame:
    share = DISK.astype(np.float32)
    if soft_px:
        share = cv2.GaussianBlur(share, (0, 0), soft_px)
    return np.rint(frame * (1 - share[..., None] * (1 - np.float32(tint)))).astype(np.uint8)


def iou(found: Mask, true: Mask) -> float:
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize(
    ("ground", "tint", "least"),
    [
        (plaster_wall, (0.8, 0.7, 0.5), 0.8),
        (plaster_wall, (0.65, 0.65, 0.65), 0.8),
        (brush_strokes, (0.8, 0.7, 0.5), 0.6),
    ],
)
def test_brown_and_grey_veils_are_found(ground, tint: tuple[float, ...], least: float) -> None:
    assert iou(find_stains(veiled(ground(), tint), DamageOptions()), DISK) > least


def test_a_thing_with_an_outline_is_none() -> None:
    assert not find_stains(veiled(plaster_wall(), soft_px=0), DamageOptions()).any()


def test_light_and_blue_are_none() -> None:
    assert not find_stains(veiled(plaster_wall(), (1.2, 1.2, 1.3)), DamageOptions()).any()
    assert not find_stains(veiled(plaster_wall(), (0.4, 0.6, 0.9)), DamageOptions()).any()


def test_faint_and_small_ones_need_more_sensitivity_or_less_share() -> None:
    faint = veiled(plaster_wall(), (0.88, 0.8, 0.7))
    assert not find_stains(faint, DamageOptions(stain_sensitivity=0.2)).any()
    assert iou(find_stains(faint, DamageOptions(stain_sensitivity=0.7)), DISK) > 0.7
    assert not find_stains(veiled(plaster_wall()), DamageOptions(stain_min_share=0.2)).any()


def test_other_damage_says_nothing_about_stains() -> None:
    frame = veiled(plaster_wall())
    crack = np.zeros(DISK.shape, np.bool_)
    crack[118:122, 60:250] = True
    loss = np.hypot(COLUMNS - 190, ROWS - 110) < 12
    frame[crack], frame[loss] = 10, 240
    found = find_stains(frame, DamageOptions(), crack | loss)
    assert iou(found, DISK) > 0.8


@pytest.mark.parametrize("shape", [(1, 1), (16, 200), (17, 17), (40, 3)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert find_stains(frame, DamageOptions()).shape == shape
