import json

import cv2
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.motion.align import mean_shift
from multiplane.motion.camera import CameraPath, camera_path, read_camera, still_path

SIZE = (200, 150)


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(8)
    soft = cv2.GaussianBlur(rng.normal(size=(300, 700, 3)).astype(np.float32), (0, 0), 2.2)
    return np.clip(128 + 40 * soft / soft.std(), 0, 255).astype(np.uint8)


def pan(world, step_px, count):
    moves = [np.array([[1, 0, -20 - step_px * i], [0, 1, -30.0]]) for i in range(count)]
    return [cv2.warpAffine(world, m, SIZE, flags=cv2.INTER_CUBIC) for m in moves]


def test_follows_a_pan_and_refers_to_the_middle_frame(world):
    path = camera_path(pan(world, 2.3, 9))
    assert path.reference == 4
    assert not path.static
    np.testing.assert_array_equal(path.homographies[4], np.eye(3))
    truth = np.array([[1, 0, 2.3 * 8], [0, 1, 0], [0, 0, 1.0]])
    assert mean_shift(np.linalg.inv(truth) @ path.between(8, 0), SIZE) < 0.2
    assert all(registered(path))


def test_chains_through_neighbours_when_the_first_frame_is_left_behind(world):
    path = camera_path(pan(world, 16.5, 25))
    truth = np.array([[1, 0, 16.5 * 24], [0, 1, 0], [0, 0, 1.0]])
    assert all(registered(path))
    assert mean_shift(np.linalg.inv(truth) @ path.between(24, 0), SIZE) < 2.0


def test_a_still_camera_gives_exactly_identity_though_light_and_people_change(world):
    rng = np.random.default_rng(2)
    frames, ignores = [], []
    for i in range(5):
        base = world[:150, :200] * (1 + 0.02 * i) + rng.normal(0, 2, (150, 200, 3))
        base[40:90, 20 + 9 * i : 60 + 9 * i] = 200
        ignores.append(np.zeros((150, 200), bool))
        ignores[-1][35:95, 15 + 9 * i : 65 + 9 * i] = True
        frames.append(np.clip(base, 0, 255).astype(np.uint8))
    path = camera_path(frames, ignores)
    assert path.static
    for homography in path.homographies:
        np.testing.assert_array_equal(homography, np.eye(3))


def test_rest_after_a_move_is_exactly_still(world):
    frames = pan(world, 3.0, 4)
    path = camera_path([*frames, frames[-1], frames[-1]])
    np.testing.assert_array_equal(path.between(3, 5), np.eye(3))
    assert not np.array_equal(path.between(0, 5), np.eye(3))


def test_a_frame_that_fits_nowhere_is_marked_and_the_rest_goes_on(world):
    frames = pan(world, 3.0, 5)
    frames[2] = np.zeros_like(frames[2])
    path = camera_path(frames)
    assert registered(path) == [True, True, False, True, True]
    np.testing.assert_array_equal(path.homographies[2], path.homographies[1])


def registered(path):
    return [path.registered(i) for i in range(len(path))]


def test_what_goes_before_the_picture_does_not_cost_the_shot(world):
    frames = pan(world, 3.0, 8)
    truth = np.array([[1, 0, 3.0 * 4], [0, 1, 0], [0, 0, 1.0]])
    black = np.zeros_like(frames[0])
    path = camera_path([black, black, *frames[2:]])
    assert registered(path) == [False] * 2 + [True] * 6
    assert mean_shift(np.linalg.inv(truth) @ path.between(7, 3), SIZE) < 0.2
    np.testing.assert_array_equal(path.homographies[0], path.homographies[2])
    covered = [np.ones(frame.shape[:2], bool) for frame in frames[:1]]
    free = [np.zeros(frame.shape[:2], bool) for frame in frames[1:]]
    assert registered(camera_path(frames, [*covered, *free])) == [False] + [True] * 7


def test_a_fade_in_is_followed_from_where_it_can_be_seen(world):
    frames = [(f * min(1.0, i / 6)).astype(np.uint8) for i, f in enumerate(pan(world, 3.0, 14))]
    path = camera_path(frames)
    assert registered(path)[5:] == [True] * 9
    assert path.inliers[-1] > 200


def test_a_cut_that_was_missed_costs_the_shorter_side(world):
    other = np.ascontiguousarray(world[::-1, ::-1])
    path = camera_path([*pan(world, 3.0, 4), *pan(other, 3.0, 6)])
    assert registered(path) == [False] * 4 + [True] * 6
    assert path.reference == 7
    assert (
        registered(camera_path([*pan(world, 3.0, 6), *pan(other, 3.0, 4)]))
        == [True] * 6 + [False] * 4
    )


def test_a_few_things_that_move_over_a_flat_ground_say_nothing_of_the_camera():
    frames = []
    for i in range(5):
        frame = np.full((180, 320, 3), (120, 170, 220), np.uint8)
        for x, y in ((80, 40), (150, 90), (220, 60), (260, 140)):
            cv2.circle(frame, (x - 6 * i, y), 4, (60, 90, 120), -1, cv2.LINE_AA)
        frames.append(frame)
    path = camera_path(frames)
    assert not path.static
    assert registered(path) == [True] + [False] * 4
    resting = camera_path([frames[0]] * 3)
    assert resting.static
    assert max(resting.inliers[1:]) < 60


def test_one_frame_and_a_flat_shot():
    flat = np.full((40, 50, 3), 77, np.uint8)
    assert len(camera_path([flat])) == 1
    assert camera_path([flat, flat, flat]).static


def test_goes_through_json_unchanged(world):
    path = camera_path(pan(world, 2.0, 3))
    again = CameraPath.from_json(json.loads(json.dumps(path.to_json())))
    assert again.reference == path.reference
    for first, second in zip(again.homographies, path.homographies, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("key", "value"),
    [("homographies", [[0.0] * 9]), ("inliers", []), ("reference", 4), ("reference", "x")],
)
def test_refuses_a_damaged_path(key, value):
    code = still_path(1).to_json()
    code[key] = value
    with pytest.raises(InputError, match="not a camera path") as caught:
        CameraPath.from_json(code)
    assert "delete the file" in caught.value.fix


def test_refuses_no_frames_other_sizes_and_too_few_masks(world):
    frame = np.ascontiguousarray(world[:60, :80])
    with pytest.raises(InputError, match="without frames"):
        camera_path([])
    with pytest.raises(InputError, match="the shot 80x60") as caught:
        camera_path([frame, frame[:50]])
    assert "split shots" in caught.value.fix
    with pytest.raises(InputError, match="fewer masks"):
        camera_path([frame, frame], [np.zeros((60, 80), bool)])


def test_refuses_a_camera_file_that_is_none(tmp_path):
    path = tmp_path / "camera.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="not JSON") as caught:
        read_camera(path)
    assert "delete" in caught.value.fix
