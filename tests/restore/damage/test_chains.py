from __future__ import annotations

import cv2
import numpy as np
import pytest

from multiplane.restore.damage.chains import chains, lines
from multiplane.restore.damage.ridges import DIRECTIONS, STEPS, Levels


def flat() -> list[Levels]:
    return [np.zeros((90, 200), np.int16) for _ in range(DIRECTIONS)]


def test_a_chain_is_as_deep_as_its_parts_in_the_mean() -> None:
    parts = flat()
    parts[0][45, 20:180] = 128
    found = chains(parts, 8)
    assert found.through[45, 100] == pytest.approx(2)
    assert found.onward[45, 20] == pytest.approx(2)
    assert found.through[45, 20] == pytest.approx(2 * 9 / 17)
    assert not found.through[10:20].any()
    assert chains(parts, 2).through[45, 30] == pytest.approx(2)


def test_gaps_cost_what_they_lack() -> None:
    parts = flat()
    parts[0][45, 20:180] = 128
    parts[0][45, 110:117] = 0
    found = chains(parts, 8)
    assert 1.5 < found.through[45, 100] < 2


def test_chains_turn_a_little_and_no_more() -> None:
    bent, cornered = flat(), flat()
    for parts, direction in ((bent, 1), (cornered, 6)):
        parts[0][45, 20:100] = parts[direction][:, 101:] = 64
        parts[direction][:, 100] = 64
    assert chains(bent, 8).through[45, 96] == pytest.approx(1, abs=0.07)
    assert chains(cornered, 8).through[45, 96] < 0.8


@pytest.mark.parametrize("tile_px", [64, 101])
def test_in_squares_is_as_whole(tile_px: int) -> None:
    rng = np.random.default_rng(1)
    light = cv2.GaussianBlur(rng.normal(50, 40, (260, 310)), (0, 0), 1.5)
    light = np.rint(np.clip(light, 0, 100) * STEPS).astype(np.int16)
    light[130:133] = 0
    whole = lines(light, [1, 3, 6], 1.5, 60, 10_000)
    parts = lines(light, [1, 3, 6], 1.5, 60, tile_px)
    assert whole.strong.any()
    assert not whole.strong.all()
    assert np.array_equal(whole.weak, parts.weak)
    assert np.array_equal(whole.strong, parts.strong)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 2), (2, 40), (40, 3)])
def test_pictures_smaller_than_a_step(shape: tuple[int, int]) -> None:
    parts = [np.full(shape, 128, np.int16) for _ in range(DIRECTIONS)]
    found = chains(parts, 2)
    assert found.through.shape == shape
    assert (found.through >= np.float32(2 / 5)).all()  # itself, of five places
    if max(shape) < 4:
        assert (found.through < 1.3).all()  # nothing of another side
