from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.media.clip import open_clip


@pytest.mark.parametrize("size", [(96, 64), (320, 300)])
def test_the_whole_frame_is_that_of_frames(make_clip, size: tuple[int, int]) -> None:
    clip = open_clip(make_clip("a.mp4", 5, size=size))
    for plain, coded in zip(clip.frames(), clip.coded_frames(), strict=True):
        assert (coded.index, coded.pts, coded.time_s) == (plain.index, plain.pts, plain.time_s)
        assert np.array_equal(coded.rgb(), plain.frame)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    from multiplane.media.config import VideoOptions  # noqa: PLC0415
    from multiplane.media.writer import write_video  # noqa: PLC0415

    noise = np.random.default_rng(0).integers(0, 256, (150, 200, 3)).astype(np.uint8)
    path = tmp_path_factory.mktemp("coded") / "a.mp4"
    write_video(path, [noise], 25, VideoOptions(quality=10, speed="ultrafast"))
    (frame,) = open_clip(path).coded_frames()
    return frame, frame.rgb()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_window_is_what_the_whole_has_there(drawn: tuple[Any, Any], data: st.DataObject) -> None:
    frame, whole = drawn
    top, left = data.draw(st.integers(0, 149)), data.draw(st.integers(0, 199))
    bottom, right = data.draw(st.integers(top + 1, 150)), data.draw(st.integers(left + 1, 200))
    window = slice(top, bottom), slice(left, right)
    assert np.array_equal(frame.rgb(window), whole[window])


def test_from_many_threads(drawn: tuple[Any, Any]) -> None:
    frame, whole = drawn
    windows = [(slice(y, y + 40), slice(x, x + 30)) for y in range(0, 100, 20) for x in (0, 50, 90)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(frame.rgb, windows))
    assert all(np.array_equal(a, whole[w]) for a, w in zip(found, windows, strict=True))


def test_part_of_a_clip(make_clip) -> None:
    clip = open_clip(make_clip("a.mp4", 60))
    assert [frame.index for frame in clip.coded_frames(50, 53)] == [50, 51, 52]
