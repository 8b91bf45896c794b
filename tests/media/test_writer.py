from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from multiplane.core.errors import BackendError, InputError, OutputError
from multiplane.media import writer as writer_module
from multiplane.media.clip import open_clip
from multiplane.media.config import VideoOptions
from multiplane.media.verify import compare, verify
from multiplane.media.writer import VideoWriter, write_video

QUICK = VideoOptions(speed="ultrafast")


def flat(value: int, width: int = 48, height: int = 32) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize("result", ["b.mp4", "b.mov", "b.mkv"])
@pytest.mark.parametrize("times", [40, [0, 20, 77, 121, 150, 240, 241, 300, 999, 1000]])
@pytest.mark.parametrize("source", ["a.mp4", "a.mkv"])
def test_frames_times_and_sound_are_kept(
    make_clip, tmp_path: Path, source: str, times: Any, result: str
) -> None:
    clip = open_clip(make_clip(source, times, audio="aac"))
    assert write_video(tmp_path / result, clip.frames(), clip, QUICK) == []
    found = verify(clip.path, tmp_path / result)
    assert found.largest_time_error_s <= (0 if result != "b.mkv" else 0.0011)
    assert found.same_sound
    new = open_clip(tmp_path / result)
    errors = [
        np.abs(a.frame.astype(int) - b.frame).mean()
        for a, b in zip(clip.frames(), new.frames(), strict=True)
    ]
    assert max(errors) < 3
    with av.open(str(tmp_path / result)) as written:
        assert {k.lower(): v for k, v in written.metadata.items()}["title"] == "drawn"


