from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from multiplane.core.arrays import Frame
from multiplane.restore.collage import patches
from multiplane.restore.collage.patches import (
    TILE,
    Patch,
    base_size,
    base_url,
    cut_mask,
    cut_patches,
    differing,
    thumb_url,
)
from multiplane.restore.collage.screen import Screen

PLAIN = Screen(b"")


def picture_of(url: str, mode: str | None = None) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head in {"data:image/webp;base64", "data:image/png;base64", "data:image/jpeg;base64"}
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return np.asarray(image if mode is None else image.convert(mode))


def laid_over(original: Frame, cut: list[Patch]) -> Frame:
    shown = original.copy()
    for (x, y, width, height), url in cut:
        assert x // TILE == (x + width - 1) // TILE
        assert y // TILE == (y + height - 1) // TILE
        rgba = picture_of(url, "RGBA")  # WebP leaves out an alpha that is opaque everywhere
        assert rgba.shape == (height, width, 4)
        solid = rgba[..., 3] == 255
        assert (solid | (rgba[..., 3] == 0)).all()
        shown[y : y + height, x : x + width][solid] = rgba[solid][:, :3]
    return shown


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 200), width=st.integers(1, 1100), height=st.integers(1, 60))
def test_patches_over_the_original_are_the_restoration(seed: int, width: int, height: int) -> None:
    rng = np.random.default_rng(seed)
    original = rng.integers(0, 256, (height, width, 3), np.uint8)
    restored = original.copy()
    for _ in range(3):
        x, y = rng.integers(0, width), rng.integers(0, height)
        restored[y : y + 5, x : x + 40] ^= rng.integers(0, 4, dtype=np.uint8)
    off = differing(original, restored)
    assert np.array_equal(off, (original != restored).any(axis=2))
    cut = cut_patches(restored, off, PLAIN)
    assert np.array_equal(laid_over(original, cut), restored)
    assert sum(w * h for (_, _, w, h), _ in cut) <= 5 * 40 * 9 + off.size * 3


def test_what_is_the_same_costs_nothing(case: Any) -> None:
    assert cut_patches(case.original, differing(case.original, case.original), PLAIN) == []
    assert cut_mask(np.zeros((9, 9), np.bool_), np.zeros(3, np.uint8)) == []


def test_the_damage_is_painted(case: Any) -> None:
    paint = np.array([255, 0, 128], np.uint8)
    shown = laid_over(case.original, cut_mask(case.damage, paint))
    assert (shown[case.damage] == paint).all()
    assert np.array_equal(shown[~case.damage], case.original[~case.damage])


def test_the_original_is_whole_and_without_loss(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = base_url(case.original, (90, 60), PLAIN)
    assert url.startswith("data:image/webp")
    assert np.array_equal(picture_of(url), case.original)
    monkeypatch.setattr(patches, "_MOST_WEBP_PX", 80)
    url = base_url(case.original, (90, 60), PLAIN)
    assert url.startswith("data:image/png")
    assert np.array_equal(picture_of(url), case.original)


def test_larger_originals_are_shown_smaller() -> None:
    assert base_size((6000, 4000), 24) == (6000, 4000)
    width, height = base_size((12000, 8000), 24)
    assert (width, height) == (6000, 4000)
    assert base_size((100_000, 1), 0.05)[1] == 1
    frame = np.zeros((40, 60, 3), np.uint8)
    assert picture_of(base_url(frame, (30, 20), PLAIN)).shape == (20, 30, 3)


def test_small_pictures_are_small() -> None:
    frame = np.full((900, 1200, 3), 90, np.uint8)
    small = picture_of(thumb_url(frame, PLAIN))
    assert small.shape == (360, 480, 3)
    assert np.abs(small.astype(int) - 90).max() <= 1
    assert picture_of(thumb_url(frame[:1, :7], PLAIN)).shape == (1, 7, 3)
