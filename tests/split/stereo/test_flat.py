from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.geometry.plane import Plane
from multiplane.split.stereo.flat import FlatPair

W, H = 200, 120


def pair(near_px: float = 12.0, lean: float = 0.0) -> tuple[Frame, Frame, Mask, Mask]:
    """Somebody before a wall at infinity, further left in the right eye; ``lean`` px a 100 rows."""
    rng = np.random.default_rng(4)
    wall, coat = (
        cv2.GaussianBlur(rng.integers(0, 255, (H, W, 3)).astype(np.uint8), (0, 0), 1.5)
        for _ in range(2)
    )
    person = np.zeros((H, W), np.uint8)
    cv2.ellipse(person, (110, 60), (18, 45), 0, 0, 360, 255, -1)
    rows, columns = np.mgrid[:H, :W].astype(np.float32)
    away = columns + near_px + lean * (rows - 60) / 100
    right_person = cv2.remap(person, away, rows, cv2.INTER_LINEAR) >= 128
    right_coat = cv2.remap(coat, away, rows, cv2.INTER_LINEAR)
    left = np.where(person[..., None] > 0, coat, wall)
    return left, np.where(right_person[..., None], right_coat, wall), person > 0, right_person


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("lean", [0.0, 4.0])
def test_the_plane_carries_a_person_over(side: str, lean: float) -> None:
    left, right, one, other = pair(lean=lean)
    eyes = FlatPair((W, H))
    plane = eyes.plane(left, right, one if side == "left" else other, side)  # type: ignore[arg-type]
    assert plane is not None
    assert plane.agreeing > 0.6
    there, back = eyes.transfer(one, plane, "right"), eyes.transfer(other, plane, "left")
    for carried, truth in ((there, other), (back, one)):
        assert (carried & truth).sum() / (carried | truth).sum() > 0.95


def test_pictures_of_any_kind_and_size_are_carried() -> None:
    plane = Plane((0.0, 0.0, 0.1))  # a tenth of the width
    eyes = FlatPair((W, H))
    picture = np.zeros((20, 50, 3), np.uint8)
    picture[:, 30] = 200
    moved = eyes.transfer(picture, plane, "right")
    assert moved.dtype == np.uint8
    assert set(np.flatnonzero(moved[0, :, 0])) == {25}
    assert np.array_equal(eyes.transfer(moved, plane, "left"), picture)
    alpha = np.ones((20, 50), np.float32)
    assert eyes.transfer(alpha, plane, "right")[:, -4:].max() == 0  # the left eye ends there


def test_nothing_is_said_where_nothing_tells() -> None:
    left, right, one, _ = pair()
    eyes = FlatPair((W, H))
    assert eyes.plane(left, right, np.zeros_like(one)) is None
    few = np.zeros_like(one)
    few[60, 110:114] = True
    assert eyes.plane(left, right, few) is None
    noise = np.random.default_rng(9).integers(0, 255, left.shape).astype(np.uint8)
    assert eyes.plane(left, noise, one) is None
