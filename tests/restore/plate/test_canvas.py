import numpy as np

from multiplane.restore.plate.canvas import canvas_round, enlarge, shrink


def test_holds_the_boxes_of_all_frames_with_their_margin():
    moved = np.array([[1, 0, 100.0], [0, 1, 0], [0, 0, 1]])
    boxes = [(np.eye(3), (10, 10, 30, 40)), (moved, (10, 10, 30, 40))]
    canvas = canvas_round(boxes, (200, 100), 5, 1_000_000)
    assert canvas.scale == 1.0
    assert canvas.size == (130, 40)
    np.testing.assert_array_equal(canvas.from_reference[:2, 2], [-5, -5])


def test_stays_within_its_limit_however_far_the_camera_goes():
    far = np.array([[1, 0, 1e7], [0, 1, 0], [0, 0, 1.0]])
    boxes = [(np.eye(3), (0, 0, 100, 100)), (far, (0, 0, 100, 100))]
    canvas = canvas_round(boxes, (200, 100), 5, 20_000)
    assert canvas.size[0] * canvas.size[1] < 25_000
    assert (1 / canvas.scale).is_integer()


def test_no_box_no_canvas():
    assert canvas_round([], (200, 100), 5, 20_000) is None


def test_a_still_picture_meets_the_grid_exactly():
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    canvas = canvas_round([(np.eye(3), (31, 17, 161, 201))], (320, 240), 0, 1_000_000)
    small = shrink(picture, canvas.scale)
    laid = canvas.lay(small, enlarge((160, 120), (320, 240)))
    x, y = (int(-v) for v in canvas.from_reference[:2, 2] + [0.25, 0.25])
    np.testing.assert_array_equal(laid[:90, :60], small[y : y + 90, x : x + 60])


def test_enlarging_keeps_centres():
    corner = enlarge((50, 25), (100, 50)) @ [0, 0, 1]
    np.testing.assert_array_equal(corner, [0.5, 0.5, 1])
