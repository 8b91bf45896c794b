import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.geometry.carry import Eyes, carry, other, source_map
from multiplane.geometry.equirect import directions, pixels_of, rotation_of

STRAIGHT = Eyes(np.eye(3), np.eye(3))
TURNED = Eyes(rotation_of(0.4, 0.2, -1), rotation_of(-0.3, 0.1, 1.2))


def blob(size, x, y, r):
    rows, columns = np.mgrid[:size, :size]
    return np.clip(r - np.hypot(columns - x, rows - y), 0, 1).astype(np.float32)


@settings(deadline=None, max_examples=15)
@given(st.floats(0, 127), st.floats(0, 127), st.floats(2, 60), st.sampled_from(["left", "right"]))
def test_without_disparity_everything_stays(x, y, r, to):
    alpha = blob(128, x, y, r)
    assert np.abs(carry(alpha, STRAIGHT, np.zeros(3), to) - alpha).max() < 1e-3
    mask = alpha >= 0.5
    assert np.array_equal(carry(mask, STRAIGHT, np.zeros(3), to), mask)
    picture = np.rint(alpha[..., None] * [255, 90, 10]).astype(np.uint8)
    assert np.array_equal(carry(picture, STRAIGHT, np.zeros(3), to), picture)


@settings(deadline=None, max_examples=15)
@given(
    st.floats(60, 195), st.floats(80, 175), st.floats(12, 40),
    st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02), st.floats(0, 0.12)),
    st.sampled_from(["left", "right"]), st.booleans(),
)  # fmt: skip
def test_somebody_goes_to_the_other_eye_and_comes_back(x, y, r, normal, to, turned):
    eyes = TURNED if turned else STRAIGHT
    alpha = blob(256, x, y, r)
    there = carry(alpha, eyes, np.array(normal), to)
    back = carry(there, eyes, np.array(normal), other(to))
    overlap = np.minimum(back, alpha).sum() / np.maximum(back, alpha).sum()
    assert overlap > 1 - 1.5 / r


@pytest.mark.parametrize("eyes", [STRAIGHT, TURNED])
@pytest.mark.parametrize("to", ["left", "right"])
@pytest.mark.parametrize("size", [200, 1100, (300, 180)])
def test_what_is_drawn_out_between_grid_points_is_exact(eyes, to, size):
    width, height = (size, size) if isinstance(size, int) else size
    normal = np.array([0.03, -0.01, 0.09])
    x, y = source_map((width, height), (0, 0, width, height), eyes, normal, to)
    exact = pixels_of(eyes.across(directions(size), normal, other(to)), size)
    inside = (exact[0] > 1) & (exact[0] < width - 2)
    assert np.abs(x - exact[0])[inside].max() < 0.05
    assert np.abs(y - exact[1])[inside].max() < 0.05


def test_a_box_of_the_map_is_that_part_of_it():
    normal = np.array([0, 0, 0.1])
    whole = source_map((256, 256), (0, 0, 256, 256), STRAIGHT, normal, "right")
    part = source_map((256, 256), (33, 17, 150, 251), STRAIGHT, normal, "right")
    for a, b in zip(whole, part, strict=True):
        assert np.array_equal(a[17:251, 33:150], b)


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.float32])
def test_only_the_box_is_worked_on_and_nothing_is_missed(kind):
    rng = np.random.default_rng(4)
    for _ in range(6):
        x, y = rng.uniform(10, 190, 2)
        picture = np.asarray(blob(200, x, y, 14) * (1 if kind is not np.uint8 else 255), kind)
        small = carry(picture, TURNED, np.array([0.01, 0, 0.1]), "right")
        # one lit pixel in each corner has the whole picture worked on
        whole = picture.copy()
        whole[0, 0] = whole[-1, -1] = whole[0, -1] = whole[-1, 0] = picture.max()
        large = carry(whole, TURNED, np.array([0.01, 0, 0.1]), "right")
        inner = slice(24, -24)
        assert np.array_equal(small[inner, inner], large[inner, inner])
        assert small.dtype == kind


def test_nobody_stays_nobody():
    nobody = np.zeros((64, 64), np.bool_)
    assert not carry(nobody, STRAIGHT, np.array([0, 0, 0.1]), "right").any()
