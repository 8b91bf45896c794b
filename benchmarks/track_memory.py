"""Following objects by a SAM's memory: how large the state is, and how fast it goes.

After 100 and 1,000 frames; what is never read again dropped, against keeping everything.

python benchmarks/track_memory.py [--frames 1000] [--objects 2] [--runs 5] [--pair-frames 120]

Weights are random: sizes and speed do not depend on them. On a CPU a small network is taken; where
there is CUDA, one of SAM 2.1 tiny's size besides, in fp32, bf16 and bf16 compiled.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import transformers

from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.networks.sam.video import VideoSam, open_video_sam
from multiplane.networks.sam.video_session import VideoSession
from multiplane.tensors.devices import describe_cuda

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from tiny_sam_video import KINDS, save_tiny_video_sam

WIDTH, HEIGHT = 320, 180


def main() -> None:
    """Measure sizes, then speed in pairs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--objects", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pair-frames", type=int, default=120)
    words = parser.parse_args()
    body = "\n\n".join(
        part
        for part in (
            sizes(words.frames, words.objects),
            speed_of_small(words.runs, words.pair_frames, words.objects),
            speed_of_sam(words.runs, words.pair_frames, words.objects)
            if torch.cuda.is_available()
            else "No CUDA here: the network of SAM 2.1 tiny's size was left out.",
        )
    )
    print(body)
    print(write_report("track_memory", "Memory of following", body, ("torch", "transformers")))


def frames(count: int) -> Iterator[Frame]:
    """Noise that moves; made as it is asked for, so that it takes no memory."""
    rng = np.random.default_rng(0)
    ground = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    for index in range(count):
        yield np.roll(ground, index, axis=1)


def shown(session: VideoSession, objects: int) -> VideoSession:
    """Show so many objects in the first frame."""
    for number in range(1, objects + 1):
        mask: Mask = np.zeros((HEIGHT, WIDTH), np.bool_)
        x = (number * 47) % (WIDTH - 40)
        mask[40:90, x : x + 40] = True
        session.add(number, mask=mask, frame_index=0)
    return session


def resident_mb() -> float:
    """Memory of this process that is in use, MB of 10^6."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def sizes(count: int, objects: int) -> str:
    """State and memory after 100 frames and at the end, of each kind."""
    marks = sorted({min(100, count), count // 2, count})
    head = [f"{mark:,} frames" for mark in marks]
    lines = [
        f"State of the session (and memory of the process), MB; {objects} objects, a network that "
        "looks at 64x64 px.",
        "",
        f"| network | kept | {' | '.join(head)} |",
        f"|---|---|{'---|' * len(head)}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            sam = open_video_sam(save_tiny_video_sam(Path(folder) / kind, kind), Compute("cpu"))
            for prune in (True, False):
                session, told = shown(sam.start(prune=prune), objects), []
                for index, frame in enumerate(frames(count), start=1):
                    session.step(frame)
                    if index in marks:
                        told.append(f"{session.state_bytes() / 1e6:.3f} ({resident_mb():.0f})")
                kept = "what is read again" if prune else "everything"
                lines.append(f"| {kind} | {kept} | {' | '.join(told)} |")
                print(lines[-1], flush=True)
                del session
    return "\n".join(lines)


def speed(sam: VideoSam, count: int, objects: int, prune: bool) -> float:
    """Frames a second, after a few to warm up."""
    session, warm = shown(sam.start(prune=prune), objects), 5
    started = 0.0
    for index, frame in enumerate(frames(count + warm)):
        if index == warm:
            started = time.perf_counter()
        session.step(frame)  # its answer is copied off the device, which waits for it
    return count / (time.perf_counter() - started)


def pairs(sam: VideoSam, runs: int, count: int, objects: int) -> str:
    """Frames a second of both ways, taken in turn, and their ratio."""
    pruned, whole = [], []
    for _ in range(runs):
        pruned.append(speed(sam, count, objects, True))
        whole.append(speed(sam, count, objects, False))
    ratios = [a / b for a, b in zip(pruned, whole, strict=True)]
    told = (
        f"{statistics.median(one):.2f} ({min(one):.2f} to {max(one):.2f})"
        for one in (pruned, whole, ratios)
    )
    return " | ".join(told)


HEAD = (
    "| network | frames a second, pruned | keeping everything | ratio of each pair |\n"
    "|---|---|---|---|"
)


def speed_of_small(runs: int, count: int, objects: int) -> str:
    """On a CPU, with the small networks."""
    lines = [
        f"Speed on the CPU, {count} frames, {objects} objects, {runs} pairs in turn: median "
        "(least to most). Above 1, pruned is faster.",
        "",
        HEAD,
    ]
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            sam = open_video_sam(save_tiny_video_sam(Path(folder) / kind, kind), Compute("cpu"))
            lines.append(f"| {kind} | {pairs(sam, runs, count, objects)} |")
            print(lines[-1], flush=True)
    return "\n".join(lines)


def speed_of_sam(runs: int, count: int, objects: int) -> str:
    """On a GPU, with a network of SAM 2.1 tiny's size at 1024 px."""
    lines = [
        f"Speed and memory of SAM 2.1 tiny's size on {describe_cuda()}, 1024x1024 px, {count} "
        f"frames, {objects} objects, {runs} pairs in turn: median (least to most).",
        "",
        HEAD.replace(" |\n", " | state pruned, MB | peak, GB |\n", 1) + "---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        transformers.Sam2VideoModel(transformers.Sam2VideoConfig()).save_pretrained(folder)
        transformers.Sam2ImageProcessor().save_pretrained(folder)
        for precision, compiled, offload in (
            ("fp32", False, False),
            ("bf16", False, False),
            ("bf16", False, True),
            ("bf16", True, False),
        ):
            compute = Compute("cuda", precision)  # type: ignore[arg-type]
            sam = open_video_sam(Path(folder), compute)
            if compiled:
                sam.compile()
            torch.cuda.reset_peak_memory_stats()
            session = shown(sam.start(offload=offload), objects)
            for frame in frames(30):
                session.step(frame)
            size, peak = session.state_bytes() / 1e6, sam.memory.peak_gb()
            name = f"{precision}{', compiled' * compiled}{', state on the CPU' * offload}"
            told = "" if offload else pairs(sam, runs, count, objects)
            rate = told or f"{speed_offloaded(sam, count, objects):.2f} | - | -"
            lines.append(f"| {name} | {rate} | {size:.1f} | {peak:.2f} |")
            print(lines[-1], flush=True)
            del sam, session
            torch.cuda.empty_cache()
    return "\n".join(lines)


def speed_offloaded(sam: VideoSam, count: int, objects: int) -> float:
    """Frames a second with memories that wait on the CPU."""
    session = shown(sam.start(offload=True), objects)
    started = time.perf_counter()
    for frame in frames(count):
        session.step(frame)
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
