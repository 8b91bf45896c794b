from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from multiplane.split.shots.duplicates import distance_bits, perceptual_hash


def blobs(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 160, (4, 5, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(24, 0).repeat(24, 1))


@given(st.integers(0, 10_000), st.integers(-50, 80))
def test_brightness_does_not_matter(seed: int, more: int) -> None:
    frame = blobs(seed)
    brighter = (frame.astype(np.int16) + more).astype(np.uint8)
    assert distance_bits(perceptual_hash(frame), perceptual_hash(brighter)) <= 2


@given(st.integers(0, 10_000))
def test_size_does_not_matter_much(seed: int) -> None:
    frame = blobs(seed)
    large = np.ascontiguousarray(frame.repeat(2, 0).repeat(2, 1))
    assert distance_bits(perceptual_hash(frame), perceptual_hash(large)) <= 6


def test_other_pictures_are_far() -> None:
    hashes = [perceptual_hash(blobs(seed)) for seed in range(12)]
    distances = [distance_bits(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(distances) > 10
    assert 24 < np.mean(distances) < 40


def test_a_flat_picture_has_a_hash() -> None:
    flat = np.full((9, 9, 3), 77, np.uint8)
    assert perceptual_hash(flat) == perceptual_hash(flat + np.uint8(3))
