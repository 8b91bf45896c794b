from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from multiplane.core.errors import InputError
from multiplane.media import sound as sound_module
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.sound import open_sound, takes_sound
from multiplane.media.verify import compare, verify
from multiplane.media.writer import write_video


def test_what_containers_take(make_clip) -> None:
    with av.open(str(make_clip("a.mkv", 3, audio="libopus"))) as source:
        track = source.streams.audio[0]
        assert takes_sound("matroska", track)
        assert takes_sound("webm", track)
        assert not takes_sound("mov", track)
    with av.open(str(make_clip("b.mp4", 3, audio="aac"))) as source:
        assert not takes_sound("webm", source.streams.audio[0])


@pytest.mark.parametrize(
    ("source", "codec", "result", "new"),
    [("a.mkv", "libopus", "b.mov", "aac"), ("a.mp4", "aac", "b.webm", "opus")],
)
def test_sound_is_encoded_anew_where_it_must(
    make_clip, tmp_path: Path, source: str, codec: str, result: str, new: str
) -> None:
    clip = open_clip(make_clip(source, 50, audio=codec))
    options = VideoOptions(
        codec="libvpx-vp9" if result.endswith("webm") else "libx264", speed="ultrafast"
    )
    notes = write_video(tmp_path / result, clip.frames(), clip, options)
    assert len(notes) == 1
    assert "encoded anew" in notes[0]
    with av.open(str(tmp_path / result)) as written:
        assert [s.codec_context.name for s in written.streams.audio] == [new]
        seconds = sum(f.samples for f in written.decode(audio=0)) / 48000
    assert seconds == pytest.approx(2.0, abs=0.06)
    assert compare(clip.path, tmp_path / result).same_timing


def with_sound(path: Path, codec: str, layout: str) -> Path:
    with av.open(str(path), "w") as output:
        video: Any = output.add_stream("mjpeg", rate=25)
        video.width, video.height, video.pix_fmt = 48, 32, "yuvj420p"
        sound: Any = output.add_stream(codec, rate=48000)
        sound.codec_context.layout = layout
        for _ in range(5):
            output.mux(video.encode(av.VideoFrame(48, 32, "yuvj420p")))
        output.mux(video.encode(None))
        kind = sound.codec_context.format.name
        for start in range(0, 9600, sound.codec_context.frame_size or 1024):
            frame = av.AudioFrame(kind, layout, sound.codec_context.frame_size or 1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48000, start
            output.mux(sound.encode(frame))
        output.mux(sound.encode(None))
    return path


def test_sound_that_does_not_say_what_its_channels_are(tmp_path: Path) -> None:
    clip = open_clip(with_sound(tmp_path / "a.avi", "pcm_s16le", "stereo"))
    write_video(tmp_path / "b.mp4", clip.frames(), clip, VideoOptions(speed="ultrafast"))
    assert verify(clip.path, tmp_path / "b.mp4").same_sound
    with av.open(str(tmp_path / "b.mp4")) as written:
        assert written.streams.audio[0].codec_context.layout.name == "stereo"


def test_channels_at_the_sides_in_opus(tmp_path: Path) -> None:
    clip = open_clip(with_sound(tmp_path / "a.mkv", "ac3", "5.1(side)"))
    options = VideoOptions(codec="libvpx-vp9", speed="ultrafast")
    write_video(tmp_path / "b.webm", clip.frames(), clip, options)
    with av.open(str(tmp_path / "b.webm")) as written:
        assert written.streams.audio[0].codec_context.layout.name == "5.1"


def test_channels_that_opus_does_not_know(tmp_path: Path) -> None:
    clip = open_clip(with_sound(tmp_path / "a.mkv", "aac", "4.0"))
    with pytest.raises(InputError, match=r"libopus cannot encode aac sound of 4\.0") as caught:
        options = VideoOptions(codec="libvpx-vp9", speed="ultrafast")
        write_video(tmp_path / "b.webm", clip.frames(), clip, options)
    assert "sound='drop'" in caught.value.fix


def test_no_way_to_carry_it(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mkv", 3, audio="libopus"))
    with pytest.raises(InputError, match=r"a \.avi file cannot hold opus sound") as caught:
        write_video(tmp_path / "b.avi", clip.frames(), clip)
    assert "name the output .mkv" in caught.value.fix
    assert [p.name for p in tmp_path.iterdir()] == ["a.mkv"]


def test_sound_that_breaks_off_is_carried_so_far(make_clip, tmp_path: Path) -> None:
    path = make_clip("a.mp4", 60, audio="aac", front=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 7 // 10])
    clip = open_clip(path)
    write_video(tmp_path / "b.mp4", clip.frames(on_damage="stop"), clip)
    found = compare(path, tmp_path / "b.mp4")
    assert 0 < found.sound_packets[1] < 115


def test_sound_outlasts_the_picture(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 50, audio="aac"))
    write_video(tmp_path / "b.mp4", clip.frames(0, 10), clip)
    found = compare(clip.path, tmp_path / "b.mp4")
    assert found.frames == (50, 10)
    assert found.same_sound


class Twice:
    """A file whose clock begins anew in the middle."""

    def __init__(self, path: Path) -> None:
        self._files = [av.open(str(path)), av.open(str(path))]
        self.streams = self._files[0].streams

    def demux(self, *tracks: Any) -> Iterator[Any]:
        for file in self._files:
            last = file is self._files[-1]  # only there decoders are told of the end
            yield from (packet for packet in file.demux(audio=0) if packet.size or last)

    def close(self) -> None:
        for file in self._files:
            file.close()


@pytest.mark.parametrize("name", ["b.mp4", "b.mkv"])
def test_a_clock_that_falls_back_goes_on(
    make_clip, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_clip("a.mp4", 50, audio="aac")
    monkeypatch.setattr(sound_module, "open_container", Twice)
    with (
        av.open(str(tmp_path / name), "w") as output,
        open_sound(source, output, Path(name).suffix) as sound,
    ):
        assert sound
        sound.write_until(None)
        (note,) = sound.notes
    assert note.startswith("the clock of the sound fell back at 1.98 s")
    with av.open(str(tmp_path / name)) as written, av.open(str(source)) as old:
        stamps = [float(p.pts * p.time_base) for p in written.demux(audio=0) if p.size]
        assert len(stamps) == 2 * sum(p.size > 0 for p in old.demux(audio=0))
    steps = [b - a for a, b in pairwise(stamps)]
    assert steps == pytest.approx([1024 / 48000] * len(steps), abs=0.02)
    assert min(steps) > 0


def test_a_clock_that_falls_back_goes_on_when_encoded_anew(
    make_clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_clip("a.mp4", 50, audio="aac")
    monkeypatch.setattr(sound_module, "open_container", Twice)
    with (
        av.open(str(tmp_path / "b.webm"), "w") as output,
        open_sound(source, output, ".webm") as sound,
    ):
        assert sound
        sound.write_until(None)
        assert any(note.startswith("the clock of the sound fell back") for note in sound.notes)
    with av.open(str(tmp_path / "b.webm")) as written:
        stamps = [float(p.pts * p.time_base) for p in written.demux(audio=0) if p.size]
    assert min(b - a for a, b in pairwise(stamps)) > 0
    assert stamps[-1] == pytest.approx(3.98, abs=0.06)
