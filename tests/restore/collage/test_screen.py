from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import ImageCms

from multiplane.restore.collage.screen import Screen


def linear_profile() -> bytes:
    """sRGB's profile with the three curves made straight lines: numbers get brighter on screen."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(icc[128:132], "big")
    for entry in range(132, 132 + 12 * count, 12):
        name, place = (
            bytes(icc[entry : entry + 4]),
            int.from_bytes(icc[entry + 4 : entry + 8], "big"),
        )
        size = int.from_bytes(icc[entry + 8 : entry + 12], "big")
        if name in {b"rTRC", b"gTRC", b"bTRC"}:
            icc[place : place + 12] = b"curv" + bytes(8)  # no points: a straight line
        if name == b"desc":
            body = bytes(icc[place : place + size])
            icc[place : place + size] = body.replace(
                "sRGB".encode("utf-16-be"), "WIDE".encode("utf-16-be")
            )
    return bytes(icc)


@pytest.fixture
def colours() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 5, 3), np.uint8)


def test_srgb_and_no_profile_leave_numbers_alone(colours: np.ndarray) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (b"", srgb):
        screen = Screen(icc)
        assert np.array_equal(screen.show(colours), colours)
        assert screen.note == ""


def test_other_profiles_are_applied_to_each_number_alike(colours: np.ndarray) -> None:
    icc = linear_profile()
    name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc)))
    assert "WIDE" in name
    screen = Screen(icc)
    shown = screen.show(colours)
    assert shown.shape == colours.shape
    linear = colours / 255
    expected = 255 * np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055
    )
    assert np.abs(shown - expected).max() <= 2
    one_by_one = [screen.show(colour[None])[0] for colour in colours.reshape(-1, 3)]
    assert np.array_equal(np.array(one_by_one).reshape(colours.shape), shown)
    assert screen.show(colours[:0]).shape == (0, 5, 3)
    assert "in sRGB" in screen.note
    assert "WIDE" in screen.note


@pytest.mark.parametrize("icc", [b"x" * 200, linear_profile()[:300]])
def test_a_broken_profile_is_told(icc: bytes, colours: np.ndarray) -> None:
    screen = Screen(icc)
    assert "cannot be read" in screen.note
    assert np.array_equal(screen.show(colours), colours)
