"""Each figure against the formula of its paper, written out pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.matting import PROTOCOLS, MattingScores, conn, dtssd, grad, mad, mse


def pixels(picture):
    height, width = picture.shape
    return ((y, x) for y in range(height) for x in range(width))


def slow_mean(found, true, power):
    values = [abs(float(found[at]) - float(true[at])) ** power for at in pixels(true)]
    return sum(values) / len(values) * 1000


def slow_filter(sigma=1.4):
    """The 2D filter: a Gaussian down, its derivative across, of length 1."""

    def gauss(x):
        return math.exp(-(x**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))

    half = math.ceil(sigma * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * sigma * 0.01)))
    values = [
        [gauss(y) * -x * gauss(x) / sigma**2 for x in range(-half, half + 1)]
        for y in range(-half, half + 1)
    ]
    length = math.sqrt(sum(value**2 for row in values for value in row))
    return half, [[value / length for value in row] for row in values]


def slow_gradient(alpha):
    half, weights = slow_filter()
    height, width = alpha.shape
    out = np.zeros(alpha.shape)
    for y, x in pixels(alpha):
        across = down = 0.0
        for dy in range(-half, half + 1):
            for dx in range(-half, half + 1):
                value = float(
                    alpha[min(max(y + dy, 0), height - 1), min(max(x + dx, 0), width - 1)]
                )
                across += value * weights[dy + half][dx + half]
                down += value * weights[dx + half][dy + half]
        out[y, x] = math.hypot(across, down)
    return out


def slow_grad(found, true, stretch):
    if stretch:
        found, true = (
            (alpha - alpha.min()) / ((alpha.max() - alpha.min()) or 1) for alpha in (found, true)
        )
    off = slow_gradient(found) - slow_gradient(true)
    return sum(off[at] ** 2 for at in pixels(off)) / 1000


def slow_areas(mask):
    """Areas that hang together over edges, in the order of their first pixels."""
    left, areas = set(map(tuple, np.argwhere(mask).tolist())), []
    while left:
        front, area = [min(left)], set()
        while front:
            y, x = front.pop()
            if (y, x) in left:
                left.discard((y, x))
                area.add((y, x))
                front += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        areas.append(area)
    return areas


def slow_conn(found, true):
    level = dict.fromkeys(pixels(true), 1.0)
    fallen = set()
    for step in range(1, 11):
        bound = np.float32(step / 10)
        areas = slow_areas((found >= bound) & (true >= bound))
        largest = max(areas, key=len, default=set())
        for at in pixels(true):
            if at not in largest and at not in fallen:
                level[at] = (step - 1) / 10
                fallen.add(at)
    total = 0.0
    for at in pixels(true):
        lacks = [float(alpha[at]) - np.float32(level[at]) for alpha in (found, true)]
        lacks = [lack if lack >= 0.15 else 0.0 for lack in lacks]
        total += abs(lacks[0] - lacks[1])
    return total / 1000


def slow_dtssd(found, true):
    total = 0.0
    for at in pixels(true[1]):
        changes = [float(pair[1][at]) - float(pair[0][at]) for pair in (found, true)]
        total += (changes[0] - changes[1]) ** 2
    return math.sqrt(total / true[1].size) * 100


def alpha_of(seed, shape=(13, 17)):
    """8-bit values, as alphas are read from files: flat areas, ramps and specks."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(y - rng.uniform(2, 10), x - rng.uniform(3, 13)) - rng.uniform(1, 6)
    ramp = np.clip(0.5 - away / rng.uniform(0.5, 6), 0, 1)
    specks = (rng.random(shape) > 0.9) * rng.random(shape)
    return (np.round(255 * np.maximum(ramp, specks)) / 255).astype(np.float32)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6))
