from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multiplane.core.errors import InputError
from multiplane.media.alpha_video import read_alpha_video
from multiplane.media.canvas import Canvas
from multiplane.media.clip import open_clip
from multiplane.media.colour import Colour, FromRgb
from multiplane.media.config import VideoOptions
from multiplane.media.planes import samples_of
from multiplane.media.writer import VideoWriter, write_video

SIZE = (96, 64)
GREEN = (43, 230, 64)


def scene(index: int, channels: int = 3) -> tuple[Any, list[Any]]:
    """A frame of one colour with two moving windows of noise, and the windows."""
    rng = np.random.default_rng(index)
    whole = np.empty((64, 96, channels), np.uint8)
    whole[:] = (*GREEN, 0)[:channels]
    windows = []
    for top, left in ((2 * index, 4 * index), (30, 80 - 6 * index)):
        window = slice(top, top + 22), slice(left, left + 14)
        whole[window] = rng.integers(0, 256, (22, 14, channels))
        windows.append((window, whole[window].copy()))
    return whole, windows


@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuv444p", "yuv422p10le", "bgr0", "yuva444p10le", "yuva420p", "bgra"],
)
def test_painted_is_converted_whole(pixel_format: str) -> None:
    channels = 4 if "a" in pixel_format else 3
    colour = Colour(1, 1, 1)
    canvas = Canvas(colour, pixel_format, SIZE, 2)
    for index in range(7):
        whole, windows = scene(index, channels)
        wanted = FromRgb(colour, pixel_format)(whole)
        found = canvas.paint((*GREEN, 0)[:channels], windows)
        for plane in range(len(wanted.planes)):
            assert np.array_equal(samples_of(found, plane), samples_of(wanted, plane)), index
        assert (found.colorspace, found.color_range) == (wanted.colorspace, wanted.color_range)
        assert (found.color_primaries, found.color_trc) == (1, 1) or "bgr" in pixel_format


def test_another_ground_covers_everything() -> None:
    canvas = Canvas(Colour(1), "bgra", SIZE, 1)
    canvas.paint((1, 2, 3, 4), scene(1, 4)[1])
    assert len(np.unique(samples_of(canvas.paint((9, 9, 9, 0), []), 0))) == 1


@pytest.mark.parametrize("codec", ["libx264", "prores_ks", "ffv1"])
def test_a_video_of_windows_is_that_of_whole_frames(make_clip, tmp_path: Path, codec: Any) -> None:
    clip = open_clip(make_clip("s.mp4", 20, audio="aac"))
    options = VideoOptions(codec=codec, speed="ultrafast")
    frames = [(unit.pts, scene(unit.index % 8)[0]) for unit in clip.frames()]
    write_video(tmp_path / "a.mkv", frames, clip, options)
    with VideoWriter(tmp_path / "b.mkv", SIZE, clip, options) as writer:
        for unit in clip.coded_frames():
            writer.write_windows(GREEN, scene(unit.index % 8)[1], unit.pts)
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def test_windows_with_alpha_and_grey(tmp_path: Path) -> None:
    options = VideoOptions(codec="ffv1", alpha=True)
    with VideoWriter(tmp_path / "a.mkv", SIZE, 25, options) as writer:
        for index in range(3):
            writer.write_windows((0, 0, 0, 0), scene(index, 4)[1])
    for index, (_, frame) in enumerate(read_alpha_video(tmp_path / "a.mkv")):
        for window, picture in scene(index, 4)[1]:
            assert np.array_equal(frame[window], picture)
    grey = VideoOptions(codec="ffv1", pixel_format="gray")
    window = slice(2, 8), slice(4, 10)
    with VideoWriter(tmp_path / "g.mkv", SIZE, 25, grey) as writer:
        writer.write_windows((0,), [(window, np.full((6, 6), 200, np.uint8))])
    (unit,) = open_clip(tmp_path / "g.mkv").frames()
    assert unit.frame.sum() == 36 * 3 * 200
    assert (unit.frame[window] == 200).all()


@pytest.mark.parametrize(
    ("ground", "window", "shape", "told"),
    [
        (GREEN, (slice(1, 9), slice(0, 8)), (8, 8, 3), "a window is 1:9"),
        (GREEN, (slice(0, 8), slice(0, 8)), (8, 6, 3), "frame is 6x8, the video is 8x8"),
        ((0, 0, 0, 0), (slice(0, 8), slice(0, 8)), (8, 8, 3), "wanted uint8"),
    ],
)
def test_what_is_no_window(
    tmp_path: Path, ground: Any, window: Any, shape: tuple[int, ...], told: str
) -> None:
    with pytest.raises(InputError, match=told), VideoWriter(tmp_path / "a.mp4", SIZE, 25) as writer:
        writer.write_windows(ground, [(window, np.zeros(shape, np.uint8))])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_the_source_goes_on_outside_of_the_windows(make_clip, tmp_path: Path, codec: Any) -> None:
    clip = open_clip(make_clip("s.mp4", 6))
    options = VideoOptions(codec=codec, quality=0 if codec != "ffv1" else None, speed="ultrafast")
    white = np.full((20, 30, 3), 255, np.uint8)
    window = slice(8, 28), slice(40, 70)
    with VideoWriter(tmp_path / "a.mkv", SIZE, clip, options) as writer:
        for unit in clip.coded_frames():
            writer.write_windows(unit, [(window, white)], unit.pts)
    for old, new in zip(clip.frames(), open_clip(tmp_path / "a.mkv").frames(), strict=True):
        assert (new.frame[window][2:-2, 2:-2] >= 254).all()
        error = np.abs(new.frame.astype(int) - old.frame)
        error[6:30, 38:72] = 0
        assert error.max() == 0


def test_samples_of_the_source_are_taken_over(make_clip) -> None:
    clip = open_clip(make_clip("s.mp4", 2, colorspace=6, color_range=1))
    unit = next(clip.coded_frames())
    same = Canvas(clip.colour, "yuv420p", SIZE, 1).paint(unit, [])
    other = Canvas(Colour(1), "yuv420p", SIZE, 1).paint(unit, [])
    for index in range(3):
        assert np.array_equal(samples_of(same, index), samples_of(unit.coded, index))
    assert not np.array_equal(samples_of(other, 1), samples_of(unit.coded, 1))


def test_a_source_of_another_size(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("s.mp4", 2, size=(64, 48)))
    with (
        pytest.raises(InputError, match="frame is 64x48, the video is 96x64"),
        VideoWriter(tmp_path / "a.mp4", SIZE, clip) as writer,
    ):
        writer.write_windows(next(clip.coded_frames()), [])
