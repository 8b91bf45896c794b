"""What the check says of a whole way through the stages, on flat cel backgrounds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.motion.camera import still_path
from multiplane.restore.check.look import Finished, look_at
from multiplane.restore.inpaint.run import inpaint
from multiplane.restore.plate.hole import grow
from multiplane.restore.plate.run import plates

COUNT, DAMAGED = 8, 4


@pytest.fixture(scope="module")
def flat() -> tuple[list[Frame], list[Mask]]:
    """A red disc before a sky of one colour, over a strip of texture."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 320, 3), dtype=np.uint8)
    frames, masks = [], []
    for index in range(COUNT):
        frame = np.full((180, 320, 3), (120, 170, 220), np.uint8)
        frame[140:] = cv2.GaussianBlur(noise, (0, 0), 2)
        mask = np.zeros((180, 320), np.uint8)
        cv2.circle(mask, (60 + 25 * index, 80), 25, 1, -1)
        frame[mask > 0] = (230, 40, 40)
        frames.append(frame)
        masks.append(mask > 0)
    return frames, masks


@pytest.fixture(scope="module")
def rows(flat: tuple[list[Frame], list[Mask]]) -> list[dict[str, object]]:
    frames, masks = flat
    camera = still_path(COUNT)
    made = list(plates(frames, masks, None, camera))
    seen = [p.plate.copy() for p in made], [p.unseen for p in made]
    seen[0][DAMAGED][150:175, 10:60] ^= 255
    holes = [p.hole for p in made]
    done = inpaint(frames, masks, None, camera, seen, holes)
    return [
        dict(look_at(Finished(frame, one.background, one.mask, one.fills)))
        for frame, one in zip(frames, done, strict=True)
    ]


def test_coverage_is_that_of_the_grown_mask_though_nothing_changes_there(
    flat: tuple[list[Frame], list[Mask]], rows: list[dict[str, object]]
) -> None:
    for mask, row in zip(flat[1], rows, strict=True):
        assert row["coverage_after"] == round(float(grow(mask, 20).mean()), 5)


def test_a_plate_that_is_damaged_outside_of_the_hole_is_caught(
    rows: list[dict[str, object]],
) -> None:
    assert [row["outside_identical"] for row in rows] == [n != DAMAGED for n in range(COUNT)]
