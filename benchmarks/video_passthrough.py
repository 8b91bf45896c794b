"""Video through us against bare PyAV: frames a second, and memory over length.

Decode, hand over as RGB arrays, encode again with the sound. Every run is a process of its own,
the sides take turns, medians are quoted. ``pyav`` makes the same RGB arrays as we do, with the
flags that PyAV takes for it. ``pyav-fast`` leaves the flags at their default, which darkens by a
level a pass and loses grain, so its encoder has less to do. ``pyav-yuv`` makes no RGB array at
all: the ceiling.

python benchmarks/video_passthrough.py [--runs 3] [--frames 200] [--long 2000]
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
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation

from dated import write_report
from multiplane.media.video import VideoOptions, open_clip, write_video

SIDES = ("ours", "pyav", "pyav-fast", "pyav-yuv")
SIZE = (1920, 1080)
BOUND = 0.9


def make_clip(path: Path, frames: int) -> None:
    """Draw a panning texture with moving cards and grain, with a tone, as 1080p H.264 and AAC."""
    rng = np.random.default_rng(0)
    width, height = SIZE
    texture = rng.integers(0, 256, (height // 8 + 40, width // 8 + 300, 3)).astype(np.uint8)
    texture = cv2.resize(texture, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(0, 7, (4, height, width, 3)).astype(np.uint8)
    with av.open(str(path), "w") as output:
        settings = {"crf": "18", "preset": "ultrafast"}
        stream: Any = output.add_stream("libx264", rate=25, options=settings)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        sound: Any = output.add_stream("aac", rate=48000)
        sound.codec_context.open()
        spoken = 0
        for index in range(frames):
            x = int(200 + 180 * np.sin(index / 40))
            picture = cv2.add(texture[100 : 100 + height, x : x + width], grain[index % 4])
            cv2.circle(picture, (200 + index * 7 % 1500, 500), 180, (230, 40, 60), -1)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(frame))
            while spoken < index * 48000 // 25:
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


def ours(source: Path, result: Path, preset: str) -> int:
    """The package."""
    clip = open_clip(source)
    options = VideoOptions(quality=18, speed=preset)  # type: ignore[arg-type]
    write_video(result, clip.frames(), clip, options)
    return clip.frame_count or 0


def pyav(source: Path, result: Path, preset: str, side: str) -> int:
    """The loop that PyAV's documentation shows, with the sound's packets copied."""
    exact = Interpolation.BILINEAR | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
    how: dict[str, Any] = {"interpolation": exact} if side == "pyav" else {}
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
                count += 1
                sent = frame
                if side != "pyav-yuv":
                    array = frame.to_ndarray(format="rgb24", **how)
                    sent = av.VideoFrame.from_ndarray(array, format="rgb24")
                    sent.pts, sent.time_base = frame.pts, frame.time_base
                    sent = sent.reformat(format="yuv420p", dst_colorspace="ITU709")
                sent.pict_type = 0
                writer.mux(new.encode(sent))
        writer.mux(new.encode(None))
    return count


def work(side: str, source: Path, preset: str) -> None:
    """One measured run, in a process of its own; prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.mp4"
        start = time.perf_counter()
        if side == "ours":
            frames = ours(source, result, preset)
        else:
            frames = pyav(source, result, preset, side)
        wall = time.perf_counter() - start
        used = resource.getrusage(resource.RUSAGE_SELF)
        report = {
            "fps": frames / wall,
            "cpu_ms": 1000 * (used.ru_utime + used.ru_stime) / frames,
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
    """Take turns; medians, also of the ratio within a turn, which a drifting load spares."""
    rows = ["| x264 preset | side | fps | fps, min to max | CPU ms a frame | MiB | ours is |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    for preset in presets:
        found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for turn in range(runs):
            for side in SIDES if turn % 2 == 0 else reversed(SIDES):
                found[side].append(run("--work", side, str(clip), preset))
        middle = {s: statistics.median(r["fps"] for r in found[s]) for s in SIDES}
        for side in SIDES:
            fps = [r["fps"] for r in found[side]]
            ratio = statistics.median(
                us["fps"] / them["fps"] for us, them in zip(found["ours"], found[side], strict=True)
            )
            cpu = statistics.median(r["cpu_ms"] for r in found[side])
            rows.append(
                f"| {preset} | {side} | {middle[side]:.1f} | {min(fps):.1f} to {max(fps):.1f} "
                f"| {cpu:.0f} | {found[side][0]['mib']:.2f} | {ratio:.2f} of it |"
            )
    return rows


def main() -> None:
    """Generate the clips, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--long", type=int, default=2000)
    parser.add_argument("--presets", nargs="+", default=["medium", "veryfast"])
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(given.work[0], Path(given.work[1]), given.work[2])
    if given.make:
        return make_clip(Path(given.make[0]), int(given.make[1]))
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short.mp4", Path(folder) / "long.mp4"
        run("--make", str(short), str(given.frames))
        run("--make", str(long), str(given.long))
        rows = speed_table(short, given.presets, given.runs)
        memory = {
            (side, clip): run("--work", side, str(clip), "ultrafast")["peak_mib"]
            for side in ("ours", "pyav")
            for clip in ((short, long) if side == "ours" else (short,))
        }
    body = "\n".join(
        [
            f"1920x1080, {given.frames} frames, H.264 and AAC in, libx264 crf 18 and the same AAC "
            f"packets out; {given.runs} runs in turn, each a process of its own. Bound: {BOUND} of "
            "`pyav`, which makes the same RGB arrays. `pyav-fast` takes PyAV's default conversion, "
            "which darkens by a level a pass and loses grain, so its encoder has less to do. "
            "`pyav-yuv` makes no RGB arrays: the ceiling.",
            "",
            f"Load average when it began: {load:.1f}; the machine was "
            + ("shared, so trust ratios and CPU time over fps." if load > 1 else "otherwise idle."),
            "",
            *rows,
            "",
            f"| peak memory, MiB (ultrafast) | {given.frames} frames | {given.long} frames |",
            "|---|---|---|",
            f"| ours | {memory['ours', short]:.0f} | {memory['ours', long]:.0f} |",
            f"| pyav | {memory['pyav', short]:.0f} | |",
        ]
    )
    print(body)

    packages = ("av", "opencv-python-headless")
    print(write_report("video_passthrough", "Video pass-through", body, packages))
    return None


if __name__ == "__main__":
    main()
