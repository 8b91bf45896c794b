"""How PNG files are best written and read: our way, OpenCV and Pillow, on the demo clip's frames.

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
from multiplane.media.png import decode_plain, encode_png

Bytes = Callable[[Frame], bytes]
Pixels = Callable[[bytes], object]


def write_opencv(frame: Frame) -> bytes:
    """OpenCV, rows minus the row above, zlib level 1."""
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    return cv2.imencode(".png", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), settings)[1].tobytes()


def write_pillow(frame: Frame) -> bytes:
    """Pillow, zlib level 1."""
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def read_opencv(data: bytes) -> object:
    """OpenCV, turned to RGB."""
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)


def read_pillow(data: bytes) -> object:
    """Pillow, as an array."""
    return np.array(Image.open(io.BytesIO(data)))


def main() -> None:
    """Take turns, quote medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    words = parser.parse_args()
    clip = media.find(MEDIA["bigbuckbunny"].name)
    frames = [f.frame for f in open_clip(clip).frames(stop=words.frames)]
    ways: dict[str, tuple[Bytes, Pixels]] = {
        "ours": (encode_png, decode_plain),
        "OpenCV": (write_opencv, read_opencv),
        "Pillow": (write_pillow, read_pillow),
    }
    written: dict[str, list[float]] = {name: [] for name in ways}
    read: dict[str, list[float]] = {name: [] for name in ways}
    sizes = dict.fromkeys(ways, 0)
    ours = [encode_png(frame) for frame in frames]
    for _ in range(words.runs):
        for name, (write, decode) in ways.items():
            start = time.perf_counter()
            files = [write(frame) for frame in frames]
            turned = time.perf_counter()
            pictures = [decode(data) for data in ours]
            read[name].append((time.perf_counter() - turned) / len(frames))
            written[name].append((turned - start) / len(frames))
            sizes[name] = sum(map(len, files)) // len(files)
            assert all(map(np.array_equal, pictures, frames))
    lines = [
        "| way | written, ms a frame | read, ms a frame | bytes a frame |",
        "|---|---|---|---|",
    ]
    for name in ways:
        lines.append(f"| {name} | {quote(written[name])} | {quote(read[name])} | {sizes[name]:,} |")
    size = f"{frames[0].shape[1]}x{frames[0].shape[0]}"
    lines += ["", f"{len(frames)} frames of {size}, {words.runs} runs in turn: median (min to max)."
              " Files written by us are read."]  # fmt: skip
    body = "\n".join(lines)
    print(body)
    versions = ("isal", "opencv-python-headless", "pillow")
    print(write_report("png", "Writing and reading PNG files", body, versions))


def quote(seconds: list[float]) -> str:
    """Median, least and most, in milliseconds."""
    low, middle, high = (1e3 * f(seconds) for f in (min, statistics.median, max))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"


if __name__ == "__main__":
    main()
