from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.restore.inpaint.backends.opencv import OpenCvInpainter, diffuse
from multiplane.restore.inpaint.config import OpenCvOptions


def test_a_slope_goes_on(blob: Mask) -> None:
    slope = np.repeat(np.arange(96, dtype=np.uint8)[:, None, None] * 2, 128, axis=1)
    frame: Frame = np.repeat(slope, 3, axis=2)
    filled = diffuse(frame, blob, ~blob)
    assert np.abs(filled.astype(int) - frame.astype(int)).mean() < 4


def test_both_methods_are_there(bricks: Frame, blob: Mask) -> None:
    telea, flow = (
        OpenCvInpainter(OpenCvOptions(method=method)).fill(bricks, blob, ~blob)
        for method in ("telea", "navier-stokes")
    )
    assert telea.by == flow.by == "opencv"
    assert not np.array_equal(telea.frame, flow.frame)


def test_without_a_known_pixel_it_says_so(bricks: Frame, blob: Mask) -> None:
    with pytest.raises(InputError) as caught:
        diffuse(bricks, blob, np.zeros_like(blob))
    assert "leave this picture out" in caught.value.fix
