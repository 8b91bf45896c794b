from __future__ import annotations

import numpy as np

from multiplane.restore.inpaint.backends.patchmatch.level import (
    BASES,
    CHANNELS,
    RADIUS,
    SIZE,
    Level,
    pad,
    pad_mask,
)


def drawn(locality: float = 0.0) -> Level:
    rng = np.random.default_rng(0)
    picture = rng.normal(50, 20, (24, 30, CHANNELS)).astype(np.float32)
    hole = np.zeros((24, 30), np.bool_)
    hole[10:14, 12:18] = True
    sources = np.zeros_like(hole)
    sources[RADIUS:-RADIUS, RADIUS:7] = True
    padded = (pad_mask(hole, value=False), pad_mask(sources, value=False))
    return Level(pad(picture), *padded, locality)


def test_targets_are_the_patches_that_touch_the_hole() -> None:
    level = drawn()
    assert len(level.targets) == (4 + SIZE - 1) * (6 + SIZE - 1)


def test_equal_patches_have_equal_descriptors_and_others_do_not() -> None:
    level = drawn()
    level.picture[20:27, 20:27] = level.picture[8:15, 8:15]
    level.__post_init__()
    there, here = 23 * level.width + 23, 11 * level.width + 11
    described = level.described
    assert np.allclose(described[there, :21], described[here, :21], atol=1e-3)
    assert np.abs(described[there] - described[here + 5]).max() > 10


def test_targets_are_described_like_sources() -> None:
    level = drawn(locality=5.0)
    found = level.describe_targets()
    offset = level.described[level.targets] - found
    assert np.abs(offset[:, :-1]).max() < 1e-2
    assert (found[:, -1] == 0).all(), "what stands in the hole is not foreign to it"


def test_the_cosines_are_orthogonal_under_their_window() -> None:
    flat = BASES[0] / BASES[0].max()
    waves = np.array([b / flat for b in BASES])
    gram = waves @ waves.T
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-4 * gram.max()


def test_the_border_mirrors_what_changed() -> None:
    level = drawn()
    level.picture[RADIUS, RADIUS + 1] = 7.0
    level.mirror_border()
    assert (level.picture[RADIUS, RADIUS - 1] == 7.0).all()
    assert level.handicap == 0.0
