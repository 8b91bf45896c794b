import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.geometry.plane import seen_by_right
from multiplane.geometry.planefit import facing, fit_plane
from multiplane.geometry.poles import polar_angles
from multiplane.geometry.sweep import Samples

DENSITY = 200.0


def samples_of(normal, rng, count=400, noise_px=0.2, false=0.0, spread=0.25):
    alpha, phi = 0.3 + rng.uniform(-spread, spread, count), rng.uniform(-0.4, 0.4, count)
    features = np.stack([np.tan(alpha), np.sin(phi), np.cos(phi)], 1)
    per_px = 1 / (np.cos(alpha) ** 2 * DENSITY)
    disparity = features @ normal + rng.normal(0, noise_px, count) * per_px
    wrong = rng.random(count) < false
    disparity[wrong] = rng.uniform(-0.01, 0.2, wrong.sum())
    return Samples(features, disparity, np.ones(count), per_px)


@settings(deadline=None, max_examples=30)
@given(
    st.floats(-0.03, 0.03), st.floats(-0.03, 0.03), st.floats(0.02, 0.1), st.integers(0, 999)
)  # fmt: skip
def test_the_plane_is_found_among_a_third_of_false_disparities(a, b, c, seed):
    normal = np.array([a, b, c])
    start = facing(np.array([math.sin(0.3), 0, math.cos(0.3)]), c)
    samples = samples_of(normal, np.random.default_rng(seed), false=0.33)
    fit = fit_plane(samples, start, 4.0, search=True)
    miss = np.abs(samples.features @ (fit.normal - normal) / samples.per_px)
    assert miss.max() < 0.5
    assert 0.55 < fit.agreeing < 0.9
    assert fit.residual_px < 0.3


def test_what_samples_do_not_tell_stays_as_it_was():
    rng = np.random.default_rng(1)
    start = np.array([0.002, 0.001, 0.05])
    samples = samples_of(np.array([0.0, 0.0, 0.052]), rng, count=40, noise_px=0.5, spread=0.002)
    fit = fit_plane(samples, start, 20.0, search=False)
    assert abs(fit.normal[0] - start[0]) < 0.004
    assert samples.features.mean(axis=0) @ fit.normal == pytest.approx(0.052, abs=0.002)


def test_a_facing_plane_has_its_disparity_in_the_middle():
    middle = np.array([0.5, 0.3, 0.8]) / np.linalg.norm([0.5, 0.3, 0.8])
    normal = facing(middle, 0.02)
    assert np.cross(normal, middle) == pytest.approx(0)
    here, there = (polar_angles(seen)[0] for seen in (middle, seen_by_right(middle, normal)))
    assert float(here - there) == pytest.approx(0.02, rel=0.03)
