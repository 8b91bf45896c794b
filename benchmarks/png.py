"""How PNG files are best written: our way, OpenCV's default and Pillow, on the demo clip's frames.

python benchmarks/png.py [--frames 20] [--runs 5]
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from dated import write_report
from multiplane.core.arrays import Frame
from multiplane.hub import media
from multiplane.hub.table import MEDIA
from multiplane.media.clip import open_clip
from multiplane.media.encode import encode_png


def opencv(frame: Frame) -> bytes:
    """OpenCV's filter, zlib level 1."""
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def pillow(frame: Frame) -> bytes:
    """Pillow, zlib level 1."""
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def main() -> None:
    """Take turns, quote medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    words = parser.parse_args()
    clip = media.find(MEDIA["bigbuckbunny"].name)
    frames = [f.frame for f in open_clip(clip).frames(stop=words.frames)]
    ways: dict[str, Callable[[Frame], bytes]] = {
        "ours: filter up": encode_png,
        "OpenCV": opencv,
        "Pillow": pillow,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    sizes = dict.fromkeys(ways, 0)
    for _ in range(words.runs):
        for name, way in ways.items():
            start = time.perf_counter()
            files = [way(frame) for frame in frames]
            times[name].append((time.perf_counter() - start) / len(frames))
            sizes[name] = sum(map(len, files)) // len(files)
    lines = ["| way | ms a frame, median | min | max | bytes a frame |", "|---|---|---|---|---|"]
    for name, seconds in times.items():
        low, middle, high = (1e3 * f(seconds) for f in (min, statistics.median, max))
        lines.append(f"| {name} | {middle:.1f} | {low:.1f} | {high:.1f} | {sizes[name]:,} |")
    size = f"{frames[0].shape[1]}x{frames[0].shape[0]}"
    lines += ["", f"{len(frames)} frames of {size}, {words.runs} runs in turn; zlib level 1."]
    assert np.array_equal(cv2.imdecode(np.frombuffer(encode_png(frames[0]), np.uint8), 1),
                          frames[0][..., ::-1])  # fmt: skip
    body = "\n".join(lines)
    print(body)
    print(write_report("png", "Writing PNG files", body, ("opencv", "pillow")))


if __name__ == "__main__":
    main()
