from __future__ import annotations

from pathlib import Path

import pytest

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.clip import open_clip
from multiplane.split.chunks.extent import find_extent


def test_all_frames_of_a_whole_clip(make_clip) -> None:
    clip = open_clip(make_clip(times=20))
    for look_through in (False, True):
        found = find_extent(clip, look_through=look_through)
        assert (found.start, found.stop, found.frames, found.damage) == (0, 20, 20, None)


def test_uneven_clocks_are_cut_by_time(make_clip) -> None:
    clip = open_clip(make_clip(times=[0, 40, 95, 160, 400, 420]))
    found = find_extent(clip, start_s=0.04, stop_s=0.4)
    assert (found.start, found.stop, found.frames) == (1, 4, 6)
    looked = find_extent(clip, start_s=0.04, stop_s=0.4, look_through=True)
    assert (looked.start, looked.stop, looked.frames) == (1, 4, 6)


def test_a_time_without_frames_is_refused(make_clip) -> None:
    clip = open_clip(make_clip(times=10))
    with pytest.raises(InputError) as caught:
        find_extent(clip, start_s=5)
    assert "no frame from 5 s to its end; its last one is at 0.36 s" in caught.value.what
    assert caught.value.fix == "--set chunks.start_s=0, or any time before 0.36"


def test_a_clip_that_is_cut_off_counts_up_to_there(make_clip, tmp_path: Path) -> None:
    whole = make_clip("whole.mp4", times=60, front=True)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * 0.7)])
    clip = open_clip(cut)
    found = find_extent(clip)
    assert 0 < found.stop < 60
    assert found.frames == found.stop == sum(1 for _ in clip.frames(on_damage="stop"))
    assert found.damage is not None
    assert f"{found.frames} of 60 frames are whole" in found.damage.what
    assert "copy or export it again" in found.damage.fix


def test_damage_in_the_middle_is_found_when_looked_for(make_clip, tmp_path: Path) -> None:
    whole = make_clip("whole.mkv", times=60)
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = b"\xff" * 400
    torn = tmp_path / "torn.mkv"
    torn.write_bytes(bytes(data))
    clip = open_clip(torn)
    found = find_extent(clip, look_through=True)
    assert found.frames == sum(1 for _ in clip.frames(on_damage="stop"))
    assert 0 < found.frames < 60
    assert found.damage is not None


def test_nothing_whole_is_an_error(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("whole.mp4", times=30, front=True))
    data = clip.path.read_bytes()
    clip.path.write_bytes(data[: data.index(b"mdat") + 40])
    with pytest.raises(DamagedFileError) as caught:
        find_extent(clip, look_through=True)
    assert "copy" in caught.value.fix
