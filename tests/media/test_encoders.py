from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from multiplane.core.errors import InputError, MissingDependencyError
from multiplane.media import encoders
from multiplane.media.clip import open_clip
from multiplane.media.colour import colour_for
from multiplane.media.config import VideoOptions
from multiplane.media.encoders import Picture, add_encoder, try_encoder
from multiplane.media.writer import VideoWriter, write_video

SIZE = (64, 48)
FRAME = np.full((48, 64, 3), 90, np.uint8)


def picture(size: tuple[int, int] = SIZE) -> Picture:
    return Picture(size, Fraction(25), Fraction(1, 25), colour_for(size))


def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "try_encoder", lambda *_: "cannot load libcuda.so.1")


def test_trying_an_encoder_says_why_it_does_not_open() -> None:
    assert try_encoder("libx264", VideoOptions(), picture(), "yuv420p") is None
    refusal = try_encoder("libx264", VideoOptions(), picture((33, 47)), "yuv420p")
    assert refusal
    refusal = try_encoder("no_such_nvenc", VideoOptions(), picture(), "nv12")
    assert refusal == "this FFmpeg was built without no_such_nvenc"


def test_auto_falls_to_the_processor_and_says_so(monkeypatch, tmp_path: Path) -> None:
    no_card(monkeypatch)
    notes = write_video(tmp_path / "a.mp4", [FRAME], 25, VideoOptions(encoder="auto"))
    assert notes == ["no NVENC for 64x48 here (cannot load libcuda.so.1); libx264 encoded instead"]
    assert open_clip(tmp_path / "a.mp4").codec == "h264"


def test_by_name_it_must_be_there(monkeypatch, tmp_path: Path) -> None:
    no_card(monkeypatch)
    options = VideoOptions(codec="libx265", encoder="nvenc")
    with pytest.raises(MissingDependencyError, match="hevc_nvenc does not open") as caught:
        write_video(tmp_path / "a.mp4", [FRAME], 25, options)
    assert "cannot load libcuda.so.1" in caught.value.why
    assert "encoder: cpu" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_a_card_that_opens_is_taken(monkeypatch, tmp_path: Path) -> None:
    """With an encoder of the processor in the card's place; the choice is what is looked at."""
    monkeypatch.setitem(encoders.NVENC, "libx264", "libx265")
    monkeypatch.setattr(encoders, "_settings", lambda *_: {"x265-params": "log-level=error"})
    options = VideoOptions(encoder="auto")
    with VideoWriter(tmp_path / "a.mkv", SIZE, 25, options) as writer:
        writer.write(FRAME)
    assert writer.notes == ["encoded by the graphics card (libx265)"]
    assert open_clip(tmp_path / "a.mkv").codec == "hevc"


def test_the_processor_is_not_asked_for_a_card(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr(encoders, "try_encoder", None)
    assert write_video(tmp_path / "a.mp4", [FRAME], 25) == []


def test_what_nvenc_is_told() -> None:
    settings = encoders._settings("h264_nvenc", VideoOptions(quality=19, speed="slow"), picture())
    assert settings == {"preset": "p6", "rc": "vbr", "cq": "19", "b": "0"}
    with av.open("a.null", "w", format="null") as output:  # and FFmpeg knows these words
        stream: Any = output.add_stream("h264_nvenc", options=settings)
        assert stream.codec_context.name == "h264_nvenc"


@pytest.mark.parametrize("name", ["a.mp4", "a.mov"])
def test_the_alpha_of_vp9_is_not_lost_silently(tmp_path: Path, name: str) -> None:
    options = VideoOptions(codec="libvpx-vp9", alpha=True)
    with pytest.raises(InputError, match="cannot hold the alpha of VP9") as caught:
        write_video(tmp_path / name, [np.zeros((48, 64, 4), np.uint8)], 25, options)
    assert "name it a.webm" in caught.value.fix


def test_odd_sides_are_told(tmp_path: Path) -> None:
    options = VideoOptions(speed="ultrafast")
    (note,) = write_video(tmp_path / "a.mp4", [np.zeros((33, 47, 3), np.uint8)], 25, options)
    assert note.startswith("47x33 has an odd side, which yuv420p cannot have")


def test_hevc_is_tagged_for_players_of_apple(tmp_path: Path) -> None:
    options = VideoOptions(codec="libx265", speed="ultrafast")
    write_video(tmp_path / "a.mp4", [FRAME], 25, options)
    assert b"hvc1" in (tmp_path / "a.mp4").read_bytes()


def test_a_large_matte_is_cut_into_more_slices() -> None:
    options = VideoOptions(codec="ffv1")
    assert encoders._settings("ffv1", options, picture((6144, 3072)))["slices"] == "24"
    assert encoders._settings("ffv1", options, picture())["slices"] == "4"


@pytest.mark.parametrize("speed", ["ultrafast", "veryfast", "medium", "veryslow"])
def test_large_frames_do_not_pile_up_in_the_encoder(speed: Any) -> None:
    large, options = picture((6144, 3072)), VideoOptions(speed=speed)
    assert int(encoders._settings("libx264", options, large)["rc-lookahead"]) <= 12
    assert "rc-lookahead" not in encoders._settings("libx264", options, picture())
    other = VideoOptions(codec="libx265", speed=speed)
    assert "rc-lookahead=" in encoders._settings("libx265", other, large)["x265-params"]


@pytest.mark.parametrize("codec", ["libx264", "prores_ks"])
def test_few_threads_take_a_large_frame_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: Any
) -> None:
    monkeypatch.setattr(encoders, "_LARGE", 64 * 48)
    monkeypatch.setattr(encoders, "cpu_count", lambda: 64)
    with av.open(str(tmp_path / "a.mkv"), "w") as output:
        options = VideoOptions(codec=codec)
        stream, _ = add_encoder(output, tmp_path / "a.mkv", picture(), options)
        if codec == "libx264":
            assert stream.codec_context.thread_count == 6
        else:
            assert stream.codec_context.thread_type.name == "SLICE"


def test_add_encoder_opens_it(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mkv"), "w") as output:
        stream, notes = add_encoder(output, tmp_path / "a.mkv", picture(), VideoOptions())
        assert stream.codec_context.is_open
        assert notes == []
