from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import OutputError
from multiplane.media.verify import compare, verify


def test_a_file_equals_itself(make_clip) -> None:
    path = make_clip("a.mp4", 10, audio="aac")
    found = verify(path, path)
    assert found.frames == (10, 10)
    assert found.largest_time_error_s == 0
    assert found.same_timing
    assert found.same_sound


def test_a_missing_frame_is_found(make_clip) -> None:
    first, second = make_clip("a.mp4", 10), make_clip("b.mp4", 9)
    assert compare(first, second).frames == (10, 9)
    with pytest.raises(OutputError, match="has 9 frames") as caught:
        verify(first, second)
    assert "write it again" in caught.value.fix


def test_a_moved_frame_is_found(make_clip) -> None:
    first, second = make_clip("a.mp4", [0, 40, 80]), make_clip("b.mp4", [0, 43, 80])
    assert compare(first, second).largest_time_error_s == pytest.approx(0.003)
    with pytest.raises(OutputError, match=r"off by up to 0\.003"):
        verify(first, second)


def test_lost_sound_is_found(make_clip, tmp_path: Path) -> None:
    first, second = make_clip("a.mp4", 10, audio="aac"), make_clip("b.mp4", 10)
    with pytest.raises(OutputError, match="0 packets") as caught:
        verify(first, second)
    assert "name the output .mkv" in caught.value.fix
    assert verify(first, second, sound=False).frames == (10, 10)
