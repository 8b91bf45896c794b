"""The plumbing of VR180 without a model, against a bare PyAV transcode, at 6144x3072.

Decode, split into eyes, a trivial alpha, join, encode, copy the sound. Every run is a process of
its own, the sides take turns, medians are quoted, also of the ratio within a turn.

``kept``    the source goes on outside of two moving windows an eye, as an overlay does: what the
            encoder gets is the source's picture, so ``bare`` is what it is held against
``screen``  people over one colour; held against ``bare-screen``, which decodes the same source and
            encodes such pictures made beforehand
``export``  the same screens by split.export's own stream, of a ready alpha; ``export-matte`` reads
            that alpha from the file of mattes it comes in, ``export-clean`` takes the old
            background out of soft edges besides
``whole``   the same pictures as ``bare`` by way of whole RGB arrays, for comparison

python benchmarks/vr180_plumbing.py [--frames 48] [--runs 3] [--presets veryfast ultrafast medium]
                                    [--memory 60 600] [--quick]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from dated import write_report
from multiplane.core.arrays import Frame
from multiplane.media.clip import Clip, open_clip
from multiplane.media.coded import CodedFrame
from multiplane.media.config import VideoOptions
from multiplane.media.matte_video import MatteWriter
from multiplane.media.planes import Window
from multiplane.media.verify import verify
from multiplane.media.vr180.layout import Layout
from multiplane.media.writer import VideoWriter
from multiplane.split.export.composite import Composing
from multiplane.split.export.config import ExportOptions
from multiplane.split.export.crossfade import fade_alphas
from multiplane.split.export.formats import plan_targets
from multiplane.split.export.parts import Part
from multiplane.split.export.sinks import open_sink
from multiplane.split.export.stream import Footage, stream
from multiplane.split.stereo.people_file import FramePeople

SIZE = (6144, 3072)
RATE = Fraction(30000, 1001)
GREEN = (43, 230, 64)
PERSON = (1152, 640)
"""Rows and columns of a person's window; two an eye are 16 % of the frame."""
BOUND = 0.85
HELD_AGAINST = {
    "kept": "bare", "whole": "bare", "screen": "bare-screen", "export": "bare-screen",
    "export-matte": "bare-screen", "export-clean": "bare-screen",
}  # fmt: skip
SIDES = ("bare", "kept", "whole", "bare-screen", "screen", "export", "export-matte", "export-clean")


