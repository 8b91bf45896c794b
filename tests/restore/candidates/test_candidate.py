from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.restore.candidates.candidate import Candidate, Ground, check_ground
from multiplane.restore.candidates.damage import find_damage


def test_pictures_are_made_when_asked_for(canvas: Frame, loss: Mask) -> None:
    damage = find_damage(loss, 2)
    values = np.full((len(damage.places), 3), 9, np.uint8)
    shares = damage.shares(2, 255)
    alpha = np.full(loss.shape, 255, np.uint8)
    alpha[10:20] = 0
    one = Candidate(1, "b", "b", 4, {}, Ground(canvas, alpha), damage, values, shares)
    picture, solid = one.restored
    assert np.array_equal(one.picture, picture)
    assert (picture[loss] == 9).all()
    assert np.array_equal(picture[~damage.hole], canvas[~damage.hole])
    assert solid is not None
    assert (solid[loss] == 255).all()
    assert np.array_equal(solid[~damage.hole], alpha[~damage.hole])
    assert np.array_equal(one.layer.alpha > 0, damage.hole)
    assert (one.layer.levels[damage.hole] == 9).all()


@pytest.mark.parametrize(
    ("ground", "fix"),
    [
        (Ground(np.zeros((4, 4, 3), np.float32)), "read it with multiplane.media.levels"),
        (Ground(np.zeros((4, 4), np.uint8)), "read it with multiplane.media.levels"),
        (Ground(np.zeros((0, 4, 3), np.uint8)), "read it with multiplane.media.levels"),
        (
            Ground(np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4), np.uint8)),
            "alpha = picture[..., 3]",
        ),
        (
            Ground(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8)),
            "alpha = picture[..., 3]",
        ),
    ],
)
def test_other_arrays_are_refused(ground: Ground, fix: str) -> None:
    with pytest.raises(InputError, match="wanted") as caught:
        check_ground(ground)
    assert caught.value.fix.startswith(fix)
