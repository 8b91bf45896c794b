from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Frame, Mask
from multiplane.restore.inpaint.backends.patchmatch.onion import peel
from multiplane.restore.inpaint.backends.patchmatch.pyramid import (
    SMALLEST_PX,
    build_pyramid,
    carry_finer,
)
from multiplane.restore.inpaint.backends.patchmatch.search import Field


def test_it_shrinks_until_a_patch_sees_over_the_hole(bricks: Frame, blob: Mask) -> None:
    steps = build_pyramid(bricks, blob, ~blob)
    assert [step.hole.shape for step in steps] == [(96, 128), (48, 64), (24, 32)]
    assert min(steps[-1].hole.shape) >= SMALLEST_PX


def test_the_hole_does_not_leak_into_coarser_levels(bricks: Frame, blob: Mask) -> None:
    frame = bricks.copy()
    frame[blob] = (0, 255, 0)
    for plain, green in zip(
        build_pyramid(bricks, blob, ~blob), build_pyramid(frame, blob, ~blob), strict=True
    ):
        known = ~plain.hole
        assert np.abs(plain.picture[known] - green.picture[known]).max() < 1e-2


def test_what_may_not_be_used_stays_unused_when_shrunk(bricks: Frame, blob: Mask) -> None:
    allowed = ~blob
    allowed[:, 100:] = False
    for depth, step in enumerate(build_pyramid(bricks, blob, allowed)):
        assert not step.sources()[:, 100 // 2**depth :].any()


def test_matches_are_carried_to_allowed_sources(bricks: Frame, blob: Mask) -> None:
    steps = build_pyramid(bricks, blob, ~blob)
    coarse = steps[1].level(locality=0.0)
    fine = steps[0].level(locality=0.0)
    field = carry_finer(Field(coarse, peel(coarse)), fine)
    assert len(field.matches) == len(fine.targets)
    assert fine.sources.ravel()[field.matches].all()


def test_what_is_not_found_round_the_hole_is_foreign_to_it(bricks: Frame, blob: Mask) -> None:
    frame = bricks.copy()
    frame[70:90, 4:24] = (20, 40, 230)
    foreign = build_pyramid(frame, blob, ~blob)[0].picture[..., 5]
    assert foreign[75:85, 9:19].min() > 0.8
    assert np.median(foreign[30:60, 100:]) < 0.3