def test_a_29_97_clock(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    write_video(tmp_path / "a.mp4", (flat(i) for i in range(90)), rate, QUICK)
    clip = open_clip(tmp_path / "a.mp4")
    assert clip.rate == rate
    times = [f.time_s for f in clip.frames()]
    assert times == pytest.approx([i * 1001 / 30000 for i in range(90)], abs=1e-9)


def test_ffv1_is_exact(tmp_path: Path) -> None:
    noise = [
        np.random.default_rng(i).integers(0, 256, (33, 47, 3)).astype(np.uint8) for i in (0, 1)
    ]
    write_video(tmp_path / "a.mkv", noise, 24, VideoOptions(codec="ffv1"))
    for unit, frame in zip(open_clip(tmp_path / "a.mkv").frames(), noise, strict=True):
        assert np.array_equal(unit.frame, frame)


def test_prores_for_editors(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mov", [flat(90), flat(200)], 24, VideoOptions(codec="prores_ks"))
    clip = open_clip(tmp_path / "a.mov")
    assert clip.pixel_format == "yuv422p10le"
    assert [int(f.frame.mean()) for f in clip.frames()] == pytest.approx([90, 200], abs=1)


@pytest.mark.parametrize("codec", ["libx265", "libsvtav1"])
def test_other_codecs(tmp_path: Path, codec: Any) -> None:
    options = VideoOptions(codec=codec, speed="ultrafast")
    frames = [flat(i * 40, 128, 96) for i in range(5)]
    write_video(tmp_path / "a.mp4", frames, 25, options)
    means = [f.frame.mean() for f in open_clip(tmp_path / "a.mp4").frames()]
    assert means == pytest.approx([i * 40 for i in range(5)], abs=2)


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_one_frame_alone(make_clip, tmp_path: Path, codec: Any, name: str) -> None:
    clip = open_clip(make_clip("s.mp4", 1))
    options = VideoOptions(codec=codec, speed="ultrafast")
    for _ in range(5):  # what x265 leaves behind is chance
        write_video(tmp_path / name, clip.frames(), clip, options)
        verify(clip.path, tmp_path / name)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_two_frames_alone(make_clip, tmp_path: Path, codec: Any) -> None:
    clip = open_clip(make_clip("s.mp4", 2, size=(256, 128)))
    options = VideoOptions(codec=codec, speed="ultrafast")
    for _ in range(30):  # what x265 leaves behind is chance
        write_video(tmp_path / "a.mp4", clip.frames(), clip, options)
        assert verify(clip.path, tmp_path / "a.mp4").largest_time_error_s == 0


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libvpx-vp9", "libsvtav1"])
def test_both_ends_of_quality_are_written(tmp_path: Path, codec: Any) -> None:
    for quality in (0, 51 if codec.startswith("libx") else 63):
        options = VideoOptions(codec=codec, speed="ultrafast", quality=quality)
        write_video(tmp_path / "a.mkv", [flat(i * 40, 128, 96) for i in range(3)], 25, options)
        assert open_clip(tmp_path / "a.mkv").count() == 3


def test_odd_sides(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", [flat(9, 47, 33)], 25, QUICK)
    assert open_clip(tmp_path / "a.mp4").size == (47, 33)
    with pytest.raises(InputError, match="libx264 cannot encode 47x33 as yuv420p") as caught:
        write_video(tmp_path / "b.mp4", [flat(9, 47, 33)], 25, VideoOptions(pixel_format="yuv420p"))
    assert "even sides" in caught.value.fix
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(("matrix", "full"), [(1, False), (6, False), (9, False), (1, True)])
def test_colour_tags_are_carried_over(make_clip, tmp_path: Path, matrix: int, full: bool) -> None:
    path = make_clip(
        "a.mp4", 3, colorspace=matrix, color_range=2 if full else 1, color_primaries=1, color_trc=1
    )
    clip = open_clip(path)
    assert (clip.colour.matrix, clip.colour.full_range) == (matrix, full)
    write_video(tmp_path / "b.mp4", clip.frames(), clip, QUICK)
    assert open_clip(tmp_path / "b.mp4").colour == clip.colour


def test_wide_pixels_stay_wide(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 3, sample_aspect_ratio=Fraction(16, 11)))
    assert clip.pixel_aspect == Fraction(16, 11)
    write_video(tmp_path / "b.mp4", clip.frames(), clip, QUICK)
    assert open_clip(tmp_path / "b.mp4").pixel_aspect == Fraction(16, 11)


def test_hd_is_bt709(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", [flat(100, 1280, 720)], 25, QUICK)
    with av.open(str(tmp_path / "a.mp4")) as written:
        assert written.streams.video[0].codec_context.colorspace == 1


def test_times_that_do_not_rise_are_moved_and_told(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 4))
    frames = [(0, flat(1)), (640, flat(2)), (640, flat(3)), (1280, flat(4))]
    notes = write_video(tmp_path / "b.mp4", frames, clip, QUICK)
    assert notes == ["timestamp 640 came after 640 and was moved behind it"]
    assert [f.pts for f in open_clip(tmp_path / "b.mp4").frames()] == [0, 640, 641, 1280]


@pytest.mark.parametrize("audio", [None, "aac", "libopus"])
@pytest.mark.parametrize("result", ["b.mp4", "b.mov", "b.mkv"])
def test_frames_before_zero_are_moved_with_their_sound(
    make_clip, tmp_path: Path, result: str, audio: str | None
) -> None:
    clip = open_clip(make_clip("a.mkv", 6, audio=audio))
    frames = [(stamp, flat(100 + stamp // 2)) for stamp in (-83, -40, 0, 40, 83)]
    notes = write_video(tmp_path / result, frames, clip, QUICK)
    assert notes[-1] == "the first timestamp is -0.083 s; picture and sound begin 0.083 s later"
    new = list(open_clip(tmp_path / result).frames())
    assert [f.time_s for f in new] == pytest.approx([0, 0.043, 0.083, 0.123, 0.166], abs=0.0011)
    means = [f.frame.mean() for f in new]
    assert means == pytest.approx([frame.mean() for _, frame in frames], abs=2)
    if audio:
        moved = sound_start(tmp_path / result) - sound_start(clip.path)
        anew = len(notes) > 1  # an encoder begins a little before its sound
        assert moved == pytest.approx(0.083, abs=0.022 if anew else 0.0011)
        assert compare(clip.path, tmp_path / result).same_sound is not anew


def sound_start(path: Path) -> float:
    with av.open(str(path)) as container:
        stamps = [p.pts * p.time_base for p in container.demux(audio=0) if p.pts is not None]
    return float(min(stamps))


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    place = tmp_path / "a.mp4"
    place.write_bytes(b"old")
    with pytest.raises(RuntimeError), VideoWriter(place, (48, 32), 25, QUICK) as writer:
        writer.write(flat(1))
        raise RuntimeError
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_frames_of_two_sizes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="frame is 40x32, the video is 48x32") as caught:
        write_video(tmp_path / "a.mp4", [flat(1), flat(1, 40)], 25, QUICK)
    assert "resize" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_no_frames(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames to write") as caught:
        write_video(tmp_path / "a.mp4", [], 25)
    assert "check that the source has frames" in caught.value.fix


@pytest.mark.parametrize("name", ["a.xyz", "a"])
def test_unknown_containers(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="not a video container") as caught:
        write_video(tmp_path / name, [flat(1)], 25)
    assert ".mkv" in caught.value.fix


def test_a_container_that_cannot_take_the_codec(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a \.webm file cannot hold libx264") as caught:
        write_video(tmp_path / "a.webm", [flat(1)], 25)
    assert "name it a.mkv" in caught.value.fix


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write") as caught:
        write_video(tmp_path / "file" / "a.mp4", [flat(1)], 25)
    assert "choose another folder" in caught.value.fix


@pytest.mark.parametrize("when", ["mux", "close"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    full = av.error.OSError(errno.ENOSPC, "No space left on device")

    class Output:
        def __init__(self, output: Any) -> None:
            self._output = output

        def __getattr__(self, name: str) -> Any:
            return getattr(self._output, name)

        def mux(self, packet: Any) -> None:
            if when == "mux":
                raise full
            self._output.mux(packet)

        def close(self) -> None:
            self._output.close()
            raise full

    real = av.open
    monkeypatch.setattr(writer_module.av, "open", lambda *a, **k: Output(real(*a, **k)))
    with pytest.raises(OutputError, match="no space left") as caught:
        write_video(tmp_path / "a.mp4", (flat(i) for i in range(50)), 25, QUICK)
    assert "free some space" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise av.error.ExternalError(1, "no")

    monkeypatch.setattr(VideoWriter, "_encode", lambda self, *_: setattr(
        self, "_error", av.error.ExternalError(1, "no")))  # fmt: skip
    with pytest.raises(BackendError, match="the encoder failed") as caught:
        write_video(tmp_path / "a.mp4", (flat(i) for i in range(50)), 25, QUICK)
    assert "choose another codec" in caught.value.fix


def test_the_writer_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mux(self: VideoWriter, *_: object) -> None:
        if "outer" in str(self._path):
            raise av.error.InvalidDataError(1, "no")

    monkeypatch.setattr(VideoWriter, "_mux", mux)
    with (
        pytest.raises(BackendError, match=r"failed on .*outer\.mp4"),
        VideoWriter(tmp_path / "outer.mp4", (48, 32), 25, QUICK) as outer,
        VideoWriter(tmp_path / "inner.mkv", (48, 32), 25, VideoOptions(codec="ffv1")) as inner,
    ):
        for index in range(200):
            inner.write(flat(index))
            outer.write(flat(index))


def test_a_damaged_source_fails_the_file(make_clip, tmp_path: Path) -> None:
    path = make_clip("a.mp4", 60, front=True)
    path.write_bytes(path.read_bytes()[:-2000])
    clip = open_clip(path)
    with pytest.raises(InputError, match="is damaged"):
        write_video(tmp_path / "b.mp4", clip.frames(), clip, QUICK)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_dropping_sound(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 5, audio="aac"))
    write_video(tmp_path / "b.mp4", clip.frames(), clip, VideoOptions(sound="drop"))
    assert not open_clip(tmp_path / "b.mp4").has_audio


def test_grey_is_exact_in_ffv1(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (33, 47)).astype(np.uint8)
    options = VideoOptions(codec="ffv1", pixel_format="gray")
    write_video(tmp_path / "a.mkv", [noise], 24, options)
    (unit,) = open_clip(tmp_path / "a.mkv").frames()
    assert np.array_equal(unit.frame, np.repeat(noise[..., None], 3, axis=2))


@pytest.mark.parametrize("codec", ["libx264", "ffv1", "prores_ks"])
def test_a_matte_only_video(tmp_path: Path, codec: Any) -> None:
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    options = VideoOptions(codec=codec, quality=5 if codec == "libx264" else None)
    write_video(tmp_path / "a.mkv", [ramp] * 3, 24, options)
    for unit in open_clip(tmp_path / "a.mkv").frames():
        assert np.abs(unit.frame.astype(int) - ramp[..., None]).max() <= 4
        assert np.abs(unit.frame.astype(int) - ramp[..., None]).mean() < 1


@pytest.mark.parametrize(
    ("options", "shape", "wanted"),
    [
        (VideoOptions(), (32, 48, 4), r"\(H, W, 3\) or \(H, W\)"),
        (VideoOptions(codec="ffv1", alpha=True), (32, 48, 3), "straight RGBA"),
        (VideoOptions(codec="ffv1", pixel_format="gray"), (32, 48, 3), "grey"),
    ],
)
def test_frames_of_another_kind(
    tmp_path: Path, options: VideoOptions, shape: tuple[int, ...], wanted: str
) -> None:
    with pytest.raises(InputError, match=wanted) as caught:
        write_video(tmp_path / "a.mkv", [np.zeros(shape, np.uint8)], 25, options)
    assert "alpha: true" in caught.value.fix


def test_all_tracks_of_sound_are_copied(make_clip, tmp_path: Path) -> None:
    one, two = (make_clip(f"{k}.mp4", 20, audio="aac") for k in "ab")
    both = tmp_path / "both.mp4"
    with av.open(str(one)) as first, av.open(str(two)) as second, av.open(str(both), "w") as new:
        streams = [new.add_stream_from_template(s) for s in (*first.streams, second.streams[1])]
        for packet in [*first.demux(), *second.demux(audio=0)]:
            if packet.size:
                extra = 1 if packet.stream.container is second else 0
                packet.stream = streams[packet.stream.index + extra]
                new.mux(packet)
    clip = open_clip(both)
    assert len(clip.audio_codecs) == 2
    for name in ("c.mp4", "c.mov", "c.mkv"):
        write_video(tmp_path / name, clip.frames(), clip, QUICK)
        found = verify(clip.path, tmp_path / name)
        assert found.same_sound
        assert len(open_clip(tmp_path / name).audio_codecs) == 2


def test_high_dynamic_range_is_told(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 2, color_trc=16, color_primaries=9, colorspace=9))
    (note,) = write_video(tmp_path / "b.mp4", clip.frames(), clip, QUICK)
    assert note.startswith("PQ video in yuv420p: its colours are written as coded, in 8 bits")
    assert open_clip(tmp_path / "b.mp4").colour == clip.colour


def test_high_dynamic_range_is_tagged_in_rgb_too(make_clip, tmp_path: Path) -> None:
    clip = open_clip(make_clip("a.mp4", 3, color_primaries=9, color_trc=16, colorspace=9))
    write_video(tmp_path / "b.mkv", clip.frames(), clip, VideoOptions(codec="ffv1"))
    colour = open_clip(tmp_path / "b.mkv").colour
    assert (colour.primaries, colour.transfer) == (9, 16)


def test_a_source_without_timestamps(make_clip, tmp_path: Path) -> None:
    source, raw = make_clip("a.mp4", 12), tmp_path / "a.h264"
    with av.open(str(source)) as old, av.open(str(raw), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.size:
                packet.stream = stream
                new.mux(packet)
    clip = open_clip(raw)
    notes = write_video(tmp_path / "b.mp4", clip.frames(), clip, QUICK)
    assert verify(raw, tmp_path / "b.mp4").frames == (12, 12)
    times = [unit.time_s for unit in open_clip(tmp_path / "b.mp4").frames()]
    assert times == pytest.approx([i / float(clip.rate or 25) for i in range(12)], abs=1e-3)
    assert notes == []
