from __future__ import annotations

from typing import Any

import av
import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.media.planes import (
    alpha_of,
    can_put,
    check_window,
    cut,
    plane_of,
    put,
    put_alpha,
    samples_of,
)

FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuva444p10le", "yuva420p", "gray",
           "bgra", "bgr0", "gbrp"]  # fmt: skip


def noise(pixel_format: str, size: tuple[int, int] = (48, 32)) -> av.VideoFrame:
    frame = av.VideoFrame(*size, pixel_format)
    rng = np.random.default_rng(0)
    for index in range(len(frame.planes)):
        samples = samples_of(frame, index)
        samples[:] = rng.integers(0, 200, samples.shape)
    return frame


def planes(frame: av.VideoFrame) -> list[np.ndarray[Any, Any]]:
    return [samples_of(frame, index).copy() for index in range(len(frame.planes))]


@pytest.mark.parametrize("size", [(48, 32), (47, 33)])
@pytest.mark.parametrize("pixel_format", FORMATS)
def test_what_was_cut_fits_where_it_was(pixel_format: str, size: tuple[int, int]) -> None:
    assert can_put(pixel_format)
    frame = noise(pixel_format, size)
    before = planes(frame)
    for window in ((slice(6, 20), slice(10, 32)), (slice(8, size[1]), slice(20, size[0]))):
        part = cut(frame, window)
        assert (part.height, part.width) == (
            window[0].stop - window[0].start, window[1].stop - window[1].start
        )  # fmt: skip
        other = noise("gray", size)  # something in between that must not matter
        assert other.width == size[0]
        put(frame, window, part)
        assert all(map(np.array_equal, planes(frame), before))
    assert np.array_equal(planes(part)[0], before[0][8:, 20:])


@pytest.mark.parametrize("pixel_format", FORMATS)
def test_only_the_window_changes(pixel_format: str) -> None:
    frame, part = noise(pixel_format), av.VideoFrame(16, 8, pixel_format)
    for index in range(len(part.planes)):
        samples_of(part, index)[:] = 7
    before = planes(frame)
    put(frame, (slice(4, 12), slice(20, 36)), part)
    for old, new in zip(before, planes(frame), strict=True):
        down, across = 32 // old.shape[0], 48 // old.shape[1]
        assert (new[4 // down : 12 // down, 20 // across : 36 // across] == 7).all()
        changed = np.argwhere(old != new)
        assert changed.min(axis=0).tolist() >= [4 // down, 20 // across]
        assert changed.max(axis=0)[0] < 12 // down
        assert changed.max(axis=0)[1] < 36 // across


def test_packed_chroma_cannot_be_put() -> None:
    assert not can_put("nv12")
    assert not can_put("rgb24")
    assert not can_put("p010le")


@pytest.mark.parametrize("pixel_format", ["yuva420p", "yuva444p10le"])
def test_alpha_comes_back(pixel_format: str) -> None:
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    frame = av.VideoFrame(16, 16, pixel_format)
    put_alpha(frame, alpha)
    assert np.array_equal(alpha_of(frame), alpha)
    assert int(plane_of(frame, 3).max()) == (1023 if "10" in pixel_format else 255)


def test_windows_are_checked() -> None:
    assert check_window((slice(2, 8), slice(0, 47)), (47, 33)) == (47, 6)
    for window in (
        (slice(1, 8), slice(0, 4)),
        (slice(0, 7), slice(0, 4)),
        (slice(0, 34), slice(0, 4)),
        (slice(0, 8), slice(4, 4)),
        (slice(-2, 8), slice(0, 4)),
    ):
        with pytest.raises(InputError, match="a window is") as caught:
            check_window(window, (47, 33))
        assert "even pixels" in caught.value.fix
