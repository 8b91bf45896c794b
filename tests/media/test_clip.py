from __future__ import annotations

import struct
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.verify import verify
from multiplane.media.writer import write_video


def test_what_is_known(make_clip) -> None:
    clip = open_clip(make_clip("a.mp4", 30, audio="aac"))
    assert clip.size == (clip.width, clip.height) == (96, 64)
    assert clip.rate == 25
    assert clip.time_base == Fraction(1, 16000)
    assert clip.frame_count == clip.count() == 30
    assert clip.duration_s == pytest.approx(1.2)
    assert clip.has_audio
    assert clip.audio_codecs == ("aac",)
    assert clip.codec == "h264"
    assert clip.missing_bytes == 0
    assert clip.rotation == 0
    assert not open_clip(make_clip("b.mp4", 3)).has_audio


def test_frames_with_their_own_times(make_clip) -> None:
    times = [0, 20, 77, 121, 150, 240, 241, 300]
    clip = open_clip(make_clip("a.mp4", times))
    found = list(clip.frames())
    assert [f.index for f in found] == list(range(8))
    assert [f.time_s for f in found] == pytest.approx([t / 1000 for t in times])
    assert all(f.frame.shape == (64, 96, 3) and f.frame.flags.writeable for f in found)


def test_a_range_makes_sense(make_clip) -> None:
    clip = open_clip(make_clip("a.mp4", 3))
    assert not list(clip.frames(2, 2))
    for start, stop, step in ((-1, None, 1), (2, 1, 1), (0, None, 0)):
        with pytest.raises(InputError) as caught:
            clip.frames(start, stop, step)
        assert "step >= 1" in caught.value.fix


def test_dropping_the_stream_ends_its_thread(make_clip) -> None:
    clip = open_clip(make_clip("a.mp4", 60))
    with clip.frames() as frames:
        next(frames)
        assert any(t.name == "decode a.mp4" for t in threading.enumerate())
    assert not any(t.name == "decode a.mp4" for t in threading.enumerate())


def test_a_phone_held_upright(make_clip) -> None:
    path = make_clip("a.mp4", 3)
    plain = [f.frame for f in open_clip(path).frames()]
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 4 + 40
    quarter = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)  # clockwise when shown
    struct.pack_into(">9i", data, matrix, *quarter)
    path.write_bytes(data)
    clip = open_clip(path)
    assert clip.rotation == -90
    assert clip.size == (64, 96)
    for turned, frame in zip(clip.frames(), plain, strict=True):
        assert np.array_equal(turned.frame, np.rot90(frame, -1))


def test_a_mean_rate_of_a_frame_a_tick_is_not_believed(make_clip, tmp_path: Path) -> None:
    times = [0, 33, 67, 100, 133, 167, 20000, 20033, 20067, 20100, 20133, 20167]
    source, broken = make_clip("a.mkv", times, max_b_frames=0), tmp_path / "b.mkv"
    with av.open(str(source)) as old, av.open(str(broken), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    with av.open(str(broken)) as container:
        assert container.streams.video[0].average_rate >= 1000
    clip = open_clip(broken)
    assert clip.rate == 30
    options = VideoOptions(codec="libvpx-vp9", speed="ultrafast")
    write_video(tmp_path / "c.webm", clip.frames(), clip, options)
    assert verify(broken, tmp_path / "c.webm").frames == (12, 12)


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def test_cut_off_in_the_middle(make_clip) -> None:
    path = make_clip("a.mp4", 60, front=True)  # once: x264 need not write the same file twice
    whole = [f.frame for f in open_clip(path).frames()]
    clip = open_clip(cut(path, 0.6))
    assert clip.missing_bytes > 0
    found = []
    with pytest.raises(DamagedFileError, match="frames were read, then") as caught:
        found.extend(f.frame for f in clip.frames())
        for unit in clip.frames():
            found.append(unit.frame)
    assert "go on with the frames before the damage" in caught.value.fix
    stream = clip.frames(on_damage="stop")
    found = [unit.frame for unit in stream]
    assert 5 < len(found) < 60
    assert all(np.array_equal(a, b) for a, b in zip(found, whole, strict=False))
    assert stream.damage is not None
    assert stream.damage.what.startswith(f"{clip.path} is damaged: {len(found)} of 60 frames")
    assert stream.read == len(found)


@pytest.mark.parametrize("name", ["a.mkv", "a.avi"])
def test_other_containers_cut_off(make_clip, name: str) -> None:
    stream = open_clip(cut(make_clip(name, 60), 0.6)).frames(on_damage="stop")
    assert 3 < len(list(stream)) < 60
    assert stream.damage is not None


def test_overwritten_in_the_middle(make_clip) -> None:
    path = make_clip("a.mp4", 60, front=True)
    whole = [f.frame for f in open_clip(path).frames()]
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half:] = bytes(len(data) - half)
    path.write_bytes(data)
    stream = open_clip(path).frames(on_damage="stop")
    found = [unit.frame for unit in stream]
    assert 3 < len(found) < 60
    assert stream.damage is not None
    assert all(np.array_equal(a, b) for a, b in zip(found, whole, strict=False))


