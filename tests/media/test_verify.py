from __future__ import annotations

from pathlib import Path

import av
import pytest

from multiplane.core.errors import OutputError
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.verify import compare, verify
from multiplane.media.writer import write_video


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


@pytest.mark.parametrize(
    ("source", "result"),
    [("a.ts", "b.mp4"), ("a.ts", "b.mov"), ("a.ts", "b.mkv"), ("a.ts", "b.ts"), ("a.mp4", "b.ts")],
)
def test_sound_is_the_same_in_any_wrapping(
    make_clip, tmp_path: Path, source: str, result: str
) -> None:
    clip = open_clip(make_clip(source, 50, audio="aac"))
    write_video(tmp_path / result, clip.frames(), clip, VideoOptions(speed="ultrafast"))
    found = verify(clip.path, tmp_path / result)
    assert found.sound_packets[0] == found.sound_packets[1] > 90


@pytest.mark.parametrize("damage", ["flipped", "shortened", "missing"])
def test_damaged_sound_is_found_in_another_wrapping(make_clip, tmp_path: Path, damage: str) -> None:
    clip = open_clip(make_clip("a.ts", 50, audio="aac"))
    write_video(tmp_path / "b.mp4", clip.frames(), clip, VideoOptions(speed="ultrafast"))
    copy_with_damage(tmp_path / "b.mp4", tmp_path / "whole.mp4", "none")
    assert compare(clip.path, tmp_path / "whole.mp4").same_sound
    copy_with_damage(tmp_path / "b.mp4", tmp_path / "c.mp4", damage)
    with pytest.raises(OutputError, match="the sound of"):
        verify(clip.path, tmp_path / "c.mp4")


def copy_with_damage(source: Path, result: Path, damage: str) -> None:
    with av.open(str(source)) as old, av.open(str(result), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        heard = 0
        for packet in old.demux():
            copied = packet
            if packet.stream.type == "audio" and packet.size:
                heard += 1
                data = bytearray(packet)
                if heard == 40 and damage == "missing":
                    continue
                if heard == 40 and damage == "flipped":
                    data[-5] ^= 1
                if heard == 40 and damage == "shortened":
                    del data[-1]
                copied = av.Packet(bytes(data))
                copied.pts, copied.dts = packet.pts, packet.dts
                copied.time_base, copied.duration = packet.time_base, packet.duration
            if packet.size:
                copied.stream = streams[packet.stream.index]
                new.mux(copied)


def copy_with_sound_moved(source: Path, result: Path, seconds: float) -> None:
    with av.open(str(source)) as old, av.open(str(result), "w") as new:
        streams = {s.index: new.add_stream_from_template(s) for s in old.streams}
        for packet in old.demux():
            if packet.stream.type == "audio" and packet.size:
                packet.pts += round(seconds / packet.time_base)
                packet.dts = packet.pts
            if packet.size:
                packet.stream = streams[packet.stream.index]
                new.mux(packet)


def test_sound_out_of_step_is_found(make_clip, tmp_path: Path) -> None:
    path = make_clip("a.mp4", 30, audio="aac")
    copy_with_sound_moved(path, tmp_path / "b.mkv", 0)
    found = verify(path, tmp_path / "b.mkv")
    (track,) = found.tracks
    assert track.packets[0] == track.packets[1] > 50
    assert track.size[0] == track.size[1] > 0
    assert track.largest_time_error_s < 0.0011
    copy_with_sound_moved(path, tmp_path / "c.mkv", 0.04)
    assert compare(path, tmp_path / "c.mkv").same_sound
    with pytest.raises(OutputError, match=r"track 1 .* lies up to 0\.0[34]\d+ s beside") as caught:
        verify(path, tmp_path / "c.mkv")
    assert "at most 0.0" in caught.value.what
    assert "name the output .mkv" in caught.value.fix


def test_both_numbers_of_a_lost_packet(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 50, audio="aac"))
    copy_with_damage(clip.path, tmp_path / "c.mp4", "missing")
    (track,) = compare(clip.path, tmp_path / "c.mp4").tracks
    assert track.packets[0] - track.packets[1] == 1
    with pytest.raises(OutputError) as caught:
        verify(clip.path, tmp_path / "c.mp4")
    wanted = f"{track.packets[1]} packets, {track.size[1]} bytes; wanted {track.packets[0]}, "
    assert wanted in caught.value.what


def test_some_of_the_frames(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", [0, 40, 90, 120, 160, 210], audio="aac"))
    taken = list(clip.frames())[1:4]
    pts = [unit.pts for unit in taken]
    write_video(tmp_path / "b.mkv", taken, clip, VideoOptions(speed="ultrafast"))
    found = verify(clip.path, tmp_path / "b.mkv", pts=pts)
    assert found.frames == (3, 3)
    with pytest.raises(OutputError, match="has 3 frames"):
        verify(clip.path, tmp_path / "b.mkv")
    with pytest.raises(OutputError, match="off by up to"):
        verify(clip.path, tmp_path / "b.mkv", pts=[pts[0], pts[1] + 300, pts[2]])


def test_a_source_with_broken_timestamps_is_counted(make_clip, tmp_path: Path) -> None:
    path, broken = make_clip("a.mp4", 20), tmp_path / "broken.mkv"
    double_some(path, broken)
    clip = open_clip(broken)
    notes = write_video(tmp_path / "b.mp4", clip.frames(), clip, VideoOptions(speed="ultrafast"))
    assert "moved behind it" in notes[0]
    found = verify(broken, tmp_path / "b.mp4")
    assert found.frames == (20, 20)
    assert "have the timestamp of another" in found.fault
    write_video(tmp_path / "c.mp4", list(clip.frames())[:19], clip)
    with pytest.raises(OutputError, match="has 19 frames"):
        verify(broken, tmp_path / "c.mp4")


def double_some(source: Path, result: Path) -> None:
    """Every third frame gets the timestamp of the one before it."""
    frames = list(open_clip(source).frames())
    with av.open(str(result), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "bgr0"
        for index, unit in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(unit.frame, format="rgb24")
            frame.pts = index
            for packet in stream.encode(frame):
                packet.pts = packet.dts = index - (index % 3 == 2)
                output.mux(packet)
        output.mux(stream.encode(None))
