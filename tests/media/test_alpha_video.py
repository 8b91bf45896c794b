from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.alpha_video import read_alpha_video
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.writer import VideoWriter, write_video

KINDS = [("prores_ks", "a.mov", 1, 1), ("ffv1", "a.mkv", 0, 0), ("libvpx-vp9", "a.webm", 12, 8)]


def picture(index: int, size: tuple[int, int] = (96, 64)) -> np.ndarray[Any, Any]:
    """A soft disk over straight colours that go on under alpha 0."""
    width, height = size
    frame = np.zeros((height, width, 4), np.uint8)
    frame[..., 0] = np.linspace(20, 230, width)
    frame[..., 1] = np.linspace(240, 10, height)[:, None]
    frame[..., 2] = 60 + 5 * index
    disk = np.zeros((height, width), np.uint8)
    cv2.circle(disk, (30 + 4 * index, 30), 18, 255, -1)
    frame[..., 3] = cv2.GaussianBlur(disk, (0, 0), 2)
    return frame


@pytest.mark.parametrize("times", [8, [0, 20, 77, 121, 150, 240, 241, 300]])
@pytest.mark.parametrize(("codec", "name", "rgb_error", "alpha_error"), KINDS)
def test_there_and_back(
    make_clip, tmp_path: Path, codec: Any, name: str, rgb_error: int, alpha_error: int, times: Any
) -> None:
    clip = open_clip(make_clip("s.mp4", times, audio="libopus" if "webm" in name else "aac"))
    options = VideoOptions(codec=codec, alpha=True, speed="ultrafast")
    with VideoWriter(tmp_path / name, (96, 64), clip, options) as writer:
        for unit in clip.frames():
            writer.write(picture(unit.index), unit.pts)
    assert writer.notes == []
    found = [frame for _, frame in read_alpha_video(tmp_path / name)]
    assert len(found) == 8
    for index, frame in enumerate(found):
        error = np.abs(frame.astype(int) - picture(index))
        assert error[..., 3].max() <= alpha_error
        assert error[..., :3].max() <= rgb_error or codec == "libvpx-vp9"
        assert error[..., :3].mean() <= max(rgb_error, 0.0)


@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_the_matrix_of_the_source_is_used(make_clip, tmp_path: Path, matrix: int) -> None:
    tags = {"colorspace": matrix, "color_range": 1, "color_primaries": 1, "color_trc": 1}
    clip = open_clip(make_clip("s.mp4", 2, **tags))
    options = VideoOptions(codec="prores_ks", alpha=True)
    write_video(tmp_path / "a.mov", [(0, picture(0)), (640, picture(1))], clip, options)
    assert open_clip(tmp_path / "a.mov").colour.matrix == matrix
    (_, first), _ = read_alpha_video(tmp_path / "a.mov")
    assert np.abs(first.astype(int) - picture(0)).max() <= 1


@pytest.mark.parametrize(("codec", "name", "rgb_error", "alpha_error"), KINDS)
def test_odd_sides(tmp_path: Path, codec: Any, name: str, rgb_error: int, alpha_error: int) -> None:
    size = (47, 33)
    options = VideoOptions(codec=codec, alpha=True, speed="ultrafast")
    write_video(tmp_path / name, [picture(0, size)], 25, options)
    ((_, frame),) = read_alpha_video(tmp_path / name)
    assert frame.shape == (33, 47, 4)
    assert np.abs(frame[..., 3].astype(int) - picture(0, size)[..., 3]).max() <= alpha_error


def test_every_level_of_alpha_in_prores(tmp_path: Path) -> None:
    frame = np.full((16, 256, 4), 128, np.uint8)
    frame[..., 3] = np.arange(256)
    write_video(tmp_path / "a.mov", [frame], 25, VideoOptions(codec="prores_ks", alpha=True))
    ((_, found),) = read_alpha_video(tmp_path / "a.mov")
    assert np.array_equal(found[..., 3], frame[..., 3])


def test_colour_under_no_alpha_is_kept_straight(tmp_path: Path) -> None:
    frame = np.zeros((32, 32, 4), np.uint8)
    frame[..., :3] = (200, 30, 90)
    for codec, name, error, _ in KINDS[:2]:
        options = VideoOptions(codec=codec, alpha=True)  # type: ignore[arg-type]
        write_video(tmp_path / name, [frame], 25, options)
        ((_, found),) = read_alpha_video(tmp_path / name)
        assert np.abs(found.astype(int) - frame).max() <= error


def test_video_without_alpha(make_clip) -> None:
    with pytest.raises(InputError, match="is h264 in yuv420p, without alpha") as caught:
        next(iter(read_alpha_video(make_clip("a.mp4", 2))))
    assert "ProRes 4444" in caught.value.fix


@pytest.mark.parametrize(("codec", "name"), [("ffv1", "a.mkv"), ("libvpx-vp9", "a.webm")])
def test_a_file_cut_off(tmp_path: Path, codec: Any, name: str) -> None:
    options = VideoOptions(codec=codec, alpha=True)
    write_video(tmp_path / name, [picture(i) for i in range(6)], 25, options)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(DamagedFileError, match="is cut off") as caught:
        list(read_alpha_video(tmp_path / name))
    assert "write or copy it again" in caught.value.fix
