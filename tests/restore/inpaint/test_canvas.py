from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import grow
from multiplane.restore.inpaint.backend import open_inpainter
from multiplane.restore.inpaint.canvas import INVENTED, SEEN, Sheet, lay
from multiplane.restore.inpaint.config import OpenCvOptions, PatchMatchOptions
from multiplane.restore.inpaint.crops import Box


def moved(dx: float, dy: float) -> np.ndarray:
    return np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1.0]])


@pytest.mark.parametrize("shift", [(0, 0), (5, -3), (-200, 0), (0, 90)])
def test_whole_pixel_shifts_are_copies(bricks: Frame, shift: tuple[int, int]) -> None:
    laid = lay(bricks, moved(*shift), (128, 96), cv2.INTER_CUBIC)
    expected = cv2.warpPerspective(bricks, moved(*shift), (128, 96), flags=cv2.INTER_NEAREST)
    assert np.array_equal(laid, expected)


def test_other_warps_are_interpolated(bricks: Frame) -> None:
    laid = lay(bricks, moved(0.5, 0), (128, 96), cv2.INTER_LINEAR)
    middle = (bricks[:, :-1].astype(float) + bricks[:, 1:]) / 2
    assert np.abs(laid[:, 1:] - middle).max() <= 1.5


def test_the_first_to_show_a_place_is_believed(bricks: Frame, blob: Mask) -> None:
    sheet = Sheet((128, 96))
    sheet.want(blob, np.eye(3))
    assert np.array_equal(sheet.missing, blob)
    shown = (~blob).view(np.uint8) * np.uint8(SEEN)
    sheet.add(bricks, shown, np.eye(3))
    assert np.array_equal(sheet.missing, blob)
    sheet.add(255 - bricks, np.full_like(shown, SEEN), np.eye(3))
    assert not sheet.missing.any()
    assert np.array_equal(sheet.picture[~blob], bricks[~blob])


def test_what_is_added_comes_in_the_light_of_what_is_there(bricks: Frame, blob: Mask) -> None:
    sheet = Sheet((128, 96))
    sheet.add(bricks, (~blob).view(np.uint8) * np.uint8(SEEN), np.eye(3))
    brighter = np.clip(bricks.astype(int) + 30, 0, 255).astype(np.uint8)
    sheet.add(brighter, np.full(blob.shape, SEEN, np.uint8), np.eye(3))
    assert np.abs(sheet.picture[blob].astype(int) - bricks[blob]).mean() < 3


def test_nothing_is_invented_from_what_is_not_known(bricks: Frame, blob: Mask) -> None:
    sheet = Sheet((128, 96))
    sheet.want(blob, np.eye(3))
    shown = ~grow(blob, 6)  # a rim that no frame lends
    sheet.add(bricks, shown.view(np.uint8) * np.uint8(SEEN), np.eye(3))
    sheet.invent(open_inpainter(PatchMatchOptions()), 32)
    assert sheet.picture[blob].min() > 30, "the black of an empty sheet has flowed in"


def test_what_nobody_shows_is_invented_once(bricks: Frame, blob: Mask) -> None:
    sheet = Sheet((128, 96))
    sheet.want(blob, np.eye(3))
    sheet.add(bricks, (~blob).view(np.uint8) * np.uint8(SEEN), np.eye(3))
    sheet.invent(open_inpainter(OpenCvOptions()), 32)
    assert (sheet.kinds[blob] == INVENTED).all()
    assert sum(i.area_px for i in sheet.inventions) == blob.sum()
    picture, kinds = sheet.look(moved(0, 0), Box(20, 10, 90, 80))
    assert np.array_equal(picture, sheet.picture[10:80, 20:90])
    assert np.array_equal(kinds, sheet.kinds[10:80, 20:90])
    sheet.invent(open_inpainter(OpenCvOptions()), 32)
    assert len(sheet.inventions) == 1


def test_beyond_the_sheet_there_is_nothing(bricks: Frame) -> None:
    sheet = Sheet((128, 96))
    sheet.add(bricks, np.ones((96, 128), np.uint8), np.eye(3))
    _, kinds = sheet.look(moved(500, 0), Box(0, 0, 50, 50))
    assert not kinds.any()
