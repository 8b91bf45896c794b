from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.restore.candidates import bands as room
from multiplane.restore.candidates.bands import bands


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 20))
def test_a_box_filter_does_not_notice(height: int, beside: int) -> None:
    picture = np.random.default_rng(height).random((height, 5)).astype(np.float32)
    size = (1, 2 * beside + 1)
    border = cv2.BORDER_CONSTANT
    whole = cv2.boxFilter(picture, -1, size, normalize=False, borderType=border)
    found = np.full_like(whole, np.nan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "ROWS_PX", 50)
        for outer, inner, place in bands(picture.shape, beside):
            part = cv2.boxFilter(picture[outer], -1, size, normalize=False, borderType=border)
            found[place] = part.reshape(-1, 5)[inner]
            assert outer.stop - outer.start <= max(6 * beside, 10 + 2 * beside)
    assert np.allclose(found, whole, atol=1e-5)
