import numpy as np
import pytest

from multiplane.restore.plate.light import blur_where, fit_light, same_light, spread


@pytest.fixture
def values():
    return np.random.default_rng(1).uniform(20, 200, (40, 50, 3)).astype(np.float32)


def everywhere(values):
    return np.ones(values.shape[:2], bool)


def test_the_same_light_is_found_exactly(values):
    light = fit_light(values, values, everywhere(values))
    np.testing.assert_array_equal(light.gain, 1)
    np.testing.assert_allclose(light.offset, 0, atol=1e-4)


def test_gain_and_offset_survive_a_quarter_of_outliers(values):
    lit = values * [1.1, 1.0, 0.9] + [5, -3, 0]
    lit[:10] = 255
    light = fit_light(values, lit.astype(np.float32), everywhere(values))
    np.testing.assert_allclose(light.gain, [1.1, 1.0, 0.9], atol=0.01)
    np.testing.assert_allclose(light.offset, [5, -3, 0], atol=1.5)


def test_texture_that_waves_does_not_pull_the_gain_down(values):
    waved = np.random.default_rng(2).permutation(values.reshape(-1, 3)).reshape(values.shape)
    light = fit_light(values, 0.5 * values + 0.5 * waved, everywhere(values))
    assert light.gain.min() > 0.65  # a regression would say 0.5


def test_hardly_anything_to_fit_changes_nothing(values):
    few = np.zeros(values.shape[:2], bool)
    few[0, :5] = True
    light = fit_light(values, values + 50, few)
    np.testing.assert_array_equal(light(values), same_light()(values))


def test_blur_looks_only_where_it_may(values):
    weights = np.zeros(values.shape[:2], np.float32)
    weights[:, :25] = 1
    level = np.where(weights[..., None] > 0, 7.0, 1000.0).repeat(3, axis=2).astype(np.float32)
    soft = blur_where(level, weights, 2.0)
    np.testing.assert_allclose(soft[:, :25], 7.0, rtol=1e-4)


def test_spread_keeps_what_is_known_and_stays_between_in_the_gap():
    x = np.linspace(0, 100, 64, dtype=np.float32)
    ramp = np.repeat(np.repeat(x[None, :, None], 48, axis=0), 3, axis=2)
    weights = np.ones((48, 64), np.float32)
    weights[10:40, 20:50] = 0
    filled = spread(ramp, weights)
    known = weights > 0
    np.testing.assert_allclose(filled[known], ramp[known], atol=1e-3)
    assert np.abs(filled - ramp).max() < 15


def test_spread_of_nothing_is_finite():
    assert np.isfinite(spread(np.zeros((9, 7, 3), np.float32), np.zeros((9, 7), np.float32))).all()