def make_clip(path: Path, frames: int) -> None:
    """Draw both eyes' texture with two people each and grain; H.264 and AAC, as cameras do."""
    rng = np.random.default_rng(0)
    width, height = SIZE
    small = rng.integers(0, 256, (height // 16 + 20, width // 16 + 60, 3)).astype(np.uint8)
    texture = cv2.resize(small, None, fx=16, fy=16, interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(0, 7, (3, height, width, 3)).astype(np.uint8)
    with av.open(str(path), "w") as output:
        settings = {"crf": "18", "preset": "ultrafast"}
        stream: Any = output.add_stream("libx264", rate=RATE, options=settings)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        sound: Any = output.add_stream("aac", rate=48000)
        sound.codec_context.open()
        spoken = 0
        for index in range(frames):
            x = int(100 + 90 * np.sin(index / 20))
            picture = cv2.add(texture[100 : 100 + height, x : x + width], grain[index % 3])
            for rows, columns in windows_at(index):
                middle = (columns.start + columns.stop) // 2, (rows.start + rows.stop) // 2
                cv2.ellipse(picture, middle, (250, 500), 0, 0, 360, (200, 120, 90), -1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709")
            frame.pts, frame.time_base = index, 1 / RATE
            output.mux(stream.encode(frame))
            while spoken < index * 48000 / RATE:
                output.mux(sound.encode(tone(spoken)))
                spoken += 1024
        output.mux(stream.encode(None))
        output.mux(sound.encode(None))


def tone(start: int) -> av.AudioFrame:
    """1,024 samples of a steady tone."""
    wave = (np.sin(np.arange(start, start + 1024) * 0.05) * 0.3).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
    return frame


def repeat_clip(source: Path, path: Path, times: int) -> None:
    """A longer clip of the same packets, each round later by the length of one."""
    with av.open(str(path), "w") as output:
        streams: dict[int, Any] = {}
        for turn in range(times):
            with av.open(str(source)) as reader:
                picture = reader.streams.video[0]
                length = picture.frames / RATE
                for packet in reader.demux():
                    if not packet.size or packet.time_base is None:
                        continue
                    if packet.stream.index not in streams:
                        for old in reader.streams:
                            streams[old.index] = output.add_stream_from_template(old)
                    later = round(turn * length / packet.time_base)
                    packet.pts, packet.dts = (packet.pts or 0) + later, (packet.dts or 0) + later
                    packet.stream = streams[packet.stream.index]
                    output.mux(packet)


def windows_at(index: int) -> Iterator[Window]:
    """Where two people are in both eyes, on blocks of 64 px."""
    high, wide = PERSON
    for eye in (0, 3072):
        for left in (576, 1728):
            x = eye + left + (index * 16) % 512 // 64 * 64
            yield slice(960, 960 + high), slice(x, x + wide)


def trivial_alpha(shape: tuple[int, int]) -> NDArray[np.uint8]:
    """An ellipse, 0 and 255."""
    alpha = np.zeros(shape, np.uint8)
    middle = (shape[1] // 2, shape[0] // 2)
    cv2.ellipse(alpha, middle, (shape[1] // 2 - 40, shape[0] // 2 - 40), 0, 0, 360, 255, -1)
    return alpha


def ours(source: Path, result: Path, side: str, preset: str) -> int:
    """The package."""
    clip = open_clip(source)
    options = VideoOptions(quality=18, speed=preset)  # type: ignore[arg-type]
    layout = Layout("sbs", clip.size, (clip.width // 2, clip.height), False, "half_equirect")
    with VideoWriter(result, clip.size, clip, options) as writer:
        for unit in clip.coded_frames():
            if side == "whole":
                eyes = layout.split(unit.rgb())
                writer.write(layout.join(eyes), unit.pts)
            else:
                painted = [(w, look(unit, w, side)) for w in windows_at(unit.index)]
                writer.write_windows(unit if side == "kept" else GREEN, painted, unit.pts)
    return unit.index + 1


def sbs_alpha(index: int) -> NDArray[np.uint8]:
    """The trivial alphas of a frame, both eyes'."""
    alpha = np.zeros(SIZE[::-1], np.uint8)
    for window in windows_at(index):
        alpha[window] = trivial_alpha(PERSON)
    return alpha


def write_alphas(source: Path) -> Path:
    """The same as split.stereo leaves them, a file of mattes beside the clip."""
    path, clip = source.with_suffix(".mattes.mkv"), open_clip(source)
    with MatteWriter(path, clip.size, clip) as writer:
        for unit in clip.coded_frames():
            writer.write(sbs_alpha(unit.index), unit.pts)
    return path


def exported(source: Path, result: Path, side: str, preset: str) -> int:
    """A green screen by the function that split.export streams its files with."""
    clip = open_clip(source)
    layout = Layout.of("sbs", clip.size, projection="half_equirect")
    options = ExportOptions(
        formats=("greenscreen_h264",), quality=18, speed=preset, encoder="cpu"  # type: ignore[arg-type]
    )  # fmt: skip
    (target,) = plan_targets(source.name, layout, options)
    count = clip.count()
    ready = [sbs_alpha(4 * step) for step in range(8)]  # people go on every fourth frame
    alphas = (ready[index // 4 % 8] for index in range(count))
    if side != "export":
        mattes = source.with_suffix(".mattes.mkv")
        alphas = fade_alphas([Part("a", 0, 0, count, mattes, mattes)], clip.size)
    people = (FramePeople(index, ((), ())) for index in range(count))
    how = Composing(layout, GREEN, decontaminate=side == "export-clean")
    footage = Footage(clip, 0, count, alphas, people, how)
    with open_sink(target, result, clip, options, "keep") as sink:
        return len(stream(footage, [sink], lambda unit: None))


def look(unit: CodedFrame, window: Window, side: str) -> Frame:
    """What is in a window: the person over the source, which is the source, or over the colour."""
    front = unit.rgb(window)
    behind = front.copy() if side == "kept" else np.empty_like(front)
    if side == "screen":
        behind[:] = GREEN
    return np.asarray(cv2.copyTo(front, trivial_alpha(front.shape[:2]), behind), np.uint8)


def bare(source: Path, result: Path, preset: str, made: list[av.VideoFrame]) -> int:
    """The loop that PyAV's documentation shows, with the sound's packets copied."""
    count = 0
    with av.open(str(source)) as reader, av.open(str(result), "w") as writer:
        picture, tones = reader.streams.video[0], reader.streams.audio[0]
        picture.thread_type = "AUTO"
        settings = {"crf": "18", "preset": preset}
        new: Any = writer.add_stream("libx264", rate=picture.average_rate, options=settings)
        new.width, new.height, new.pix_fmt = picture.width, picture.height, "yuv420p"
        new.time_base = new.codec_context.time_base = picture.time_base
        new.codec_context.thread_type = "AUTO"
        new.codec_context.colorspace, new.codec_context.color_range = 1, 1
        copied = writer.add_stream_from_template(tones)
        for packet in reader.demux(picture, tones):
            if packet.stream.type == "audio":
                if packet.size:
                    packet.stream = copied
                    writer.mux(packet)
                continue
            for frame in packet.decode():
                sent = made[count % len(made)] if made else frame
                sent.pts, sent.time_base = frame.pts, frame.time_base
                sent.pict_type = 0
                writer.mux(new.encode(sent))
                count += 1
        writer.mux(new.encode(None))
    return count


def screens(clip: Clip, count: int = 8) -> list[av.VideoFrame]:
    """Green screens made beforehand, as the encoder takes them."""
    from multiplane.media.colour import FromRgb  # noqa: PLC0415 - only this side needs it

    made, convert = [], FromRgb(clip.colour, "yuv420p")
    for unit in clip.coded_frames(stop=count):
        whole = np.empty((clip.height, clip.width, 3), np.uint8)
        whole[:] = GREEN
        for window in windows_at(unit.index):
            whole[window] = look(unit, window, "screen")
        made.append(convert(whole))
    return made


def work(side: str, source: Path, preset: str) -> None:
    """One measured run, in a process of its own; prints what it took."""
    cv2.setNumThreads(2)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.mp4"
        made = screens(open_clip(source)) if side == "bare-screen" else []
        if side.startswith("export-") and not source.with_suffix(".mattes.mkv").exists():
            write_alphas(source)
        before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        if side.startswith("bare"):
            frames = bare(source, result, preset, made)
        elif side.startswith("export"):
            frames = exported(source, result, side, preset)
        else:
            frames = ours(source, result, side, preset)
        wall, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        if not side.startswith("bare"):
            verify(source, result)
        cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
        report = {
            "fps": frames / wall,
            "cpu_ms": 1000 * cpu / frames,
            "system_ms": 1000 * (used.ru_stime - before.ru_stime) / frames,
            "faults": (used.ru_minflt - before.ru_minflt) / frames,
            "peak_mib": peak_mib(),
            "mib": result.stat().st_size / 2**20,
        }
    print(json.dumps(report))


def peak_mib() -> float:
    """Largest resident memory of this program; getrusage would count its parent's in."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def run(*words: str) -> dict[str, float]:
    """Start this file again and read what it prints."""
    command = [sys.executable, __file__, *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1])) if done.stdout else {}


def speed_table(clip: Path, presets: list[str], runs: int) -> list[str]:
    """Take turns; ratios are of runs of the same turn, which a drifting load spares."""
    rows = [
        "| x264 preset | side | fps, median (min to max) | CPU ms a frame | peak MiB | fps, of "
        "its bare side | CPU, bare side's of it |",
        "|---|---|---|---|---|---|---|",
    ]
    for preset in presets:
        found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for turn in range(runs):
            for side in SIDES if turn % 2 == 0 else reversed(SIDES):
                found[side].append(run("--work", side, str(clip), preset))
        for side in SIDES:
            fps = [r["fps"] for r in found[side]]
            cpu = statistics.median(r["cpu_ms"] for r in found[side])
            peak = max(r["peak_mib"] for r in found[side])
            spread = f"{statistics.median(fps):.2f} ({min(fps):.2f} to {max(fps):.2f})"
            ratios = "| | |"
            if side in HELD_AGAINST:
                pairs = list(zip(found[side], found[HELD_AGAINST[side]], strict=True))
                speed = statistics.median(us["fps"] / them["fps"] for us, them in pairs)
                spent = statistics.median(them["cpu_ms"] / us["cpu_ms"] for us, them in pairs)
                ratios = f"| {speed:.2f} | {spent:.2f} |"
            rows.append(f"| {preset} | {side} | {spread} | {cpu:.0f} | {peak:.0f} {ratios}")
    return rows


def memory_table(
    folder: Path, lengths: list[int], preset: str, sides: list[str]
) -> list[str]:  # fmt: skip
    """Peak memory over the length of a clip."""
    rows = [f"| peak MiB ({preset}) | " + " | ".join(f"{n} frames" for n in lengths) + " |",
            "|---|" + "---|" * len(lengths)]  # fmt: skip
    clips = []
    for length in lengths:
        clips.append(folder / f"long-{length}.mp4")
        if length == lengths[0]:
            run("--make", str(clips[-1]), str(length))
        else:
            repeat_clip(clips[0], clips[-1], length // lengths[0])
    for side in sides:
        peaks = [run("--work", side, str(clip), preset)["peak_mib"] for clip in clips]
        rows.append(f"| {side} | " + " | ".join(f"{peak:.0f}" for peak in peaks) + " |")
    return rows


def main() -> None:
    """Generate the clips, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--frames", type=int, default=48)
    parser.add_argument("--presets", nargs="*", default=["veryfast", "ultrafast", "medium"])
    parser.add_argument("--memory", nargs="*", type=int, default=[60, 600])
    parser.add_argument("--memory-preset", default="veryfast")
    parser.add_argument(
        "--memory-sides", nargs="+", default=["bare", "kept", "screen", "whole", "export"]
    )
    parser.add_argument("--quick", action="store_true", help="a try: few frames, no report")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(given.work[0], Path(given.work[1]), given.work[2])
    if given.make:
        return make_clip(Path(given.make[0]), int(given.make[1]))
    if given.quick:
        given.frames, given.runs, given.memory, given.presets = 12, 1, [], given.presets[:1]
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        short = Path(folder) / "short.mp4"
        run("--make", str(short), str(given.frames))
        rows = speed_table(short, given.presets, given.runs) if given.presets else []
        memory = []
        if given.memory:
            memory = memory_table(
                Path(folder), given.memory, given.memory_preset, given.memory_sides
            )
    body = "\n".join(
        [
            f"{SIZE[0]}x{SIZE[1]}, {given.frames} frames, H.264 and AAC in, libx264 crf 18 and the "
            f"same AAC packets out; {given.runs} runs in turn, each a process of its own; every "
            f"result of ours is verified (frames, pts, packets). Bound: {BOUND} of the bare side.",
            "",
            "`kept` and `whole` are held against `bare`, whose encoder gets the same pictures; "
            "`screen` and the exports against `bare-screen`, which decodes the same source and "
            "encodes screens made beforehand. Two people an eye, "
            f"{4 * PERSON[0] * PERSON[1] / SIZE[0] / SIZE[1]:.0%} of the frame.",
            "",
            f"Load average when it began: {load:.1f}; the machine was "
            + ("shared, so trust CPU time over fps." if load > 1 else "otherwise idle."),
            "",
            *rows,
            "",
            *memory,
        ]
    )
    print(body)
    if not given.quick:
        versions = ("av", "opencv-python-headless")
        print(write_report("vr180_plumbing", "Plumbing of VR180 without a model", body, versions))
    return None


if __name__ == "__main__":
    main()
