from __future__ import annotations

import numpy as np

from multiplane.media import banded

LEVELS = np.arange(7 * 5 * 3, dtype=np.uint8).reshape(7, 5, 3)
ALPHA = np.full((7, 5), 9, np.uint8)


def test_rows_together_are_the_picture() -> None:
    picture = banded.banded(LEVELS, ALPHA)
    assert np.array_equal(picture.whole(), np.dstack([LEVELS, ALPHA]))
    assert [len(part) for part in picture.bands(3)] == [3, 3, 1]
    assert picture.row_bytes == 5 * 4
    assert np.array_equal(banded.banded(LEVELS[..., 0], ALPHA).whole()[..., 1], ALPHA)


def test_channels_are_picked() -> None:
    picture = banded.banded(LEVELS)
    assert np.array_equal(picture.picked(1).whole(), LEVELS[..., 1])
    picked = picture.picked(2, 0)
    assert picked.shape == (7, 5, 2) and np.array_equal(picked.whole(), LEVELS[..., [2, 0]])


def test_rows_are_as_many_as_are_worth_while() -> None:
    many = banded.banded(np.zeros((3, banded.BAND_BYTES // 2), np.uint8))
    assert [len(part) for part in many.bands()] == [2, 1]
    wide = banded.banded(np.zeros((2, banded.BAND_BYTES + 1), np.uint8))
    assert [len(part) for part in wide.bands()] == [1, 1]
