"""What some frame saw stands in the finished background, at the options users have."""

from __future__ import annotations

import numpy as np
import pytest

from multiplane.measure.image import psnr
from multiplane.restore.inpaint.run import InpaintOptions, inpaint
from multiplane.restore.plate.config import PlateOptions
from multiplane.restore.plate.hole import grow
from multiplane.restore.plate.run import plates

SCENES = {
    "little is seen": {},
    "light changes": {"frames": 10, "walk": 0.7, "light": 0.2},
    "the camera stands": {"frames": 10, "walk": 0.3, "pan_px": 0, "zoom": 1, "roll_degrees": 0},
}


@pytest.mark.parametrize("scene", SCENES.values(), ids=[*SCENES])
def test_what_the_oracle_saw_is_within_33_decibels_at_the_end(oracle, scene):
    drawn = oracle.draw(oracle.Scene(**scene))
    grow_px = PlateOptions().grow_px
    assert grow_px == InpaintOptions().grow_px
    holes = [grow(mask, grow_px) for mask in drawn.masks]
    made = list(plates(drawn.frames, drawn.masks))
    pair = [p.plate for p in made], [p.unseen for p in made]
    done = list(inpaint(drawn.frames, drawn.masks, plates=pair))
    lost = []
    for index, (one, hole) in enumerate(zip(done, holes, strict=True)):
        seen = oracle.seen_somewhere(drawn, index, holes) & hole
        assert psnr(one.background, drawn.backgrounds[index], seen) >= 33
        np.testing.assert_array_equal(one.background[~hole], drawn.frames[index][~hole])
        lost.append((seen & made[index].unseen).sum() / seen.sum())
    assert np.mean(lost) < 0.01
