import numpy as np
import pytest

from multiplane.measure.resemblance import likeness_of
from multiplane.measure.surround import parts_of, pieces_of, texture_samples


class Recorder:
    """Says that everything is as different as the mean of the first patch is from 100."""

    def __init__(self):
        self.seen = []

    def distance(self, first, second, mask=None):
        self.seen.append((first.copy(), second.copy(), mask))
        return abs(float(first.mean()) - 100) / 100


def scene(shape=(240, 300)):
    rng = np.random.default_rng(0)
    original = rng.integers(90, 111, (*shape, 3), dtype=np.uint8)
    hole = np.zeros(shape, np.bool_)
    hole[80:140, 100:180] = True
    return original, hole


def judged(result, original, hole, judge):
    (part,) = parts_of(pieces_of(hole)[0], result, hole, original)
    return likeness_of(result, original, hole, texture_samples(part), judge)


def test_patches_of_the_fill_are_held_against_whole_patches_of_the_surroundings():
    original, hole = scene()
    result, judge = original.copy(), Recorder()
    result[hole] = 255
    original[hole] = 0
    assert judged(result, original, hole, judge) > 0.2
    masked = [(first, second) for first, second, mask in judge.seen if mask is not None]
    assert masked
    assert all(first.max() == 255 for first, _ in masked)
    assert all(second.min() >= 90 for _, second in masked)  # nothing of the damage
    assert all(first.shape == (64, 64, 3) for first, _, _ in judge.seen)


def test_what_the_surroundings_differ_by_is_not_held_against_the_fill():
    original, hole = scene()
    assert judged(original, original, hole, Recorder()) == pytest.approx(0, abs=0.02)
    dark = original // 2  # as far from 100 everywhere
    assert judged(dark, dark, hole, Recorder()) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("shape", [(60, 300), (150, 182)])
def test_without_room_for_patches_nothing_is_said(shape):
    rng = np.random.default_rng(0)
    original = rng.integers(90, 111, (*shape, 3), dtype=np.uint8)
    hole = np.zeros(shape, np.bool_)
    hole[20 : shape[0] - 20, 20 : shape[1] - 20] = True
    assert judged(original, original, hole, Recorder()) is None
