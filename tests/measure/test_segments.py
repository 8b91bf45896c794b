"""J, F and their sums against the evaluation of DAVIS 2017, written out pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.segments import SegmentScores, Statistics, statistics


def slow_j(found, true):
    pairs = list(zip(found.ravel().tolist(), true.ravel().tolist(), strict=True))
    union = sum(a or b for a, b in pairs)
    return sum(a and b for a, b in pairs) / union if union else 1.0


def slow_outline(mask):
    """A pixel that differs from the one to the right, below or both, as far as there is one."""
    height, width = mask.shape
    line = set()
    for y in range(height):
        for x in range(width):
            right, below = x + 1 < width, y + 1 < height
            others = [mask[y, x + 1]] if right else []
            others += [mask[y + 1, x]] if below else []
            others += [mask[y + 1, x + 1]] if right and below else []
            if any(other != mask[y, x] for other in others):
                line.add((y, x))
    return line


def slow_f(found, true, tolerance=0.008):
    radius = math.ceil(tolerance * math.hypot(*true.shape))
    lines = slow_outline(found), slow_outline(true)
    if not lines[0] and not lines[1]:
        return 1.0

    def near(line, other):
        close = [any((y - v) ** 2 + (x - u) ** 2 <= radius**2 for v, u in other) for y, x in line]
        return sum(close) / len(close) if close else 1.0

    precision, recall = near(lines[0], lines[1]), near(lines[1], lines[0])
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def slow_statistics(values):
    count = len(values)
    bounds = [math.floor(1 + k * (count - 1) / 4 + 0.5) - 1 for k in range(5)]
    first, last = values[bounds[0] : bounds[1] + 1], values[bounds[3] : bounds[4] + 1]
    mean, recall = sum(values) / count, sum(value > 0.5 for value in values) / count
    return mean, recall, sum(first) / len(first) - sum(last) / len(last)


def labels(seed, shape=(15, 21)):
    """Two overlapping disks that end well within the picture; sometimes one is missing."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    out = np.zeros(shape, np.uint8)
    for number in (1, 2):
        radius = rng.choice([0, 2, 3, 4])
        centre = rng.uniform(4, shape[0] - 5), rng.uniform(4, shape[1] - 5)
        out[np.hypot(y - centre[0], x - centre[1]) < radius] = number
    return out


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 9))
def test_as_the_evaluation_written_out(seed, frames):
    scores = SegmentScores([1, 2])
    found = [labels(seed + k) for k in range(frames)]
    true = [labels(seed // 2 + k) for k in range(frames)]
    for pair in zip(found, true, strict=True):
        scores.add(*pair)
    score = scores.score()
    means = []
    for number in (1, 2):
        pairs = [(f == number, t == number) for f, t in zip(found, true, strict=True)]
        for figure, slow in ((score.objects[number].j, slow_j), (score.objects[number].f, slow_f)):
            expected = slow_statistics([slow(*pair) for pair in pairs])
            assert (figure.mean, figure.recall, figure.decay) == pytest.approx(expected)
            means.append(expected[0])
    assert score.j_and_f == pytest.approx(sum(means) / 4)
    assert score.j.mean == pytest.approx((means[0] + means[2]) / 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_sums(values):
    found = statistics(values)
    assert (found.mean, found.recall, found.decay) == pytest.approx(slow_statistics(values))
    assert -1 <= found.decay <= 1


def test_what_is_lost_with_time_is_decay_even_in_a_long_clip():
    assert statistics([1.0] * 300 + [0.0] * 300) == Statistics(0.5, 0.5, 1.0)
    assert statistics([0.8]) == Statistics(0.8, 1.0, 0.0)


def test_perfect_is_one_and_ends_may_be_left_out():
    good, nobody = labels(3), np.zeros((15, 21), np.uint8)
    whole, inner = SegmentScores([1]), SegmentScores([1], ends=False)
    for scores in (whole, inner):
        for found in (nobody, good, good, nobody):
            scores.add(found, good)
    assert inner.score().j_and_f == 1.0
    assert whole.score().j_and_f == 0.5


def test_void_pixels_do_not_count():
    true = np.zeros((20, 20), np.int32)
    true[5:15, 5:15] = 7
    found = true.copy()
    found[0:4, 0:4] = 7
    scores = SegmentScores([7])
    scores.add(found, true, found != true)
    assert scores.score().j_and_f == 1.0


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(InputError, match="wanted numbers from 1") as caught:
        SegmentScores([0])
    assert caught.value.fix == "objects=[int(n) for n in np.unique(labels) if n]"
    with pytest.raises(InputError, match="found labels are float32") as caught:
        SegmentScores([1]).add(np.zeros((4, 4), np.float32), labels(1))
    assert caught.value.fix == "labels.astype(np.int64)"
    with pytest.raises(InputError, match="true labels is 21x15"):
        SegmentScores([1]).add(np.zeros((4, 4), np.uint8), labels(1))
    with pytest.raises(InputError, match="no frame") as caught:
        SegmentScores([1]).score()
    assert "ends=False" in caught.value.fix
