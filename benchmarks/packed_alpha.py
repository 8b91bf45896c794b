"""What packing alpha costs at the full size of VR180, beside cv2.remap alone.

python benchmarks/packed_alpha.py [--eye 3072] [--runs 9] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from dated import write_report
from multiplane.media.vr180.fisheye import Circle, to_circle
from multiplane.media.vr180.packed import Packer

Way = Callable[[], object]


def remap_floats(circle: Circle, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The same map as two pictures of floats, as most programs keep it."""
    found = to_circle(circle, size)
    x = found.places[..., 0] + (found.parts & 31).astype(np.float32) / 32
    y = found.places[..., 1] + (found.parts >> 5).astype(np.float32) / 32
    return x.astype(np.float32), y.astype(np.float32)


def ways(side: int) -> dict[str, Way]:
    """Name → one frame of it."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 32, side // 16, 3), np.uint8)
    frame = cv2.resize(noise, (2 * side, side), interpolation=cv2.INTER_CUBIC)
    left, right = frame[:, :side], frame[:, side:]
    grey = [np.ascontiguousarray(eye[..., 0]) for eye in (left, right)]
    shares = [(alpha / 255).astype(np.float32) for alpha in grey]
    packer = Packer((side, side))
    circle = Circle(side, side / 2, 190.0)
    fixed, (x, y) = to_circle(circle, (side, side)), remap_floats(circle, (side, side))
    out = packer.pack(left, right, grey[0], grey[1])
    parts = packer.unpack(out)
    linear = cv2.INTER_LINEAR
    return {
        "cv2.remap of both eyes, float maps": lambda: [
            cv2.remap(eye, x, y, linear) for eye in (left, right)
        ],
        "cv2.remap of both eyes, fixed-point maps": lambda: [
            cv2.remap(eye, fixed.places, fixed.parts, linear) for eye in (left, right)
        ],
        "Packer.pack, 8-bit alphas": lambda: packer.pack(left, right, *grey),
        "Packer.pack, 8-bit alphas, the frame before used again": lambda: packer.pack(
            left, right, *grey, out=out
        ),
        "Packer.pack, float alphas": lambda: packer.pack(left, right, *shares),
        "Packer.pack_fisheye, alphas at 40 %": lambda: packer.pack_fisheye(*parts),
        "Packer.pack_fisheye, 8-bit alphas of full size": lambda: packer.pack_fisheye(
            parts.left, parts.right, *grey
        ),
        "Packer.unpack": lambda: packer.unpack(out),
    }


def main() -> None:
    """Take turns, quote medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eye", type=int, default=3072, help="side of an eye, px")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--threads", type=int, default=cv2.getNumThreads())
    words = parser.parse_args()
    cv2.setNumThreads(words.threads)
    start = time.perf_counter()
    Packer((words.eye, words.eye)).pack(*_empty(words.eye))
    first = time.perf_counter() - start
    found = ways(words.eye)
    wall: dict[str, list[float]] = {name: [] for name in found}
    busy: dict[str, list[float]] = {name: [] for name in found}
    for run in range(words.runs + 1):
        for name, way in found.items():
            start, used = time.perf_counter(), time.process_time()
            way()
            if run:  # the first warms caches up
                wall[name].append(time.perf_counter() - start)
                busy[name].append(time.process_time() - used)
    alone = statistics.median(busy["cv2.remap of both eyes, fixed-point maps"])
    lines = [
        "| way | ms a frame | ms of processor a frame | of cv2.remap alone |",
        "|---|---|---|---|",
    ]
    for name in found:
        share = statistics.median(busy[name]) / alone
        lines.append(f"| {name} | {quote(wall[name])} | {quote(busy[name])} | {share:.2f} |")
    lines += [
        "",
        f"Frames of {2 * words.eye}x{words.eye}, {words.threads} threads of OpenCV, {words.runs} "
        "runs in turn: median (min to max). The last column compares processor time. The first "
        f"frame of a size takes {first:.1f} s, in which maps are worked out.",
    ]
    body = "\n".join(lines)
    print(body)
    versions = ("opencv-python-headless",)
    print(write_report("packed_alpha", "Packing alpha for players of VR video", body, versions))


def _empty(side: int) -> tuple[np.ndarray, ...]:
    eye, alpha = np.zeros((side, side, 3), np.uint8), np.zeros((side, side), np.uint8)
    return eye, eye, alpha, alpha


def quote(seconds: list[float]) -> str:
    """Median, least and most, in milliseconds."""
    low, middle, high = (1e3 * f(seconds) for f in (min, statistics.median, max))
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


if __name__ == "__main__":
    main()
