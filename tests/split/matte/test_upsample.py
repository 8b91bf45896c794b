from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.media.images import read_alpha, read_frame
from multiplane.split.matte import upsample
from multiplane.split.matte.upsample import edge_boxes, upsample_alpha

LEMUR = Path(__file__).resolve().parents[3] / "../shared/media/lemur"


def bilinear(alpha: np.ndarray, like: np.ndarray) -> np.ndarray:
    return cv2.resize(alpha, like.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def shrunk(alpha: np.ndarray, share: float) -> np.ndarray:
    size = (round(alpha.shape[1] * share), round(alpha.shape[0] * share))
    return np.clip(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), 0, 1)


def slopes(alpha: np.ndarray) -> np.ndarray:
    """Gradients as the field measures them, but for their scale."""
    soft = cv2.GaussianBlur(alpha, (0, 0), 1.4)
    return np.hypot(cv2.Scharr(soft, cv2.CV_32F, 1, 0), cv2.Scharr(soft, cv2.CV_32F, 0, 1))


def errors(found: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    """Mean absolute error, and that of the gradients, squared."""
    apart = np.square(slopes(found) - slopes(true))
    return float(np.abs(found - true).mean()), float(apart.mean())


def person(height: int = 192, width: int = 144, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A body with fine hair over a background, both textured, and its exact alpha."""
    rng = np.random.default_rng(seed)
    big = np.zeros((height * 4, width * 4), np.uint8)
    centre = np.array([width * 2, height * 2])
    cv2.ellipse(big, centre.tolist(), (width, height), 10, 0, 360, 255, -1)
    for angle in rng.uniform(0, 2 * np.pi, 40):
        way = np.array([np.cos(angle), np.sin(angle)])
        first, last = centre + way * [width, height] * 0.95, centre + way * [width, height] * 1.4
        cv2.line(big, first.astype(int).tolist(), last.astype(int).tolist(), 255, 4, cv2.LINE_AA)
    true = cv2.resize(big, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

    def cloth(low: int, high: int) -> np.ndarray:
        coarse = rng.uniform(low, high, (8, 6, 3)).astype(np.float32)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    mixed = cloth(20, 110) * true[..., None] + cloth(120, 240) * (1 - true[..., None])
    noisy = mixed + rng.normal(0, 2, mixed.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8), true


@pytest.mark.parametrize(("share", "mad", "grad"), [(0.25, 0.4, 0.25), (0.5, 0.4, 0.25)])
def test_edges_follow_the_picture(share: float, mad: float, grad: float) -> None:
    frame, true = person()
    small = shrunk(true, share)
    plain, found = errors(bilinear(small, frame), true), errors(upsample_alpha(small, frame), true)
    assert found[0] < mad * plain[0]
    assert found[1] < grad * plain[1]


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_sizes_need_not_be_multiples(share: float) -> None:
    frame, true = person()
    small = shrunk(true, share)
    plain, found = errors(bilinear(small, frame), true), errors(upsample_alpha(small, frame), true)
    assert found[0] < 0.75 * plain[0]
    assert found[1] < 0.75 * plain[1]


@pytest.mark.skipif(not (LEMUR / "lemur.png").exists(), reason="no shared media")
@pytest.mark.parametrize(("share", "mad", "grad"), [(0.25, 0.33, 0.05), (0.5, 0.45, 0.06)])
def test_the_lemurs_fur_comes_back(share: float, mad: float, grad: float) -> None:
    frame, true = read_frame(LEMUR / "lemur.png"), read_alpha(LEMUR / "lemur_alpha.png")
    small = shrunk(true, share)
    plain, found = errors(bilinear(small, frame), true), errors(upsample_alpha(small, frame), true)
    assert found[0] < mad * plain[0]
    assert found[1] < grad * plain[1]


def test_a_picture_that_knows_nothing_of_the_edge_does_little_harm() -> None:
    _, true = person()
    noise = np.random.default_rng(4).integers(0, 256, (*true.shape, 3), dtype=np.uint8)
    small = shrunk(true, 0.25)
    plain, found = errors(bilinear(small, noise), true), errors(upsample_alpha(small, noise), true)
    assert found[0] < 1.03 * plain[0]


SIZES = st.tuples(st.integers(2, 24), st.integers(2, 24), st.integers(1, 5), st.integers(1, 5))


@settings(max_examples=40, deadline=None)
@given(
    size=SIZES,
    more=st.integers(0, 3),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
    seed=st.integers(0, 99),
)
def test_on_a_flat_picture_it_interpolates(
    size: tuple[int, int, int, int], more: int, colour: tuple[int, int, int], seed: int
) -> None:
    h, w, down, across = size
    alpha = np.random.default_rng(seed).random((h, w)).astype(np.float32)
    guide = np.full((h * down + more, w * across + more, 3), colour, np.uint8)
    assert np.abs(upsample_alpha(alpha, guide) - bilinear(alpha, guide)).max() < 1e-4


@settings(max_examples=30, deadline=None)
@given(size=SIZES, value=st.sampled_from([0.0, 0.25, 1.0]), seed=st.integers(0, 99))
def test_without_an_edge_nothing_is_changed(
    size: tuple[int, int, int, int], value: float, seed: int
) -> None:
    h, w, down, across = size
    rng = np.random.default_rng(seed)
    guide = rng.integers(0, 256, (h * down, w * across, 3), dtype=np.uint8)
    found = upsample_alpha(np.full((h, w), value, np.float32), guide)
    assert found.dtype == np.float32
    assert (found == np.float32(value)).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), radius=st.integers(1, 3), down=st.integers(2, 4))
def test_far_from_the_edge_alphas_stay_bit_for_bit(seed: int, radius: int, down: int) -> None:
    rng = np.random.default_rng(seed)
    small = np.zeros((30, 40), np.float32)
    x, y = (int(v) for v in rng.integers(0, 30, 2))
    small[y : y + 9, x : x + 12] = rng.random((9, 12))[: 30 - y, : 40 - x]
    guide = rng.integers(0, 256, (30 * down, 40 * down, 3), dtype=np.uint8)
    found = upsample_alpha(small, guide, radius)
    reach = 2 * (2 * radius + 1) + 1
    near = cv2.dilate((small > 0).view(np.uint8), np.ones((reach, reach), np.uint8))
    far = cv2.resize(near, (40 * down, 30 * down), interpolation=cv2.INTER_NEAREST) == 0
    assert (found[far] == 0).all()
    assert found.min() >= 0
    assert found.max() <= 1


def test_the_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, true = person()
    small = shrunk(true, 0.25)
    whole = upsample_alpha(small, frame)
    monkeypatch.setattr(upsample, "_TILE_PX", 32)
    assert np.abs(upsample_alpha(small, frame) - whole).max() < 1e-5


def test_who_is_cut_by_the_border_is_as_in_the_whole() -> None:
    frame, true = person()
    half = upsample_alpha(shrunk(true[:, :72], 0.25), np.ascontiguousarray(frame[:, :72]))
    whole = upsample_alpha(shrunk(true, 0.25), frame)
    assert np.abs(half[:, -6:] - whole[:, 66:72]).mean() < 0.01
    inside = np.flatnonzero(true[:, 66:72].min(axis=1) == 1)[24:-24]
    assert (half[inside, -6:] == 1).all()


def test_the_same_size_comes_back_as_it_was() -> None:
    frame, true = person()
    found = upsample_alpha(true, frame)
    assert np.array_equal(found, true)
    assert found is not true


def test_boxes_that_meet_are_one() -> None:
    band = np.zeros((20, 40), np.bool_)
    band[2, 2], band[4, 6], band[15, 30] = True, True, True
    assert sorted(edge_boxes(band, 2)) == [(0, 0, 9, 7), (28, 13, 33, 18)]
    assert edge_boxes(np.zeros((4, 4), np.bool_), 2) == []


def test_what_is_larger_than_the_picture_is_refused() -> None:
    frame, true = person()
    with pytest.raises(InputError, match="alpha_small is 144x192, larger") as caught:
        upsample_alpha(true, np.ascontiguousarray(frame[:100]))
    assert caught.value.fix == "cv2.resize(alpha, (144, 100), interpolation=cv2.INTER_AREA)"
