from __future__ import annotations

import numpy as np
import pytest
from drawn_chunks import EYE, frame_of, sbs_alpha

from multiplane.media.vr180.layout import Layout
from multiplane.split.export.composite import Composed, Composing, Still
from multiplane.split.export.quality import PLACES, Quality

HOW = Composing(Layout.of("sbs", (2 * EYE, EYE), projection="half_equirect"))


def run(how: str, frames: int, hard: bool = False) -> dict:
    quality = Quality(5, 5 + frames, how)  # type: ignore[arg-type]
    for index in range(frames):
        alpha = sbs_alpha(index % 12)
        if hard:
            alpha = np.where(alpha > 127, 255, 0).astype(np.uint8)
        quality.add(5 + index, Composed(Still(frame_of(index % 12)), alpha, HOW))
    return quality.figures()


def test_hard_edges_alias_and_soft_ones_do_not() -> None:
    soft, hard = run("every", 3), run("every", 3, hard=True)
    assert soft["aliasing"]["mean"] < 0.1
    assert hard["aliasing"]["mean"] > 0.5
    assert hard["stair_px"]["mean"] > soft["stair_px"]["mean"]
    assert soft["flicker_px"]["values"] == 2
    assert soft["aliasing"]["first_frame"] == 5


@pytest.mark.parametrize("frames", [1, 2 * PLACES + 1])
def test_samples_are_pairs_spread_over_the_clip(frames: int) -> None:
    quality = Quality(0, frames, "sampled")
    seen = []
    for index in range(frames):
        before = quality.figures()["aliasing"]["values"]
        quality.add(index, Composed(Still(frame_of(0)[:8, :16]), sbs_alpha(0)[:8, :16], HOW))
        seen.append(quality.figures()["aliasing"]["values"] - before)
    assert len(seen) == frames
    assert quality.figures()["every_frames"] == max(1, frames // PLACES)


def test_nothing_is_measured_when_that_is_off() -> None:
    assert run("off", 2) == {}
