from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.pyramid import build_pyramid
from multiplane.restore.inpaint.backends.patchmatch.search import Field


def field_of(frame: Frame, hole: Mask) -> Field:
    level = build_pyramid(frame, hole, ~hole)[0].level(locality=0.0)
    rng = np.random.default_rng(1)
    sources = np.flatnonzero(level.sources.ravel())
    return Field(level, rng.choice(sources, len(level.targets)))


def test_search_only_ever_betters_a_match(bricks: Frame, blob: Mask) -> None:
    field = field_of(bricks, blob)
    rng = np.random.default_rng(0)
    field.improve(1, rng)
    before = field.distances.copy()
    field.improve(2, rng)
    assert (field.distances <= before + 1e-3).all()
    assert field.distances.mean() < 0.8 * before.mean()


def test_matches_stay_among_the_sources(bricks: Frame, blob: Mask) -> None:
    field = field_of(bricks, blob)
    field.improve(3, np.random.default_rng(0))
    assert field.level.sources.ravel()[field.matches].all()


def test_it_comes_near_the_best_there_is(bricks: Frame, blob: Mask) -> None:
    field = field_of(bricks, blob)
    field.improve(6, np.random.default_rng(0))
    level = field.level
    sources = level.described[np.flatnonzero(level.sources.ravel())]
    some = np.arange(0, len(level.targets), 40)
    targets = level.describe_targets()[some]
    best = ((targets[:, None] - sources[None]) ** 2).sum(axis=2).min(axis=1)
    assert np.median(field.distances[some] / best) < 1.3
