from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multiplane.core.errors import InputError, OutputError
from multiplane.media import png_sequence
from multiplane.media.clip import open_clip
from multiplane.media.png_sequence import PngSequenceWriter
from multiplane.media.timestamps import read_timestamps
from multiplane.media.verify import verify

SIZE = (24, 16)


def picture(index: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(index).integers(0, 256, (16, 24, 4)).astype(np.uint8)


@pytest.mark.parametrize("times", [12, [0, 20, 77, 121, 150, 240, 241, 300, 999]])
@pytest.mark.parametrize("name", ["s.mp4", "s.mkv", "s.ts"])
def test_pictures_times_and_sound_are_kept(
    make_clip, tmp_path: Path, name: str, times: Any
) -> None:
    clip = open_clip(make_clip(name, times, audio="aac"))
    with PngSequenceWriter(tmp_path / "out", SIZE, clip) as writer:
        stamps = [unit.pts for unit in clip.frames()]
        for index, pts in enumerate(stamps):
            writer.write(picture(index), pts)
    assert writer.notes == []
    listed = read_timestamps(tmp_path / "out")
    assert list(listed.pts) == stamps
    assert listed.time_base == clip.time_base
    for index, file in enumerate(listed.files):
        assert np.array_equal(read_rgba(tmp_path / "out" / file), picture(index))
    found = verify(clip.path, tmp_path / "out")
    assert found.frames == (len(stamps), len(stamps))
    assert found.largest_time_error_s < 1e-9
    assert found.same_sound
    assert found.tracks[0].packets[0] > 5
    assert {p.name for p in tmp_path.iterdir()} == {name, "out"}


def read_rgba(path: Path) -> np.ndarray[Any, Any]:
    from PIL import Image  # noqa: PLC0415

    return np.array(Image.open(path))


def test_a_missing_picture_is_found(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("s.mp4", 4))
    with PngSequenceWriter(tmp_path / "out", SIZE, clip) as writer:
        for unit in clip.frames():
            writer.write(picture(0), unit.pts, unit.index)
    (tmp_path / "out" / "000002.png").unlink()
    with pytest.raises(OutputError, match="holds 3 pictures, its timestamps are of 4") as caught:
        verify(clip.path, tmp_path / "out")
    assert "000002.png is missing" in caught.value.what
    assert "write it again" in caught.value.fix


def test_a_frame_left_out_is_found(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("s.mp4", 4))
    with PngSequenceWriter(tmp_path / "out", SIZE, clip) as writer:
        for unit in list(clip.frames())[:3]:
            writer.write(picture(0), unit.pts)
    with pytest.raises(OutputError, match=r"has 3 frames .*has 4"):
        verify(clip.path, tmp_path / "out")


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").touch()
    with pytest.raises(RuntimeError), PngSequenceWriter(tmp_path / "out", SIZE, 25) as writer:
        writer.write(picture(0))
        raise RuntimeError
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "old"]
    with PngSequenceWriter(tmp_path / "out", SIZE, 25) as writer:
        writer.write(picture(0))
    assert {p.name for p in tmp_path.rglob("*")} == {"out", "000000.png", "timestamps.json"}


def test_numbers_of_the_source(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="picture 7 came after 7") as caught,
        PngSequenceWriter(tmp_path / "out", SIZE, 25) as writer,
    ):
        writer.write(picture(0)[..., :3], number=7)
        writer.write(picture(0)[..., 3], number=7)
    assert "in order" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_other_pictures_are_refused(tmp_path: Path) -> None:
    for odd in (np.zeros((16, 25, 4), np.uint8), np.zeros((16, 24), np.float32)):
        with (
            pytest.raises(InputError, match=r"wanted uint8 \(H, W, 4\) of 24x16") as caught,
            PngSequenceWriter(tmp_path / "out", SIZE, 25) as writer,
        ):
            writer.write(odd)
        assert "resize or convert" in caught.value.fix


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(png_sequence, "encode", full)
    with (
        pytest.raises(OutputError, match="no space left") as caught,
        PngSequenceWriter(tmp_path / "out", SIZE, 25) as writer,
    ):
        for index in range(9):
            writer.write(picture(index))
    assert "free some space" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match="cannot write"),
        PngSequenceWriter(tmp_path / "file" / "out", SIZE, 25),
    ):
        pass