def test_as_the_formulas_written_out(seed):
    found, true = alpha_of(seed), alpha_of(seed + 1)
    assert mad(found, true) == pytest.approx(slow_mean(found, true, 1), rel=1e-5)
    assert mse(found, true) == pytest.approx(slow_mean(found, true, 2), rel=1e-5)
    assert conn(found, true) == pytest.approx(slow_conn(found, true), rel=1e-4, abs=1e-7)
    pairs = (alpha_of(seed + 2), found), (alpha_of(seed + 3), true)
    assert dtssd(*pairs) == pytest.approx(slow_dtssd(*pairs), rel=1e-5)
    faint = found * np.float32(0.5) + np.float32(0.1)
    for stretch in (False, True):
        expected = slow_grad(faint, true, stretch)
        assert grad(faint, true, stretch) == pytest.approx(expected, rel=1e-4, abs=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_nothing_is_off_from_itself_and_order_does_not_count(seed):
    one, other = alpha_of(seed), alpha_of(seed + 1)
    for measure in (mad, mse, grad, conn):
        assert measure(one, one) == pytest.approx(0, abs=1e-12)
        assert 0 <= measure(one, other) == pytest.approx(measure(other, one))
    assert dtssd((one, other), (one, other)) == 0


def test_known_values():
    none, half = np.zeros((10, 20), np.float32), np.full((10, 20), 0.5, np.float32)
    assert mad(half, none) == 500
    assert mse(half, none) == pytest.approx(250)
    assert grad(half, none) == pytest.approx(0, abs=1e-9)
    assert grad(half, none, stretch=True) == pytest.approx(0, abs=1e-9)
    assert conn(half, none) == pytest.approx(200 * 0.5 / 1000)
    assert conn(none, none) == 0
    assert dtssd((none, half), (none, none)) == 50
    assert dtssd((none, half), (half, half + np.float32(0.5))) == 0


def test_a_speck_far_from_the_foreground_is_unconnected():
    true = np.zeros((20, 20), np.float32)
    true[5:15, 5:15] = 1
    beside, apart = true.copy(), true.copy()
    beside[5:15, 15] = 1
    apart[5:15, 18] = 1
    assert mad(beside, true) == mad(apart, true)
    assert conn(apart, true) == pytest.approx(10 / 1000)
    assert conn(apart, apart) == 0


def test_only_one_script_stretches():
    true = alpha_of(5)
    faint = true * np.float32(0.5)
    assert grad(faint, true, stretch=True) == pytest.approx(0, abs=1e-7)
    assert grad(faint, true) > 1e-4


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_clip_by_protocol(protocol):
    scores = MattingScores(protocol)
    found, true = [alpha_of(k) for k in range(3)], [alpha_of(k + 50) for k in range(3)]
    given = np.empty_like(found[0])
    told = []
    for frame, other in zip(found, true, strict=True):
        given[:] = frame  # readers may hand out one array again and again
        told.append(scores.add(given, other))
    means = scores.means()
    assert ("conn" in means) == (protocol != "rvm_high")
    assert "dtssd" not in told[0]
    changes = [dtssd((found[k], found[k + 1]), (true[k], true[k + 1])) for k in range(2)]
    assert [figures["dtssd"] for figures in told[1:]] == changes
    assert means["dtssd"] == pytest.approx(sum(changes) / (2 if protocol == "plain" else 3))
    stretched = [grad(*pair, protocol == "rvm_low") for pair in zip(found, true, strict=True)]
    assert means["grad"] == pytest.approx(sum(stretched) / 3)
    assert means["mad"] == pytest.approx(sum(map(mad, found, true)) / 3)


def test_what_is_no_alpha_or_of_another_size_is_refused():
    alpha = alpha_of(1)
    with pytest.raises(InputError, match="true alpha is 5x13"):
        mad(alpha, alpha[:, :5])
    with pytest.raises(InputError, match="wanted float32") as caught:
        grad((alpha * 255).astype(np.uint8), alpha)
    assert caught.value.fix == "found alpha = found alpha.astype(np.float32) / 255"
    with pytest.raises(InputError, match="found alpha is 5x13"):
        dtssd((alpha[:, :5], alpha), (alpha, alpha))
    with pytest.raises(InputError, match="there is no protocol 'rvm'") as caught:
        MattingScores("rvm")
    assert caught.value.fix == "one of: rvm_low, rvm_high, plain"
