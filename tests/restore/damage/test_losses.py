from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_damage import brush_strokes, plaster_wall

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.losses import find_losses

ROWS, COLUMNS = np.mgrid[:300, :400]
BLOB = np.hypot(COLUMNS - 150, 1.3 * (ROWS - 120)) < 40


def with_blob(frame: Frame, colour: tuple[int, int, int], blob: Mask = BLOB) -> Frame:
    damaged = frame.copy()
    damaged[blob] = colour
    return damaged


def iou(found: Mask, true: Mask) -> float:
    return float((found & true).sum() / (found | true).sum())


@pytest.mark.parametrize("colour", [(225, 215, 200), (12, 12, 14)])
def test_plaster_and_soot_are_found_to_their_edges(colour: tuple[int, int, int]) -> None:
    for ground in (plaster_wall(), brush_strokes()):
        assert iou(find_losses(with_blob(ground, colour), DamageOptions()), BLOB) > 0.95


def test_they_are_found_in_a_picture_that_is_a_little_soft() -> None:
    sharp = with_blob(brush_strokes(), (225, 215, 200))
    soft = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 1.0), np.uint8)
    assert iou(find_losses(soft, DamageOptions()), BLOB) > 0.9


def test_other_colours_where_they_are_asked_for() -> None:
    frame = with_blob(brush_strokes(), (150, 60, 40))
    assert not find_losses(frame, DamageOptions()).any()
    assert iou(find_losses(frame, DamageOptions(loss_colours="any")), BLOB) > 0.9


def test_what_has_the_colour_of_its_surroundings_is_none() -> None:
    light = np.full((300, 400, 3), (225, 215, 200), np.uint8)
    light[BLOB] -= 30
    assert not find_losses(light, DamageOptions()).any()
    assert iou(find_losses(light, DamageOptions(loss_sensitivity=1.0)), BLOB) > 0.9


def test_small_ones_and_margins_are_left_out() -> None:
    frame = with_blob(plaster_wall(), (225, 215, 200), np.hypot(COLUMNS - 9, ROWS - 90) < 5)
    assert not find_losses(frame, DamageOptions()).any()
    assert find_losses(frame, DamageOptions(loss_min_area_px=30))[90, 9]
    framed = plaster_wall()
    framed[:12] = framed[:, :9] = 255
    assert not find_losses(framed, DamageOptions()).any()


def test_one_at_the_edge_of_the_picture_counts() -> None:
    blob = np.hypot(COLUMNS - 150, ROWS - 34) < 40
    frame = with_blob(brush_strokes(), (225, 215, 200), blob)
    assert iou(find_losses(frame, DamageOptions()), blob) > 0.9


def test_large_pictures_are_looked_at_small_and_answered_in_full() -> None:
    size = (1640, 1230)
    ground = cv2.resize(brush_strokes(), size, interpolation=cv2.INTER_CUBIC)
    blob = cv2.resize(BLOB.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR) > 0
    found = find_losses(with_blob(ground, (225, 215, 200), blob), DamageOptions())
    assert found.shape == blob.shape
    assert iou(found, blob) > 0.97
    nothing = find_losses(ground, DamageOptions())
    assert nothing.shape == blob.shape
    assert not nothing.any()


@pytest.mark.parametrize("shape", [(1, 1), (4, 200), (30, 3)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    assert not find_losses(np.full((*shape, 3), 230, np.uint8), DamageOptions()).any()