def test_only_sound_missing_is_no_damage_to_the_picture(make_clip) -> None:
    path = make_clip("a.mp4", 12, audio="aac", front=True)
    whole = len(path.read_bytes())
    path.write_bytes(path.read_bytes()[: whole - 40])
    stream = open_clip(path).frames(on_damage="stop")
    assert len(list(stream)) == 12


def test_no_index(make_clip) -> None:
    with pytest.raises(DamagedFileError, match=r"is cut off .* its index is not there") as caught:
        open_clip(cut(make_clip("a.mp4", 60), 0.6))
    assert "copy it again" in caught.value.fix


@pytest.mark.parametrize("name", ["a.mp4", "a.txt", "a.mkv"])
def test_not_a_video(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("hello\n" * 50)
    with pytest.raises(InputError, match="is not a video") as caught:
        open_clip(tmp_path / name)
    assert "give a video file" in caught.value.fix


def test_a_playlist_opens_nothing_else(make_clip, tmp_path: Path) -> None:
    make_clip("real.mp4", 3)
    (tmp_path / "a.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nreal.mp4\n#EXT-X-ENDLIST\n")
    (tmp_path / "a.txt").write_text("ffconcat version 1.0\nfile real.mp4\n")
    for name in ("a.m3u8", "a.txt"):
        with pytest.raises(InputError, match="is not a video"):
            open_clip(tmp_path / name)


def test_empty_absent_and_folder(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    with pytest.raises(DamagedFileError, match="is empty") as caught:
        open_clip(tmp_path / "a.mp4")
    assert "copy or export it again" in caught.value.fix
    with pytest.raises(InputError, match="cannot be read: no such file") as missing:
        open_clip(tmp_path / "no.mp4")
    assert "give the path of a video file" in missing.value.fix
    with pytest.raises(InputError, match="is a folder") as folder:
        open_clip(tmp_path)
    assert "read_folder" in folder.value.fix


def test_sound_alone(make_clip, tmp_path: Path) -> None:
    path = make_clip("a.mp4", 5, audio="aac")
    with av.open(str(path)) as source, av.open(str(tmp_path / "s.mp4"), "w") as output:
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    with pytest.raises(InputError, match="no picture, only audio") as caught:
        open_clip(tmp_path / "s.mp4")
    assert caught.value.fix == "give a video file"


def test_cover_art_is_no_video(make_clip, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "s.mp4"), "w") as output:
        stream = output.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuvj420p"
        stream.disposition = av.stream.Disposition.attached_pic
        frame = av.VideoFrame(64, 64, "yuvj420p")
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(InputError, match="has no picture"):
        open_clip(tmp_path / "s.mp4")


def test_hdr_is_said(make_clip, caplog: pytest.LogCaptureFixture) -> None:
    assert open_clip(make_clip("a.mp4", 2, color_trc=16, colorspace=9)).colour.hdr == "PQ"
    assert "is PQ video: colours stay as coded" in caplog.text


def test_frames_are_bounded_before_decoding(make_clip) -> None:
    with pytest.raises(InputError, match="megapixels") as caught:
        open_clip(make_clip("a.mp4", 2), max_pixels=96 * 64 - 1)
    assert "max_pixels=6144" in caught.value.fix
