from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.media.vr180.packed import Packer, Unpacked

SIDES = st.integers(10, 130)


def off_middle(side: int) -> np.ndarray:
    off = np.arange(side) + 0.5 - side / 2
    return np.hypot(off[:, None], off)


def random_parts(packer: Packer, seed: int) -> Unpacked:
    """Anything at all within circles and disks."""
    noise = np.random.default_rng(seed)
    height, side = packer.size[1], packer.disk_px
    circle = off_middle(height) <= height / 2
    disk = off_middle(side) <= 0.2 * height
    eyes = [noise.integers(0, 256, (height, height, 3)) * circle[..., None] for _ in range(2)]
    alphas = [noise.integers(0, 256, (side, side)) * disk for _ in range(2)]
    return Unpacked(*(part.astype(np.uint8) for part in (*eyes, *alphas)))


@given(SIDES, st.integers(0, 99))
def test_packing_and_taking_out_is_exact(side: int, seed: int) -> None:
    packer = Packer((side, side))
    parts = random_parts(packer, seed)
    frame = packer.pack_fisheye(*parts)
    assert frame.shape == (side, 2 * side, 3)
    for got, wanted in zip(packer.unpack(frame), parts, strict=True):
        np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(packer.pack_fisheye(*packer.unpack(frame)), frame)


@given(SIDES, SIDES, SIDES, st.integers(0, 99))
@settings(max_examples=30)
def test_half_equirect_eyes_too(width: int, height: int, side: int, seed: int) -> None:
    packer = Packer((width, height), circle_px=side)
    noise = np.random.default_rng(seed)
    eyes = noise.integers(0, 256, (2, height, width, 3), np.uint8)
    alphas = noise.random((2, height, width), np.float32)
    frame = packer.pack(*eyes, *alphas)
    np.testing.assert_array_equal(packer.pack_fisheye(*packer.unpack(frame)), frame)
    used = packer.pack(*eyes, *alphas, out=np.full_like(frame, 99))
    np.testing.assert_array_equal(used, frame)


@given(SIDES)
def test_alpha_is_red_and_only_in_the_corners(side: int) -> None:
    packer = Packer((side, side))
    parts = random_parts(packer, 0)
    frame = packer.pack_fisheye(*(np.zeros_like(eye) for eye in parts[:2]), *parts[2:])
    assert frame[..., 1:].max() == 0
    circles = np.tile(off_middle(side) <= side / 2, 2)
    assert frame[circles].max() == 0
    lit = (parts.alpha_left > 0).sum() + (parts.alpha_right > 0).sum()
    assert (frame[..., 0] > 0).sum() == lit


def shader(frame: np.ndarray, u: float, v: float, right: bool) -> int:
    """What a player takes for the alpha at (u, v) of an eye's texture, nearest pixel.

    Written down from the players' own notes: which quadrant is where.
    """
    x, y = 0.4 + 0.2 * u, (0.8 + 0.4 * v) if v < 0.5 else (0.4 * v - 0.2)
    if right:
        x = 0.9 + 0.2 * u if u < 0.5 else 0.2 * (u - 0.5)
    height, width = frame.shape[:2]
    return int(frame[min(int(y * height), height - 1), min(int(x * width), width - 1), 0])


@pytest.mark.parametrize("side", [100, 96, 77])
def test_players_find_it(side: int) -> None:
    packer = Packer((side, side))
    parts = random_parts(packer, 5)
    frame = packer.pack_fisheye(*parts)
    scale = 0.4 * side
    for right in (False, True):
        disk = parts[2 + right]
        for row, column in np.argwhere(off_middle(packer.disk_px) < 0.2 * side - 0.5).tolist():
            u, v = ((at + 0.5 - packer.disk_px / 2) / scale + 0.5 for at in (column, row))
            assert shader(frame, u, v, right) == disk[row, column]


def test_quadrants_are_where_the_notes_say() -> None:
    packer = Packer((100, 100))
    marks = np.zeros((40, 40), np.uint8)
    for value, (row, column) in enumerate([(10, 10), (10, 30), (30, 10), (30, 30)], 1):
        marks[row, column] = value
    black = np.zeros((100, 100, 3), np.uint8)
    red = packer.pack_fisheye(black, black, marks, marks)[..., 0]
    assert (red[80:, 80:100].max(), red[80:, 100:120].max()) == (1, 2)  # left eye, upper half
    assert (red[:20, 80:100].max(), red[:20, 100:120].max()) == (3, 4)
    assert (red[80:, 180:].max(), red[80:, :20].max()) == (1, 2)  # right eye: opposite corners
    assert (red[:20, 180:].max(), red[:20, :20].max()) == (3, 4)


