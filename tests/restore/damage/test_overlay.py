from __future__ import annotations

import numpy as np

from multiplane.restore.damage.overlay import COLOURS, GROWN, paint


def test_kinds_have_their_colours_and_the_rest_stays() -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    before = frame.copy()
    kinds = {kind: np.zeros((40, 50), np.bool_) for kind in COLOURS}
    kinds["cracks"][5] = kinds["losses"][10:20, 5:15] = kinds["stains"][25:35, 5:15] = True
    mask = np.logical_or.reduce([*kinds.values()])
    mask[37:39] = True
    painted = paint(frame, mask, kinds)
    assert np.array_equal(frame, before)
    assert np.array_equal(painted[~mask], frame[~mask])
    assert tuple(painted[10, 5]) == COLOURS["losses"]
    assert tuple(painted[25, 14]) == COLOURS["stains"]
    inside = painted[14, 9].astype(int) - np.rint(
        0.6 * frame[14, 9] + 0.4 * np.array(COLOURS["losses"])
    )
    assert np.abs(inside).max() <= 1
    assert painted[5, :, 0].min() >= 204
    assert not np.array_equal(painted[38], frame[38])
    assert np.allclose(painted[38], 0.7 * frame[38] + 0.3 * np.array(GROWN), atol=1)
