from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.media.vr180.fisheye import Circle, PixelMap, from_circle, rescaled, to_circle


def source_of(found: PixelMap, row: int, column: int) -> tuple[float, float]:
    """Where a pixel comes from, in pixels."""
    part = int(found.parts[row, column])
    x, y = found.places[row, column].tolist()
    return x + part % 32 / 32, y + part // 32 / 32


@pytest.mark.parametrize(
    ("a", "b", "lon_deg", "lat_deg"),
    [(0, 0, 0, 0), (0.5, 0, 45, 0), (-0.5, 0, -45, 0), (0, 0.5, 0, -45), (0, -1, 0, 90)],
)
def test_angles_grow_with_the_radius(a: float, b: float, lon_deg: float, lat_deg: float) -> None:
    """Of 180 degrees: pixels next to points that are known."""
    side = 400
    found = to_circle(Circle(side, side / 2, 180.0), (360, 360))
    column, row = (min(round((v + 1) * side / 2 - 0.5), side - 1) for v in (a, b))
    x, y = source_of(found, max(row, 0), column)
    lon, lat = (x + 0.5) / 360 * 180 - 90, 90 - (y + 0.5) / 360 * 180
    assert lat == pytest.approx(lat_deg, abs=0.5)
    if abs(lat_deg) < 80:
        assert lon == pytest.approx(lon_deg, abs=0.5)


@given(
    st.integers(20, 90),
    st.floats(100, 220),
    st.tuples(st.integers(8, 90), st.integers(8, 90)),
    st.data(),
)
def test_the_map_is_that_of_the_formula(side, fov_deg, size, data) -> None:
    found = to_circle(Circle(side, side / 2, fov_deg), size)
    row, column = (data.draw(st.integers(0, side - 1)) for _ in range(2))
    a, b = ((v + 0.5) / (side / 2) - 1 for v in (column, row))
    r = math.hypot(a, b)
    angle = r * math.radians(fov_deg / 2)
    if abs(r - 1) < 1e-6 or abs(angle - math.pi / 2) < 1e-3:
        return
    x, y = source_of(found, row, column)
    if r > 1 or angle > math.pi / 2:
        assert (x, y) == (-1000, -1000)
        return
    lat = math.asin(max(-1, min(1, -b / r * math.sin(angle) if r else 0)))
    lon = math.atan2(a / r * math.sin(angle) if r else 0, math.cos(angle))
    assert y == pytest.approx((0.5 - lat / math.pi) * size[1] - 0.5, abs=0.04)
    if abs(lat) < 1.5:
        assert x == pytest.approx((lon / math.pi + 0.5) * size[0] - 0.5, abs=0.04)


def smooth(size: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float64)
    waves = np.sin(x / size[0] * 7) * np.cos(y / size[1] * 5)
    return np.round(127 + 100 * waves).astype(np.uint8)


def test_there_and_back() -> None:
    size, circle = (240, 200), Circle(300, 150.0, 190.0)
    picture = smooth(size)
    back = from_circle(circle, size).apply(to_circle(circle, size).apply(picture))
    inner = (slice(12, -12), slice(12, -12))
    assert np.abs(back.astype(int) - picture)[inner].max() <= 3


def test_nothing_lies_beyond_ninety_degrees() -> None:
    circle = Circle(380, 190.0, 190.0)
    found = to_circle(circle, (200, 200)).apply(np.full((200, 200), 255, np.uint8))
    off = np.arange(380) + 0.5 - 190
    degrees = np.hypot(off[:, None], off) / 190 * 95
    assert found[degrees > 90].max() == 0
    assert found[degrees < 89].min() == 255
    assert found[circle.inside() == 0].max() == 0


def test_a_narrow_circle_leaves_the_rest_black() -> None:
    back = from_circle(Circle(100, 50.0, 90.0), (180, 180)).apply(np.full((100, 100), 9, np.uint8))
    assert back[90, 40] == 0  # 50 degrees aside
    assert back[90, 50] == 9  # 40


def test_rescaled_keeps_the_middle_in_the_middle() -> None:
    small, large = Circle(42, 20.5, 190.0), Circle(103, 51.25, 190.0)
    off = np.arange(103) + 0.5 - 51.5
    blob = np.clip(255 - 6 * np.hypot(off[:, None], off), 0, 255).astype(np.uint8)
    found = rescaled(small, large).apply(blob).astype(float)
    np.testing.assert_array_equal(found, found[::-1, ::-1])
    weights = found / found.sum()
    assert (weights.sum(0) * np.arange(42)).sum() == pytest.approx(20.5)


def test_it_writes_into_a_part_of_a_frame() -> None:
    frame = np.full((60, 120, 3), 7, np.uint8)
    picture = np.full((40, 40, 3), 200, np.uint8)
    found = to_circle(Circle(60, 30.0, 180.0), (40, 40)).apply(picture, frame[:, 60:])
    assert np.shares_memory(found, frame)
    assert (frame[:, :60] == 7).all()
    assert (frame[30, 90] == 200).all()
    assert (frame[0, 60] == 0).all()