@pytest.mark.parametrize("size", [(200, 200), (160, 200)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_alpha_lies_where_its_picture_does(size: tuple[int, int], kind: type) -> None:
    blob = np.zeros(size[::-1], np.uint8)
    width, height = size
    cv2.circle(blob, (width * 2 // 3, height * 2 // 5), height // 6, 255, -1)
    cv2.rectangle(blob, (width // 10, height // 2), (width // 4, height * 4 // 5), 255, -1)
    eye = cv2.merge([blob] * 3)
    alpha = blob if kind == np.uint8 else (blob / 255).astype(np.float32)
    packer = Packer(size, circle_px=300)
    parts = packer.unpack(packer.pack(eye, eye, alpha, alpha))
    for seen, disk in ((parts.left, parts.alpha_left), (parts.right, parts.alpha_right)):
        picture, full = seen[..., 0] > 127, packer.full_alpha(disk) > 127
        assert (picture & full).sum() / (picture | full).sum() > 0.96
        back = packer.to_half_equirect(disk) > 127
        assert (back & (blob > 0)).sum() / (back | (blob > 0)).sum() > 0.94


def test_a_fisheye_alpha_of_full_size_is_brought_down() -> None:
    packer = Packer((300, 300))
    blob = np.zeros((300, 300), np.uint8)
    cv2.circle(blob, (180, 120), 60, 255, -1)
    eye = np.zeros((300, 300, 3), np.uint8)
    for alpha in (blob, (blob / 255).astype(np.float32)):
        disk = packer.unpack(packer.pack_fisheye(eye, eye, alpha, alpha)).alpha_right
        full = packer.full_alpha(disk) > 127
        assert (full & (blob > 0)).sum() / (full | (blob > 0)).sum() > 0.97


def test_the_ring_beyond_ninety_degrees_is_empty() -> None:
    packer = Packer((200, 200), 190.0, 400)
    white = np.full((200, 200, 3), 255, np.uint8)
    parts = packer.unpack(packer.pack(white, white, white[..., 0], white[..., 0]))
    degrees = off_middle(400) / 200 * 95
    assert parts.left[degrees > 90].max() == 0
    assert parts.left[degrees < 89].min() == 255
    degrees = off_middle(packer.disk_px) / 80 * 95
    assert parts.alpha_left[degrees > 90].max() == 0
    assert parts.alpha_left[degrees < 88].min() == 255


def test_what_does_not_fit_is_refused() -> None:
    packer = Packer((20, 20))
    eye, alpha = np.zeros((20, 20, 3), np.uint8), np.zeros((20, 20), np.float32)
    packer.pack(eye, eye, alpha, alpha)
    for wrong in (eye[:19], eye.astype(np.float32), alpha):
        with pytest.raises(InputError, match=r"wanted \(20, 20, 3\), uint8") as caught:
            packer.pack(eye, wrong, alpha, alpha)
        assert "make a Packer for this size" in caught.value.fix
    for wrong in (alpha[:19], alpha.astype(np.float64), eye):
        with pytest.raises(InputError, match="alpha_right is"):
            packer.pack(eye, eye, alpha, wrong)
        with pytest.raises(InputError, match="alpha_left is"):
            packer.pack_fisheye(eye, eye, wrong, alpha)
    with pytest.raises(InputError, match="frame is"):
        packer.unpack(eye)
    with pytest.raises(InputError, match="eye is"):
        packer.to_half_equirect(eye[:9])
    with pytest.raises(InputError, match="a part of another array") as caught:
        packer.pack(eye, eye, alpha, alpha, out=np.zeros((20, 50, 3), np.uint8)[:, :40])
    assert "leave out away" in caught.value.fix


@pytest.mark.parametrize(
    ("how", "told", "fix"),
    [
        ({"eye_size": (9, 9)}, "circles of 9 px", "leave circle_px out"),
        ({"eye_size": (0, 20)}, "eyes of 0x20", "leave circle_px out"),
        ({"eye_size": (20, 20), "circle_px": 20_000}, "circles of 20000 px", "circle_px"),
        ({"eye_size": (20, 20), "fov_deg": 10}, "fov_deg is 10", "_fisheye190"),
    ],
)
def test_what_cannot_be_packed_is_said(how: dict, told: str, fix: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        Packer(**how)
    assert fix in caught.value.fix
