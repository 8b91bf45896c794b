from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.errors import OutputError
from multiplane.media.clip import Clip, open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.png_sequence import PngSequenceWriter
from multiplane.media.writer import VideoWriter
from multiplane.split.export.proof import Given, prove

TIMES = [0, 40, 95, 160, 171, 260]


@pytest.fixture
def clip(make_source) -> Clip:
    return open_clip(make_source(times=TIMES, sound=1))


def written(path: Path, clip: Clip, pts: list[int], sound: str = "keep") -> Path:
    options = VideoOptions(speed="ultrafast", sound=sound)  # type: ignore[arg-type]
    with VideoWriter(path, clip.size, clip, options) as writer:
        for stamp in pts:
            writer.write(np.zeros((clip.height, clip.width, 3), np.uint8), stamp)
    return path


def stamps(clip: Clip) -> list[int]:
    return [frame.pts for frame in clip.frames()]


def test_a_whole_clip_with_its_sound(clip: Clip, tmp_path: Path) -> None:
    pts = stamps(clip)
    found = prove(Given(clip, pts, True), written(tmp_path / "a.mp4", clip, pts), True)
    assert found.frames == (6, 6)
    assert found.largest_time_error_s == 0
    assert found.sound == "copied"
    assert found.sound_packets is not None
    assert found.sound_packets[0] == found.sound_packets[1] > 0


def test_what_became_of_the_sound_is_told(clip: Clip, make_source, tmp_path: Path) -> None:
    pts = stamps(clip)
    quiet = written(tmp_path / "quiet.mp4", clip, pts, "drop")
    assert prove(Given(clip, pts, True), quiet, False).sound == "dropped"
    silent = open_clip(make_source("silent.mp4", times=TIMES))
    assert prove(Given(silent, pts, True), quiet, True).sound == "none"
    for whole in (True, False):
        with pytest.raises(OutputError, match=r"has 0 tracks of sound, .* has 1") as caught:
            prove(Given(clip, pts, whole), quiet, True)
        assert "export.sound=drop" in caught.value.fix


@pytest.mark.parametrize("whole", [True, False])
def test_a_missing_frame_is_an_error_with_both_numbers(
    clip: Clip, tmp_path: Path, whole: bool
) -> None:
    pts = stamps(clip)
    short = written(tmp_path / "short.mp4", clip, pts[:-1])
    with pytest.raises(OutputError) as caught:
        prove(Given(clip, pts, whole), short, True)
    assert "5 frames" in caught.value.what
    assert "6" in caught.value.what.replace("5 frames", "")
    assert ".mkv" in caught.value.fix


def test_a_part_is_held_against_its_own_times(clip: Clip, tmp_path: Path) -> None:
    pts = stamps(clip)[2:5]
    part = written(tmp_path / "part.mp4", clip, pts, "drop")
    found = prove(Given(clip, pts, False), part, False)
    assert (found.frames, found.sound_packets) == ((3, 3), None)
    assert found.largest_time_error_s == 0
    moved = [pts[0], pts[1] + round(Fraction(1, 50) / clip.time_base), pts[2]]
    late = written(tmp_path / "late.mp4", clip, moved, "drop")
    with pytest.raises(OutputError, match=r"off by up to 0.02 s"):
        prove(Given(clip, pts, False), late, False)


def test_sound_beside_a_part_of_the_picture_is_not_called_proven(
    clip: Clip, tmp_path: Path
) -> None:
    pts = stamps(clip)[:4]
    part = written(tmp_path / "part.mp4", clip, pts, "keep")
    found = prove(Given(clip, pts, False), part, True)
    assert (found.frames, found.sound_packets, found.sound) == ((4, 4), None, "unproven")


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_of_pictures_is_proven_too(clip: Clip, tmp_path: Path, whole: bool) -> None:
    pts = stamps(clip) if whole else stamps(clip)[2:5]
    sound = "keep" if whole else "drop"
    black = np.zeros((clip.height, clip.width, 4), np.uint8)
    with PngSequenceWriter(tmp_path / "a", clip.size, clip, sound=sound) as writer:  # type: ignore[arg-type]
        for stamp in pts:
            writer.write(black, stamp)
    found = prove(Given(clip, pts, whole), tmp_path / "a", whole)
    assert found.frames == (len(pts), len(pts))
    assert found.sound == ("copied" if whole else "dropped")
    (tmp_path / "a" / "000001.png").unlink()
    with pytest.raises(OutputError, match=r"000001\.png is missing"):
        prove(Given(clip, pts, whole), tmp_path / "a", whole)


def test_a_part_whose_timestamps_do_not_rise_keeps_its_frames(clip: Clip, tmp_path: Path) -> None:
    pts = stamps(clip)
    doubled = [pts[1], pts[2], pts[2], pts[2], pts[5]]
    part = written(tmp_path / "part.mp4", clip, doubled, "drop")
    assert prove(Given(clip, doubled, False), part, False).frames == (5, 5)
    short = written(tmp_path / "short.mp4", clip, doubled[:-1], "drop")
    with pytest.raises(OutputError, match="has 4 frames"):
        prove(Given(clip, doubled, False), short, False)
