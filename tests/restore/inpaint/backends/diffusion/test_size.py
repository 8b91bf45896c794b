from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from multiplane.restore.inpaint.backends.diffusion.size import (
    MOST_ENLARGED,
    Axis,
    find_size,
)

SIDES = st.integers(1, 12_000)


@given(SIDES, SIDES, st.sampled_from([64, 512, 768]), st.floats(1, 8), st.sampled_from([16, 64]))
def test_a_crop_keeps_its_shape_and_nears_the_area(
    height: int, width: int, size_px: int, max_shrink: float, step_px: int
) -> None:
    size = find_size((height, width), size_px, max_shrink, step_px)
    assert size.crop == (height, width)
    wanted = size_px / math.sqrt(height * width)
    ratio = math.sqrt(math.prod(size.scaled) / (height * width))
    for axis in (size.down, size.across):
        assert axis.painted % step_px == 0
        assert 0 <= axis.painted - axis.scaled < step_px
    scales = [axis.scaled / axis.crop for axis in (size.down, size.across)]
    off_by_one_px = max(1 / height, 1 / width)
    assert abs(scales[0] - scales[1]) <= off_by_one_px
    assert min(scales) >= 1 / max_shrink - off_by_one_px
    assert max(scales) <= MOST_ENLARGED + off_by_one_px
    if wanted < 1 / max_shrink:
        assert abs(ratio - 1 / max_shrink) <= off_by_one_px
    elif wanted < 1:
        assert abs(ratio - wanted) <= off_by_one_px
    elif max(height, width) * min(wanted, MOST_ENLARGED) <= 2 * size_px:
        assert ratio >= min(wanted, MOST_ENLARGED) / 1.1 - off_by_one_px


def test_what_fits_is_painted_at_its_own_size() -> None:
    for side in (512, 500, 470):
        assert find_size((side, side), 512, 2.0, 64).scaled == (side, side)
    assert find_size((700, 700), 512, 2.0, 64).scaled == (512, 512)
    assert find_size((700, 700), 512, 1.0, 64).scaled == (700, 700)
    assert find_size((4000, 3000), 512, 2.0, 64).scaled == (2000, 1500)
    assert find_size((128, 128), 512, 2.0, 64).scaled == (512, 512)
    assert find_size((8, 8), 512, 2.0, 64).scaled == (128, 128)
    assert find_size((1, 600), 512, 2.0, 64).scaled[1] <= 1024


@given(st.integers(1, 60), st.integers(1, 90), st.integers(0, 40), st.data())
def test_what_was_added_is_the_picture_reflected(
    crop: int, scaled: int, more: int, data: st.DataObject
) -> None:
    axis = Axis(crop, scaled, scaled + more)
    shown = axis.shown(0, axis.painted)
    assert np.array_equal(shown, np.pad(np.arange(scaled), (0, more), "reflect"))
    start = data.draw(st.integers(0, axis.painted - 1))
    stop = data.draw(st.integers(start + 1, axis.painted))
    assert np.array_equal(axis.shown(start, stop), shown[start:stop])
    # pixel k of the crop lies under a scaled one where their intervals share more than a point
    under = [
        k
        for k in range(crop)
        if any(j * crop < (k + 1) * scaled and k * scaled < (j + 1) * crop
               for j in shown[start:stop])
    ]  # fmt: skip
    assert axis.reach(start, stop) == (under[0], under[-1] + 1)
    assert under == list(range(under[0], under[-1] + 1))
