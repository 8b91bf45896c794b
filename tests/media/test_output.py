from __future__ import annotations

import errno
from pathlib import Path

import av
import numpy as np
import pytest

from multiplane.core.errors import BackendError, InputError, OutputError
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.output import metadata_of, open_output, plain_errors
from multiplane.media.writer import write_video


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    frames = [np.full((32, 48, 3), 40 * i, np.uint8) for i in range(4)]
    for name, codec in (("mkv", "ffv1"), ("mov", "prores_ks"), ("mp4", "libx264")):
        options = VideoOptions(codec=codec, speed="ultrafast")  # type: ignore[arg-type]
        for folder in ("one", "two"):
            write_video(tmp_path / folder / f"a.{name}", frames, 25, options)
        first, second = ((tmp_path / f / f"a.{name}").read_bytes() for f in ("one", "two"))
        assert first == second


def test_a_title_is_kept_and_what_describes_the_file_is_not(make_clip) -> None:
    kept = metadata_of(open_clip(make_clip("a.mkv", 2)))
    assert {key.lower() for key in kept} == {"title"}


def test_an_error_in_the_block_is_the_one_that_is_seen(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="mine"), open_output(tmp_path / "a.mkv"):
        raise RuntimeError("mine")


def test_unknown_suffixes(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="not a video container") as caught,
        open_output(tmp_path / "a.abc"),
    ):
        pass
    assert "name it .mp4, .mov, .mkv or .webm" in caught.value.fix


def test_errors_in_plain_words() -> None:
    full = av.error.OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="no space left") as spent, plain_errors(Path("a.mkv")):
        raise full
    assert "free some space" in spent.value.fix
    with (
        pytest.raises(BackendError, match=r"the encoder failed on a\.mkv: no") as broken,
        plain_errors(Path("a.mkv")),
    ):
        raise av.error.ExternalError(1, "no")
    assert "choose another codec" in broken.value.fix
