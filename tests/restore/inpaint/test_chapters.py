from __future__ import annotations

import numpy as np
import pytest

from multiplane.motion.camera import CameraPath, still_path
from multiplane.restore.inpaint.chapters import divide, find_holes, magnification
from multiplane.restore.inpaint.crops import Box

SIZE = (320, 240)


def path(matrices: list[np.ndarray]) -> CameraPath:
    return CameraPath(matrices, 0, [100] * len(matrices), [0.1] * len(matrices))


def pan(count: int, step: float) -> CameraPath:
    return path([np.array([[1, 0, step * n], [0, 1, 0], [0, 0, 1.0]]) for n in range(count)])


def test_a_still_camera_needs_one_sheet_without_resampling() -> None:
    holes = {n: Box(50 + n, 60, 100 + n, 120) for n in range(10)}
    (chapter,) = divide(holes, still_path(10), SIZE, 20, 1e6)
    assert chapter.frames == tuple(range(10))
    assert chapter.scale == 1.0
    assert chapter.size == (50 + 9 + 40, 60 + 40)
    for matrix in chapter.to_sheet.values():
        assert np.array_equal(matrix, [[1, 0, -30], [0, 1, -40], [0, 0, 1]])


def test_a_camera_that_travels_far_gets_several() -> None:
    holes = {n: Box(100, 60, 160, 120) for n in range(40)}
    chapters = divide(holes, pan(40, 20.0), SIZE, 16, 30_000)
    assert len(chapters) > 2
    assert sorted(n for c in chapters for n in c.frames) == list(range(40))
    for chapter in chapters:
        assert chapter.size[0] * chapter.size[1] <= 30_000 * 1.02
        assert chapter.scale == 1.0


def test_every_hole_lies_on_its_sheet() -> None:
    holes = {n: Box(10 * n, 60, 10 * n + 50, 120) for n in range(12)}
    for chapter in divide(holes, pan(12, -7.3), SIZE, 16, 1e6):
        for n in chapter.frames:
            box = holes[n]
            for x, y in ((box.x0, box.y0), (box.x1, box.y1)):
                u, v, w = chapter.to_sheet[n] @ [x, y, 1.0]
                assert 0 <= u / w <= chapter.size[0]
                assert 0 <= v / w <= chapter.size[1]


def test_a_long_pan_is_divided_before_frames_fall_off_the_sheet() -> None:
    holes = {n: Box(100, 60, 160, 120) for n in range(100)}
    camera = pan(100, 40.0)
    chapters = divide(holes, camera, SIZE, 16, 1e6)
    for chapter in chapters:
        assert chapter.scale == 1.0
        for n in chapter.frames:
            left, right = (chapter.to_sheet[n] @ [x, 90, 1.0] for x in (100, 160))
            assert 0 <= left[0] <= right[0] <= chapter.size[0]
    assert len(chapters) < 10


def test_a_frame_that_asks_for_too_much_gets_a_coarser_sheet() -> None:
    (chapter,) = divide({0: Box(0, 0, 320, 240)}, still_path(1), SIZE, 20, 19_200)
    assert chapter.scale == pytest.approx(0.5)
    assert chapter.size == (160, 120)


def test_a_camera_that_comes_nearer_is_drawn_finer() -> None:
    near = np.diag([0.5, 0.5, 1.0])  # the second frame shows things at twice the size
    camera = CameraPath([np.eye(3), near], 0, [9, 9], [0.0, 0.0])
    holes = {0: Box(40, 40, 60, 60), 1: Box(80, 80, 120, 120)}
    (chapter,) = divide(holes, camera, SIZE, 16, 1e6)
    finest = max(1 / magnification(np.linalg.inv(chapter.to_sheet[n]), holes[n]) for n in holes)
    assert finest >= 1.99


def test_magnification_of_a_zoom() -> None:
    assert magnification(np.diag([3.0, 3.0, 1.0]), Box(0, 0, 9, 9)) == pytest.approx(3.0)


def test_frames_without_a_hole_have_no_box() -> None:
    mask = np.zeros((20, 30), np.bool_)
    other = mask.copy()
    other[3:5, 7:9] = True
    assert find_holes([(0, mask), (4, other)]) == {4: Box(7, 3, 9, 5)}
